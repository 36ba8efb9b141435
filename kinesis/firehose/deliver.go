package firehose

import (
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/leat-go/leat/internal/uid"
	"github.com/leat-go/leat/kinesis/firehose/internal/objectkey"
)

// deliver tries to deliver a batch.
func (s *DeliveryStream) deliver(key laneKey, b *batch) func(now int64, l *lane) {
	d := s.delivery(key, b)
	b.attempts++
	d.Attempt = b.attempts
	err := errNoKey
	if d.Key != "" {
		given := *d // for a sink to do with what it likes
		err = contain(func() error { return b.s.sinks[key.stage].Deliver(s.ctx, &given) })
	}
	if err == nil {
		records, bytes := len(b.records), b.bytes
		return func(_ int64, l *lane) {
			s.core.counters.Deliveries++
			s.core.delivered(l, records, bytes)
			s.core.pop(l)
		}
	}
	rest := left(err, b.records)
	next, wait := s.verdict(key, b, err)
	s.log().Warn("a delivery failed", slog.String("key", d.Key), slog.Int("attempt", b.attempts),
		slog.Int("records", len(rest)), slog.Any("error", err))
	taken, takenBytes := len(b.records)-len(rest), b.bytes
	if taken > 0 {
		b.keep(rest) // under another id and key, since some of it is there already
	}
	takenBytes -= b.bytes
	restBytes := b.bytes
	var lines []Record
	switch next {
	case forwarded:
		lines = failedLines(rest, failure{code: "DeliveryFailed", err: err, attempts: b.attempts, at: s.registry.now()})
	case lost:
		s.drop(key, b, err)
	}
	return func(now int64, l *lane) {
		c := s.core
		c.counters.Deliveries++
		c.counters.FailedDeliveries++
		c.delivered(l, taken, takenBytes)
		switch next {
		case postponed:
			c.retry(l, now+int64(wait))
			return
		case kept:
			return
		case lost:
			c.lose(l, len(rest), restBytes)
		case forwarded:
			for _, line := range lines {
				c.fail(now, b.s, b.s.refused, line, b.origin)
			}
			c.remove(l, len(rest), restBytes)
		}
		c.pop(l)
	}
}

// errNoKey is why a batch has no key. All else was seen to before.
var errNoKey = Permanent(errors.New("firehose: the object key is too long for a time that is not in the years 1 to 9999"))

// delivery returns the delivery of a batch, the same on every retry.
func (s *DeliveryStream) delivery(key laneKey, b *batch) *Delivery {
	if b.delivery != nil {
		return b.delivery
	}
	random := b.s.cfg.Random
	if random == nil {
		random = uid.Random
	}
	d := &Delivery{StreamName: s.name, StreamARN: s.ARN(), Records: b.records}
	d.ID = uid.ID{High: random()&^0xf000 | 0x4000, Low: random()&^(3<<62) | 2<<62}.String()
	b.delivery = d
	in := objectkey.KeyInput{Time: b.oldest, Query: b.query, Lambda: b.lambda, Random: random}
	switch key.stage {
	case transforming:
		return d
	case delivering:
		d.Key, _ = b.s.template.Key(in)
	case failing:
		d.ErrorType = key.id
		d.Key, _ = b.s.template.ErrorKey(objectkey.ErrorType(key.id), in)
	case keeping:
		d.Key, _ = b.s.backup.Key(in)
	}
	d.encode, d.ContentEncoding, _ = encoderFor(b.s.formats[key.stage], d.ID)
	return d
}

// left returns the records that a sink with an error did not take. An error that names
// none, or some that are not there, stands for all of them.
func left(err error, records []Record) []Record {
	partial, ok := errors.AsType[*PartialError](err)
	if !ok || len(partial.Failed) == 0 {
		return records
	}
	rest := make([]Record, 0, len(partial.Failed))
	last := -1
	for _, i := range partial.Failed {
		if i <= last || i >= len(records) {
			return records
		}
		rest = append(rest, records[i])
		last = i
	}
	return rest
}

// keep makes a batch one of the records that are left of it.
func (b *batch) keep(records []Record) {
	b.records, b.bytes, b.delivery = records, 0, nil
	b.oldest = records[0].ArrivalTime
	for _, r := range records {
		b.bytes += int64(len(r.Data))
		if r.ArrivalTime.Before(b.oldest) {
			b.oldest = r.ArrivalTime
		}
	}
}

// fate is what becomes of the records that a sink did not take.
type fate uint8

const (
	postponed fate = iota // until after a pause
	forwarded             // to the error output
	lost
	kept // by Close, which sees to them
)

const (
	firstPause = time.Second
	maxPause   = 120 * time.Second
)

// verdict returns what becomes of the records that a sink did not take, and the pause
// before a retry. ("Understand HTTP endpoint delivery request and response
// specifications" in the Amazon Data Firehose Developer Guide.)
func (s *DeliveryStream) verdict(key laneKey, b *batch, err error) (fate, time.Duration) {
	if s.ctx.Err() != nil {
		return kept, 0
	}
	cfg := &b.s.cfg
	giveUp := lost
	if key.stage == delivering && cfg.ErrorSink != nil {
		giveUp = forwarded
	}
	if _, ok := errors.AsType[*permanentError](err); ok {
		return giveUp, 0
	}
	pause := pauseAfter(b.attempts, cfg)
	var budget time.Duration
	if key.stage == delivering && cfg.RetryDuration != nil {
		budget = *cfg.RetryDuration - b.paused
	} else {
		budget = time.Duration(b.accepted + int64(retention) - s.registry.now())
	}
	if budget <= 0 {
		return giveUp, 0
	}
	pause = min(pause, budget)
	b.paused += pause
	return postponed, pause
}

// pauseAfter returns how long to wait after a number of attempts.
func pauseAfter(attempts int, cfg *Config) time.Duration {
	pause := min(firstPause<<min(attempts-1, 10), maxPause)
	jitter := cfg.Jitter
	if jitter == nil {
		jitter = defaultJitter
	}
	jittered := pause
	if contain(func() error { jittered = jitter(pause); return nil }) != nil {
		jittered = pause
	}
	return max(0, min(jittered, maxPause))
}

func defaultJitter(pause time.Duration) time.Duration {
	return pause + time.Duration((rand.Float64()*2-1)*0.15*float64(pause))
}

// delivered notes that records of the first batch of a lane were taken by a sink.
func (c *core) delivered(l *lane, records int, bytes int64) {
	c.remove(l, records, bytes)
	switch l.stage {
	case delivering:
		c.counters.DeliveredRecords += int64(records)
		c.counters.DeliveredBytes += bytes
	case failing:
		c.counters.ErrorOutputRecords += int64(records)
	case keeping:
		c.counters.BackupRecords += int64(records)
	}
}

// lose notes that records of a lane are given up.
func (c *core) lose(l *lane, records int, bytes int64) {
	c.remove(l, records, bytes)
	if l.stage == keeping {
		c.counters.LostBackupRecords += int64(records)
	} else {
		c.counters.LostRecords += int64(records)
	}
}
