package kinesis

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/internal/fields"
)

// The first byte of what is in a journal says what it is. Numbers are never used again.
const (
	factRecord     = 1 // of a stream: a record
	factSettings   = 2 // of a stream: everything about it but records, shards and consumers
	factShards     = 3 // of a stream: some of its shards
	factTable      = 4 // of a stream: all of its shards; the others have expired
	factConsumer   = 5 // of a stream: a registered consumer
	factStream     = 6 // of a service: a stream
	factStreamGone = 7 // of a service: a stream was deleted
	factAccount    = 8 // of a service: the settings of an account
	factLease      = 9 // of a service: a lease
	factLeaseGone  = 10
)

var (
	// errNewer says that a fact is of a kind that this version does not know.
	errNewer = fmt.Errorf("written by a newer version of leat: %w", durable.ErrVersion)
	// errFact says that a fact can not be read.
	errFact = errors.New("not a fact as this version of leat writes it")
)

func unknownFact(kind byte) error { return fmt.Errorf("fact of kind %d: %w", kind, errNewer) }

// fact builds a fact, field by field.
type fact []byte

func (f fact) int(v int64) fact     { return binary.AppendVarint(f, v) }
func (f fact) uint(v uint64) fact   { return fields.AppendUints(f, v) }
func (f fact) string(s string) fact { return fields.AppendText(f, s) }
func (f fact) fixed(v uint64) fact  { return binary.LittleEndian.AppendUint64(f, v) }
func (f fact) bool(v bool) fact     { return fields.AppendBool(f, v) }

func (f fact) tags(tags map[string]string) fact { return fields.AppendTexts(f, tags) }

func (f fact) strings(list []string) fact {
	f = f.uint(uint64(len(list)))
	for _, s := range list {
		f = f.string(s)
	}
	return f
}

func (f fact) ints(list []int64) fact {
	f = f.uint(uint64(len(list)))
	for _, v := range list {
		f = f.int(v)
	}
	return f
}

// factReader takes a fact apart. After the first field that is not there all are zero.
type factReader struct{ fields.Reader }

// readFact begins behind the kind.
func readFact(b []byte) *factReader { return &factReader{fields.Reader{Rest: b[1:]}} }

// err tells whether all of the fact was there, and nothing else.
func (r *factReader) err() error {
	if !r.Done() {
		return errFact
	}
	return nil
}

func (r *factReader) fixed() uint64 {
	if b := r.Fixed(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func (r *factReader) strings() (list []string) {
	for range r.Count(1) {
		list = append(list, r.Text())
	}
	return list
}

func (r *factReader) ints() (list []int64) {
	for range r.Count(1) {
		list = append(list, r.Int())
	}
	return list
}

// tags reads a map, which is not nil.
func (r *factReader) tags() map[string]string {
	if tags := r.Texts(); tags != nil {
		return tags
	}
	return map[string]string{}
}

// within reads a number that has to be from least to most.
func (r *factReader) within(least, most int64) int64 {
	v := r.Int()
	if v < least || v > most {
		r.Fail()
		return least
	}
	return v
}

// A snapshot is facts, each with its length before it.

func appendToSnapshot(b []byte, f fact) []byte {
	return append(binary.AppendUvarint(b, uint64(len(f))), f...)
}

// eachInSnapshot gives the facts of a snapshot to do.
func eachInSnapshot(b []byte, do func(f []byte) error) error {
	for r := (fields.Reader{Rest: b}); len(r.Rest) > 0; {
		f := r.Bytes()
		if len(f) == 0 {
			return errFact
		}
		if err := do(f); err != nil {
			return err
		}
	}
	return nil
}
