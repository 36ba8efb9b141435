package sns

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/leat-go/leat/internal/journal"
)

// Backup copies the service of [Open] into a directory that is empty, or made, while it is
// used. The copy is what was acknowledged before, and perhaps some of what was
// acknowledged meanwhile; Open opens it. It fails with durable.ErrInvalid if the directory
// is not empty and for a service of NewService, with ErrClosed, with ctx's error, and with
// errors of the file system.
func (s *Service) Backup(ctx context.Context, dir string) error {
	l := s.registry.ledger
	if l == nil {
		return stored("Backup", dir, fmt.Errorf("a service in memory has no directory: %w", journal.ErrInvalid))
	}
	if err := s.registry.open("Backup"); err != nil {
		return err
	}
	err := l.journal.BackupDir(ctx, dir)
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return stored("Backup", dir, err)
}

// Print writes what the directory of a durable service has for a person to read: a line for
// each fact, in order, those of the snapshot first. A service must not have it open. It
// changes nothing. It fails as [Open] does, and with what w says.
func Print(w io.Writer, dir string) error {
	p := &printer{w: w}
	report, err := journal.ScanDir(dir, journal.Config{Kind: journalKind, Format: journalFormat, Snapshot: p.snapshot, Batch: p.batch})
	if err != nil {
		return stored("Print", dir, err)
	}
	for _, d := range report.Dropped {
		if _, err := fmt.Fprintf(w, "damaged: %s, %d bytes from %d: %s\n", d.File, d.Bytes, d.Offset, d.Reason); err != nil {
			return err
		}
	}
	return nil
}

type printer struct{ w io.Writer }

func (p *printer) snapshot(data []byte) error {
	return eachFact(data, func(record []byte) error { return p.print("snapshot", record) })
}

func (p *printer) batch(b journal.Batch) error {
	for _, record := range b.Records {
		if err := p.print(fmt.Sprintf("%d.%d", b.Segment, b.Seq), record); err != nil {
			return err
		}
	}
	return nil
}

func (p *printer) print(where string, record []byte) error {
	fact, err := decodeFact(record)
	text := ""
	if err != nil {
		text = err.Error()
	} else {
		text = describe(fact)
	}
	_, err = fmt.Fprintf(p.w, "%s %s\n", where, text)
	return err
}

// shownBytes is how much of a message is printed.
const shownBytes = 60

func describe(fact any) string {
	switch f := fact.(type) {
	case *topicFact:
		return fmt.Sprintf("topic %d: %s, of %s, %s, tags %v", f.number, arn{f.region, f.account, f.name}, instant(f.createdAt), f.config, f.tags)
	case *subscriptionFact:
		return fmt.Sprintf("subscription %d of topic %d: %s, %s, %s", f.number, f.topic, f.id, stateNames[f.state%state(len(stateNames))], f.config)
	case *saved:
		return describeMessage(f)
	case *rememberedFact:
		return fmt.Sprintf("deduplication id %q of topic %d, number %d, %s", f.key, f.topic, f.seq, instant(f.at))
	case *itemFact:
		text := fmt.Sprintf("message %d for subscription %d ", f.ref, f.sub)
		if f.epoch != 0 {
			text = fmt.Sprintf("message %d for subscription %d, replay %d ", f.ref, f.sub, f.epoch)
		}
		switch f.kind {
		case factRetried:
			return text + fmt.Sprintf("is tried again %s after %d attempts", instant(f.due), f.attempts)
		case factCondemned:
			return text + "is to be a dead letter"
		}
		return text + "is settled"
	case *replayFact:
		return fmt.Sprintf("subscription %d gets %d messages again, replay %d", f.sub, len(f.refs), f.epoch)
	case *adminFact:
		if f.gone {
			return f.key.name + " is gone"
		}
		return f.key.name + ": " + string(f.json)
	case *numbersFact:
		return describeNumbers(f)
	}
	return "?"
}

var stateNames = []string{"pending", "confirmed", "deactivated", "ended"}

func describeMessage(k *saved) string {
	c := k.content
	kind := cmp.Or(string(c.kind), "message")
	text := c.text
	if len(text) > shownBytes {
		text = strings.ToValidUTF8(text[:shownBytes], "") + "…"
	}
	var subs []string
	for _, h := range k.holders {
		subs = append(subs, fmt.Sprint(h.sub))
	}
	attributes := ""
	if len(c.attributes) > 0 {
		attributes = fmt.Sprintf(", attributes %v", slices.Sorted(maps.Keys(c.attributes)))
	}
	return fmt.Sprintf("%s %d of topic %d, number %d, %s, for subscriptions [%s]%s: %q", kind, k.ref, k.topic, k.seq, instant(k.at), strings.Join(subs, " "), attributes, text)
}

func describeNumbers(f *numbersFact) string {
	switch f.kind {
	case factTopicGone:
		return fmt.Sprintf("topic %d is gone", f.a)
	case factSubscriptionGone:
		return fmt.Sprintf("subscription %d is gone", f.a)
	case factMessageGone:
		return fmt.Sprintf("message %d is gone", f.a)
	case factCleared:
		return fmt.Sprintf("what waited for subscription %d is dropped", f.a)
	case factSequence:
		return fmt.Sprintf("topic %d has numbered %d messages", f.a, f.b)
	}
	return fmt.Sprintf("%d messages, %d topics and subscriptions so far, %s", f.a, f.b, instant(f.at))
}

func instant(ns int64) string { return time.Unix(0, ns).UTC().Format(time.RFC3339Nano) }
