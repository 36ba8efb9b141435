package kinesis

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/leat-go/leat/internal/journal"
	"github.com/leat-go/leat/kinesis/internal/shard"
)

// Print writes what is in the directory of a durable service, which must be closed, for a
// person to read: the service's journal and then those of the streams, a line for each
// fact, snapshots first. It changes nothing, and goes on behind damage, which it tells of. The
// form of the lines is not subject to any promise.
//
// It fails with ErrInternalFailure, and the error also wraps durable.ErrLocked if the
// service is open, durable.ErrVersion, durable.ErrCorrupt if nothing can be made of a
// journal, or what the operating system said; else with w's error.
func Print(w io.Writer, dir string) error {
	const op = "Print"
	p := &printer{w: bufio.NewWriter(w)}
	names, err := osFiles{dir}.list()
	if err != nil {
		return stored(op, "", err)
	}
	var numbers []int64
	for _, name := range names {
		if number, ok := numberOf(name); ok {
			numbers = append(numbers, number)
		}
	}
	slices.Sort(numbers)
	if err := p.journal("service", dir, serviceKind); err != nil {
		return stored(op, "", err)
	}
	for _, number := range numbers {
		name := directoryOf(number)
		if err := p.journal(name, filepath.Join(dir, name), streamKind); err != nil && !errors.Is(err, os.ErrNotExist) {
			return stored(op, "", err)
		}
	}
	return p.w.Flush()
}

// printer writes the lines of Print.
type printer struct{ w *bufio.Writer }

// journal writes the lines of a journal of a kind.
func (p *printer) journal(name, dir, kind string) error {
	report, err := journal.ScanDir(dir, journal.Config{
		Kind: kind, Format: journalFormat,
		Snapshot: func(data []byte) error {
			return eachInSnapshot(data, func(f []byte) error {
				_, err := fmt.Fprintf(p.w, "%s snapshot: %s\n", name, describe(f))
				return err
			})
		},
		Batch: func(b journal.Batch) error {
			for i, f := range b.Records {
				at := b.Place(i)
				if _, err := fmt.Fprintf(p.w, "%s %d:%d #%d: %s\n", name, at.Segment, at.Offset, b.Seq, describe(f)); err != nil {
					return err
				}
			}
			return nil
		},
	})
	for _, d := range report.Dropped {
		fmt.Fprintf(p.w, "%s: damaged: %s, %d bytes at %d: %s\n", name, d.File, d.Bytes, d.Offset, d.Reason)
	}
	if report.Torn > 0 {
		fmt.Fprintf(p.w, "%s: %d bytes at the end were left by a crash\n", name, report.Torn)
	}
	return err
}

// describe returns what a fact says.
func describe(f []byte) string {
	if len(f) == 0 {
		return "an empty fact"
	}
	text, err := describeFact(f)
	if err != nil {
		return fmt.Sprintf("%d bytes: %v", len(f), err)
	}
	return text
}

func describeFact(f []byte) (text string, err error) {
	switch f[0] {
	case factRecord:
		s, ok := decodeStamp(f)
		key, data, sound := decodeRecord(f, s)
		if !ok || !sound {
			return "", errFact
		}
		return fmt.Sprintf("record %s %d, arrived %s, key %q, %d bytes %.40q", shard.ID(s.shard), s.index, printTime(s.arrived*int64(time.Millisecond)), key, len(data), data), nil
	case factSettings:
		s, err := decodeSettings(f)
		c := s.config
		return fmt.Sprintf("settings of %s, created %s: %s, %d shards, retention %v and %d bytes, records up to %d bytes, tags %v", s.arn, printTime(s.createdAt),
			c.Mode, c.ShardCount, c.RetentionPeriod, c.RetentionBytes, c.MaxRecordSize, s.tags), err
	case factShards, factTable:
		next, rows, err := decodeShards(f)
		text := "shards"
		if f[0] == factTable {
			text = "all shards"
		}
		return fmt.Sprintf("%s, of %d that there ever were:%s", text, next, describeShards(rows)), err
	case factConsumer:
		c, err := decodeConsumer(f)
		text := fmt.Sprintf("consumer %s, created %s, tags %v, policy %q", c.name, printTime(c.createdAt), c.tags, c.policy)
		if c.goneAt != 0 {
			text += ", gone " + printTime(c.goneAt)
		}
		return text, err
	case factStream:
		s, err := decodeStream(f)
		return fmt.Sprintf("stream %d is %s", s.number, s.arn), err
	case factStreamGone:
		number, err := decodeStreamGone(f)
		return fmt.Sprintf("stream %d is gone", number), err
	case factAccount:
		at, a, err := decodeAccount(f)
		return fmt.Sprintf("account %s in %s: commitment %s", at.account, at.region, a.CommitmentStatus), err
	case factLease:
		group, l, err := decodeLease(f)
		return fmt.Sprintf("lease %s %s: owner %q, counter %d, epoch %d, checkpoint %s %v.%d", group, l.ShardID, l.Owner, l.Counter, l.Epoch,
			l.Checkpoint.Type, l.Checkpoint.SequenceNumber, l.Checkpoint.SubSequenceNumber), err
	case factLeaseGone:
		group, id, err := decodeLeaseGone(f)
		return fmt.Sprintf("lease %s %s is gone", group, id), err
	}
	return "", unknownFact(f[0])
}

func describeShards(rows []shardRow) string {
	var text strings.Builder
	for _, r := range rows {
		fmt.Fprintf(&text, " %s (%v, records %d to %d", shard.ID(r.index), r.keys, r.oldest, r.next-1)
		if r.closedAt != 0 {
			fmt.Fprintf(&text, ", closed %s", printTime(r.closedAt))
		}
		text.WriteString(")")
	}
	return text.String()
}

func printTime(ns int64) string { return time.Unix(0, ns).UTC().Format("2006-01-02T15:04:05.000Z") }
