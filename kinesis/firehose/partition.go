package firehose

import (
	"fmt"

	"github.com/leat-go/leat/kinesis/firehose/internal/objectkey"
)

// placement is which partition a record belongs to, or why it belongs to none.
type placement struct {
	id            string
	query, lambda map[string]string // partition keys
	err           error
}

// place finds the partition of a record; lambda has the keys that the transformation
// gave it. It calls the configuration's function.
func (s *settings) place(data []byte, lambda map[string]string) placement {
	p := placement{lambda: lambda}
	switch f := s.cfg.Partitioning.Func; {
	case f != nil:
		p.err = contain(func() (err error) {
			p.query, err = f(data)
			return err
		})
	case s.extractor != nil:
		p.query, p.err = s.extractor.values(data)
	}
	if p.err == nil {
		p.id, p.err = s.template.Partition(objectkey.KeyInput{Query: p.query, Lambda: p.lambda})
	}
	return p
}

// route sends a record to its partition, or to the error output. raw is the record as
// it came, and place is nil if there is no partitioning.
func (c *core) route(now int64, s *settings, raw, r Record, place *placement, o origin) {
	if place == nil {
		c.fill(now, c.lane(delivering, ""), s, r, o)
		return
	}
	if place.err != nil {
		c.counters.TransformFailedRecords++
		c.fail(now, s, objectkey.ProcessingFailed, failedLine(raw, failure{
			code: "DynamicPartitioning.MetadataExtractionFailed", err: place.err, attempts: 1, at: now,
		}), o)
		return
	}
	if c.active >= s.maxActive && c.lanes[laneKey{delivering, place.id}] == nil {
		c.counters.PartitionExceededRecords++
		c.fail(now, s, objectkey.ActivePartitionExceeded, failedLine(raw, failure{
			code: "DynamicPartitioning.ActivePartitionLimitExceeded", attempts: 1, at: now,
			err: fmt.Errorf("there are %d active partitions, which is the most", s.maxActive),
		}), o)
		return
	}
	b := c.fill(now, c.lane(delivering, place.id), s, r, o)
	if len(b.records) == 1 {
		b.query, b.lambda = place.query, place.lambda
	}
}

// fail sends a line to the error output.
func (c *core) fail(now int64, s *settings, why objectkey.ErrorType, line Record, o origin) {
	c.fill(now, c.lane(failing, string(why)), s, line, o)
}
