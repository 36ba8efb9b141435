package firehose

import (
	"errors"
	"log/slog"

	"github.com/leat-go/leat/kinesis/firehose/internal/objectkey"
)

// The reasons why records fail in the transformation. AWS's codes and texts are those
// of its error output.
var (
	errMissing   = &transformError{"Lambda.MissingRecordId", "One or more record Ids were not returned. Ensure that the Lambda function returns all received record Ids."}
	errDuplicate = &transformError{"Lambda.DuplicatedRecordId", "Multiple records were returned with the same record ID. Ensure that the Lambda function returns unique record IDs for each record."}
	errSaidSo    = &transformError{"Lambda.ProcessingFailedStatus", "ProcessingFailed status set for record"}
	errNoResult  = &transformError{"Lambda.InvalidReturnFormat", "The result is none of Ok, Dropped and ProcessingFailed."}
)

type transformError struct{ code, text string }

func (e *transformError) Error() string     { return e.text }
func (e *transformError) ErrorCode() string { return e.code }

// transformed is what became of a record.
type transformed struct {
	raw, r Record
	place  *placement
	err    error // not nil: it failed
}

// transform runs the function over a batch.
func (s *DeliveryStream) transform(b *batch) func(now int64, l *lane) {
	b.attempts++
	records := make([]TransformRecord, len(b.records))
	for i, r := range b.records {
		records[i] = TransformRecord{RecordID: s.seeds.ID(b.first + uint64(i)).String(), Data: r.Data, ArrivalTime: r.ArrivalTime}
	}
	var results []TransformResult
	t := b.s.cfg.Transform
	err := contain(func() (err error) {
		results, err = t.Func(s.ctx, records)
		return err
	})
	if err != nil {
		return s.untransformed(b, err)
	}
	for i := range records { // which the function may have changed
		records[i].RecordID = s.seeds.ID(b.first + uint64(i)).String()
	}
	out, dropped := b.s.match(b, records, results)
	lines := s.failedTransforms(out, b.attempts)
	records2, bytes := len(b.records), b.bytes
	return func(now int64, l *lane) {
		c := s.core
		c.counters.Transformations++
		c.counters.DroppedRecords += int64(dropped)
		for i := range out {
			o := &out[i]
			if o.err != nil {
				c.counters.TransformFailedRecords++
				c.fail(now, b.s, objectkey.ProcessingFailed, lines[0], b.origin)
				lines = lines[1:]
				continue
			}
			c.route(now, b.s, o.raw, o.r, o.place, b.origin)
		}
		c.remove(l, records2, bytes)
		c.pop(l)
	}
}

// match finds out what became of each record of a batch, but for those that were
// dropped on purpose, which it counts.
func (s *settings) match(b *batch, records []TransformRecord, results []TransformResult) (out []transformed, dropped int) {
	byID := make(map[string]*TransformResult, len(results))
	twice := map[string]bool{}
	for i := range results {
		id := results[i].RecordID
		if byID[id] != nil {
			twice[id] = true
		}
		byID[id] = &results[i]
	}
	out = make([]transformed, 0, len(records))
	for i, raw := range b.records {
		id := records[i].RecordID
		result := byID[id]
		o := transformed{raw: raw}
		switch {
		case result == nil:
			o.err = errMissing
		case twice[id]:
			o.err = errDuplicate
		case result.Result == Dropped:
			dropped++
			continue
		case result.Result == ProcessingFailed:
			o.err = errSaidSo
		case result.Result != Ok:
			o.err = errNoResult
		default:
			data := result.Data
			if s.cfg.AppendDelimiter {
				data = append(data[:len(data):len(data)], '\n')
			}
			o.r = Record{data, raw.ArrivalTime}
			if s.cfg.Partitioning != nil {
				place := s.place(result.Data, result.PartitionKeys)
				o.place = &place
			}
		}
		out = append(out, o)
	}
	return out, dropped
}

// failedTransforms returns the error output of those that failed.
func (s *DeliveryStream) failedTransforms(out []transformed, attempts int) (lines []Record) {
	for i := range out {
		if err := out[i].err; err != nil {
			lines = append(lines, failedLine(out[i].raw, failure{err: err, attempts: attempts, at: s.registry.now()}))
		}
	}
	return lines
}

// untransformed sees to a batch whose call failed.
func (s *DeliveryStream) untransformed(b *batch, err error) func(now int64, l *lane) {
	s.log().Warn("a transformation failed", slog.Int("attempt", b.attempts), slog.Int("records", len(b.records)), slog.Any("error", err))
	closing := s.ctx.Err() != nil
	cfg := &b.s.cfg
	_, permanent := errors.AsType[*permanentError](err)
	again := !permanent && b.attempts <= *cfg.Transform.Retries
	var lines []Record
	pause := pauseAfter(b.attempts, cfg)
	if !again && !closing {
		lines = failedLines(b.records, failure{code: "Lambda.FunctionError", err: err, attempts: b.attempts, at: s.registry.now()})
	}
	return func(now int64, l *lane) {
		c := s.core
		c.counters.Transformations++
		c.counters.FailedTransformations++
		switch {
		case closing:
		case again:
			c.retry(l, now+int64(pause))
		default:
			for _, line := range lines {
				c.counters.TransformFailedRecords++
				c.fail(now, b.s, objectkey.ProcessingFailed, line, b.origin)
			}
			c.remove(l, len(lines), b.bytes)
			c.pop(l)
		}
	}
}
