package sqs

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/leat-go/leat/internal/fields"
	"github.com/leat-go/leat/internal/journal"
)

// Print writes what a service's directory holds, a line for each fact in the order in which
// they were written, for a person to read. What the lines say is not for programs. Damage is
// a line as well. The service must be closed; print a Backup of one that runs. Print changes
// nothing. It fails with durable.ErrLocked, durable.ErrVersion, or with w's or the file
// system's errors.
func Print(w io.Writer, dir string) error {
	out := bufio.NewWriter(w)
	line := func(format string, args ...any) error {
		_, err := fmt.Fprintf(out, format+"\n", args...)
		return err
	}
	report, err := journal.ScanDir(dir, journal.Config{
		Kind: journalKind, Format: journalFormat,
		Snapshot: func(data []byte) error { return line("snapshot %s", data) },
		Batch: func(b journal.Batch) error {
			for _, record := range b.Records {
				if err := line("%d %s", b.Seq, describe(record)); err != nil {
					return err
				}
			}
			return nil
		},
	})
	for _, d := range report.Dropped {
		err = errors.Join(err, line("damage: %s at %d, %d bytes: %s", d.File, d.Offset, d.Bytes, d.Reason))
	}
	return stored("Print", dir, errors.Join(err, out.Flush()))
}

// describe says in a line what a record of the journal says.
func describe(record []byte) string {
	if len(record) == 0 {
		return errFact.Error()
	}
	p := fields.Reader{Rest: record[1:]}
	switch kind := record[0]; kind {
	case factQueue:
		return "queue " + string(record[1:])
	case factTask:
		return "task " + string(record[1:])
	case factNoQueue, factPurged:
		what := map[byte]string{factNoQueue: "deleted", factPurged: "purged"}[kind]
		return fmt.Sprintf("queue %d is %s at %s", p.Uint32(), what, when(int64(p.Uint())))
	case factRecent:
		return fmt.Sprintf("queue %d remembers %d of %s by %q", p.Uint32(), p.Uint(), when(int64(p.Uint())), p.Rest)
	case factMessage, factChanged, factGone:
		_, f, ok := parseFact(record)
		if !ok {
			return errFact.Error()
		}
		name := fmt.Sprintf("queue %d message %d at %d", f.queue, f.seq, f.ref)
		if kind == factGone {
			return name + " is gone"
		}
		text := fmt.Sprintf("%s is %s, received %d times", name, f.state, f.receives)
		if f.due != 0 {
			text += ", due " + when(f.due)
		}
		if kind == factChanged {
			return text
		}
		attrs, x, body, _ := f.contents(true)
		text += ", sent " + when(f.sentAt)
		if f.flags&flagMoved != 0 {
			text += fmt.Sprintf(", moved from queue %d message %d", f.fromQueue, f.fromSeq)
		}
		for _, part := range []struct{ name, value string }{
			{"group", string(f.groupID)}, {"deduplication id", string(f.dedupID)}, {"sender", x.senderID}, {"trace", x.traceHeader}, {"from", x.deadLetterSource},
		} {
			if part.value != "" {
				text += fmt.Sprintf(", %s %q", part.name, part.value)
			}
		}
		if len(attrs) > 0 {
			text += fmt.Sprintf(", attributes %q", attrs)
		}
		return text + fmt.Sprintf(", body %q", body)
	default:
		return unknownFact(kind).Error()
	}
}

func when(at int64) string { return time.Unix(0, at).UTC().Format("2006-01-02T15:04:05.000000000Z") }

func (s state) String() string {
	switch s {
	case ready:
		return "visible"
	case inFlight:
		return "in flight"
	case delayed:
		return "delayed"
	case committing:
		return "sent"
	}
	return "free"
}
