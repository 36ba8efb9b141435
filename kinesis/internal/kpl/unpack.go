package kpl

import (
	"bytes"
	"crypto/md5"
	"slices"
	"strings"
)

const magic = "\xF3\x89\x9A\xC2"

// minRecord is the size of the smallest Record: an index and empty data, each a tag and a byte.
const minRecord = 4

// A User is one of the user's records in an aggregated one.
type User struct {
	// PartitionKey is not checked: it may be empty, too long, or no UTF-8. The keys of one
	// aggregated record share their memory.
	PartitionKey string
	// ExplicitHashKey is empty if the record has none. It is not checked either.
	ExplicitHashKey string
	// Data is a part of the aggregated record's data, not a copy. Its capacity ends with it.
	Data []byte
}

// IsAggregated tells whether data may be an aggregated record: whether it has the magic number
// and is long enough. [Unpack] can still find that it is none.
func IsAggregated(data []byte) bool {
	return len(data) > len(magic)+md5.Size && string(data[:len(magic)]) == magic
}

// Unpack returns the records in an aggregated one, in their order. An error is an [*Error]; data
// is to be taken as one plain record then. Unpack allocates no more than ten times the size of
// data, and usually far less than once. It may be called concurrently.
func Unpack(data []byte) ([]User, error) {
	return AppendUsers(nil, data)
}

// AppendUsers is like [Unpack] and appends the records to dst. With an error it returns dst as it
// was.
func AppendUsers(dst []User, data []byte) ([]User, error) {
	if !IsAggregated(data) {
		return dst, &Error{Err: ErrPlain}
	}
	end := len(data) - md5.Size
	if sum := md5.Sum(data[len(magic):end]); !bytes.Equal(sum[:], data[end:]) {
		return dst, &Error{Err: ErrChecksum, Offset: end}
	}
	message := scanner{data: data[:end], pos: len(magic)}
	var c census
	if err := c.take(message); err != nil {
		return dst, err
	}

	table := make([]span, c.keys+c.hashes)
	t := tables{keys: table[:0:c.keys], hashes: table[c.keys:c.keys]}
	t.fill(message, c.text)

	message.pos = c.first
	into := dst
	if into == nil && c.records > 0 {
		into = make([]User, 0, c.records) // slices.Grow may take more than it is asked for
	}
	users, err := t.appendUsers(slices.Grow(into, c.records), message)
	if err != nil {
		return dst, err
	}
	return users, nil
}

// A census is what a message holds, counted before anything is allocated for it.
type census struct {
	keys, hashes int // entries of the tables
	text         int // bytes in them
	records      int
	first        int // where the first record is, or the end
}

// take counts what is in a message, and so finds whatever is malformed outside of its records.
func (c *census) take(s scanner) error {
	c.first = len(s.data)
	for s.more() {
		var f field
		start := s.pos
		if !s.next(&f) {
			return &Error{Err: ErrMalformed, Offset: s.pos}
		}
		switch {
		case f.is(1, wireBytes):
			c.keys++
			c.text += f.to - f.from
		case f.is(2, wireBytes):
			c.hashes++
			c.text += f.to - f.from
		case f.is(3, wireBytes):
			if f.to-f.from < minRecord {
				return &Error{Err: ErrMalformed, Offset: f.to}
			}
			c.first = min(c.first, start)
			c.records++
		}
	}
	return nil
}

// tables are the two tables of keys. Their capacity is what a census has counted.
type tables struct {
	keys, hashes []span
	text         string // all keys, so that they are allocated at once
}

// A span is where in the text a key is.
type span struct {
	from, to int
}

// fill reads the tables of a message that a census was taken of. As they may stand behind
// records that refer to them, it does so before a record is read; where they stand in front, as
// they do in practice, it ends with them.
func (t *tables) fill(s scanner, text int) {
	var b strings.Builder
	b.Grow(text)
	for len(t.keys) < cap(t.keys) || len(t.hashes) < cap(t.hashes) {
		var f field
		s.next(&f)
		key := span{b.Len(), b.Len() + f.to - f.from}
		switch {
		case f.is(1, wireBytes):
			t.keys = append(t.keys, key)
		case f.is(2, wireBytes):
			t.hashes = append(t.hashes, key)
		default:
			continue
		}
		b.Write(s.data[f.from:f.to])
	}
	t.text = b.String()
}

// appendUsers reads the records of a message. One that is malformed makes all of the message so,
// whatever the indexes before it are, since it could not be parsed at all.
func (t *tables) appendUsers(dst []User, s scanner) ([]User, error) {
	outside := 0 // behind the first record with an index outside its table
	for s.more() {
		var f field
		if s.next(&f); !f.is(3, wireBytes) {
			continue
		}
		var r record
		at, ok := r.read(scanner{data: s.data[:f.to], pos: f.from})
		if !ok {
			return nil, &Error{Err: ErrMalformed, Offset: at}
		}
		if r.key >= uint64(len(t.keys)) || r.hasHash && r.hash >= uint64(len(t.hashes)) {
			if outside == 0 {
				outside = f.to
			}
			continue
		}
		key := t.keys[r.key]
		u := User{PartitionKey: t.text[key.from:key.to], Data: s.data[r.from:r.to:r.to]}
		if r.hasHash {
			hash := t.hashes[r.hash]
			u.ExplicitHashKey = t.text[hash.from:hash.to]
		}
		dst = append(dst, u)
	}
	if outside != 0 {
		return nil, &Error{Err: ErrIndex, Offset: outside}
	}
	return dst, nil
}

// A record is a Record of the message. Of its fields the last of each number counts.
type record struct {
	key, hash                uint64
	from, to                 int // of the data
	hasKey, hasHash, hasData bool
}

// read reads a record. It tells whether the record is well-formed, and where it is not.
func (r *record) read(s scanner) (at int, ok bool) {
	for s.more() {
		var f field
		if !s.next(&f) {
			return s.pos, false
		}
		switch {
		case f.is(1, wireVarint):
			r.key, r.hasKey = f.value, true
		case f.is(2, wireVarint):
			r.hash, r.hasHash = f.value, true
		case f.is(3, wireBytes):
			r.from, r.to, r.hasData = f.from, f.to, true
		case f.is(4, wireBytes):
			if at, ok := checkTag(scanner{data: s.data[:f.to], pos: f.from}); !ok {
				return at, false
			}
		}
	}
	return s.pos, r.hasKey && r.hasData
}

// checkTag tells whether a Tag is well-formed, and where it is not.
func checkTag(s scanner) (at int, ok bool) {
	hasKey := false
	for s.more() {
		var f field
		if !s.next(&f) {
			return s.pos, false
		}
		hasKey = hasKey || f.is(1, wireBytes)
	}
	return s.pos, hasKey
}
