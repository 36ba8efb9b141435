package sqs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/internal/faultfs"
	"github.com/leat-go/leat/internal/journal"
)

// Backup copies the service as it is at one moment into a directory, which must be empty
// or not exist, while the service goes on. The copy is opened as the original is, and
// holds everything that was acknowledged before Backup was called. It fails with ctx's
// error, with ErrUnsupportedOperation for a service in memory, and with the file system's
// errors; what it has written by then is to be removed.
func (s *Service) Backup(ctx context.Context, dir string) error {
	const op = "Backup"
	if s.registry.store == nil {
		return &Error{Op: op, Err: ErrUnsupportedOperation, Message: "The service is in memory; there is nothing to copy."}
	}
	to, err := faultfs.OpenDir(dir)
	if err == nil {
		err = errors.Join(s.registry.store.journal.Backup(ctx, to), to.Close())
	}
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	default:
		return &Error{Op: op, Queue: dir, Err: &storageError{err}}
	}
}

// Print writes what a service's directory holds, a line for each fact in the order in which
// they were written, for a person to read. What the lines say is not for programs. The
// service must be closed; print a Backup of one that runs. It fails with durable.ErrLocked,
// durable.ErrCorrupt, durable.ErrVersion, or with w's errors.
func Print(w io.Writer, dir string) error {
	fsys, err := faultfs.OpenDir(dir)
	if err != nil {
		return &Error{Op: "Print", Queue: dir, Err: &storageError{err}}
	}
	defer fsys.Close()
	var opts durable.Options
	cfg := opts.Journal()
	cfg.Snapshot = func(data []byte) error {
		_, err := fmt.Fprintf(w, "snapshot %s\n", data)
		return err
	}
	cfg.Batch = func(b journal.Batch) error {
		for _, record := range b.Records {
			if _, err := fmt.Fprintf(w, "%d %s\n", b.Seq, describe(record)); err != nil {
				return err
			}
		}
		return nil
	}
	if _, err := journal.Scan(fsys, cfg); err != nil {
		return &Error{Op: "Print", Queue: dir, Err: &storageError{err}}
	}
	return nil
}

// describe says in a line what a record of the journal says.
func describe(record []byte) string {
	if len(record) == 0 {
		return errFact.Error()
	}
	p := parser{rest: record[1:]}
	switch kind := record[0]; kind {
	case factQueue:
		return "queue " + string(record[1:])
	case factTask:
		return "task " + string(record[1:])
	case factNoQueue, factPurged:
		what := map[byte]string{factNoQueue: "deleted", factPurged: "purged"}[kind]
		return fmt.Sprintf("queue %d is %s at %s", p.small(), what, when(p.time()))
	case factRecent:
		return fmt.Sprintf("queue %d remembers %d of %s by %q", p.small(), p.number(), when(p.time()), p.rest)
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
