package kinesistest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/leat-go/leat/internal/suite"
	"github.com/leat-go/leat/kinesis"
)

// checker is what a rule checks with. It fails the test at the first difference.
type checker struct {
	suite.Checks
	cfg Config
}

// stream returns a new stream of some shards.
func (c *checker) stream(shards int) kinesis.Stream {
	c.Helper()
	s := c.streamWith(kinesis.Config{ShardCount: shards})
	if got := c.shards(s); len(got) != shards {
		c.Fatalf("a new stream of %d shards has %d", shards, len(got))
	}
	return s
}

func (c *checker) streamWith(cfg kinesis.Config) kinesis.Stream {
	c.Helper()
	s := c.cfg.New(c.TB, cfg)
	if s == nil {
		c.Fatal("Config.New returned no stream")
	}
	return s
}

// single returns a new stream of one shard, and the shard.
func (c *checker) single() (kinesis.Stream, string) {
	c.Helper()
	s := c.stream(1)
	return s, c.shards(s)[0].ID
}

func (c *checker) shards(s kinesis.Stream) []kinesis.Shard {
	c.Helper()
	shards, err := s.Shards(c.Context())
	if err != nil {
		c.Fatalf("Shards: %v", err)
	}
	if len(shards) == 0 {
		c.Fatal("Shards returned none")
	}
	return shards
}

// shard returns the shard with an id.
func (c *checker) shard(s kinesis.Stream, id string) kinesis.Shard {
	c.Helper()
	shards := c.shards(s)
	at := slices.IndexFunc(shards, func(sh kinesis.Shard) bool { return sh.ID == id })
	if at < 0 {
		c.Fatalf("Shards does not name %s, only %q", id, idsOf(shards))
	}
	return shards[at]
}

// open returns the shards that take records, in the order of their hash keys.
func (c *checker) open(s kinesis.Stream) []kinesis.Shard {
	c.Helper()
	shards := slices.DeleteFunc(c.shards(s), func(sh kinesis.Shard) bool { return !sh.IsOpen() })
	slices.SortFunc(shards, func(a, b kinesis.Shard) int { return a.HashKeyRange.Start.Compare(b.HashKeyRange.Start) })
	return shards
}

// entries are records of one key.
func entries(key string, data ...string) []kinesis.Entry {
	batch := make([]kinesis.Entry, len(data))
	for i, d := range data {
		batch[i] = kinesis.Entry{PartitionKey: key, Data: []byte(d)}
	}
	return batch
}

func (c *checker) put(s kinesis.Stream, batch ...kinesis.Entry) []kinesis.Put {
	c.Helper()
	put, err := s.Put(c.Context(), batch...)
	if err != nil {
		c.Fatalf("Put: %v", err)
	}
	if len(put) != len(batch) {
		c.Fatalf("Put of %d entries returned %d results", len(batch), len(put))
	}
	for i, p := range put {
		if p.ShardID == "" || p.SequenceNumber.IsZero() {
			c.Fatalf("the result of entry %d of %d is %+v", i, len(batch), p)
		}
	}
	return put
}

// putData puts records of the key "k".
func (c *checker) putData(s kinesis.Stream, data ...string) []kinesis.Put {
	c.Helper()
	return c.put(s, entries("k", data...)...)
}

func (c *checker) read(s kinesis.Stream, req kinesis.ReadRequest) kinesis.Batch {
	c.Helper()
	batch, err := s.Read(c.Context(), req)
	if err != nil {
		c.Fatalf("Read of %+v: %v", req, err)
	}
	if req.Limit > 0 && len(batch.Records) > req.Limit {
		c.Fatalf("Read of at most %d records returned %d", req.Limit, len(batch.Records))
	}
	return batch
}

// readFrom reads what there is from a position on.
func (c *checker) readFrom(s kinesis.Stream, shardID string, from kinesis.Position) kinesis.Batch {
	c.Helper()
	return c.read(s, kinesis.ReadRequest{ShardID: shardID, Position: from})
}

// take reads n records that are there, in as many reads as it takes, and returns them
// with the last of the batches. In real time it waits a little, for a stream far away
// may need a moment.
func (c *checker) take(s kinesis.Stream, shardID string, from kinesis.Position, n int) ([]kinesis.Record, kinesis.Batch) {
	c.Helper()
	req := kinesis.ReadRequest{ShardID: shardID, Position: from}
	if !c.cfg.VirtualTime && c.cfg.Lacks&Waiting == 0 && n > 0 {
		req.Wait = time.Second
	}
	var all []kinesis.Record
	for {
		batch := c.read(s, req)
		all = append(all, batch.Records...)
		switch {
		case len(all) > n:
			c.Fatalf("read %q, expected %d records", dataOf(all), n)
		case len(all) == n:
			return all, batch
		case len(batch.Records) == 0:
			c.Fatalf("read only %d records of %d that are there: %q", len(all), n, dataOf(all))
		}
		req.Position = batch.Next
	}
}

// takeNothing checks that there is nothing to read, and returns where to go on.
func (c *checker) takeNothing(s kinesis.Stream, shardID string, from kinesis.Position, because string) kinesis.Position {
	c.Helper()
	batch := c.readFrom(s, shardID, from)
	if len(batch.Records) > 0 {
		c.Fatalf("read %q although %s", dataOf(batch.Records), because)
	}
	return batch.Next
}

func (c *checker) equal(want, got []string, what string) {
	c.Helper()
	if !slices.Equal(want, got) {
		c.Fatalf("%s: %.300q, expected %.300q", what, got, want)
	}
}

// malformed is what may be said of a request that is not well-formed: where AWS draws
// the line between the two is of no use to anybody.
var malformed = []error{kinesis.ErrInvalidArgument, kinesis.ErrValidation}

// refused checks that exactly the entries with these indexes failed, each as one that is
// malformed.
func (c *checker) refused(err error, what string, indexes ...int) {
	c.Helper()
	batch, ok := errors.AsType[*kinesis.BatchError](err)
	if !ok {
		c.Fatalf("%s: the error is %v, expected a *kinesis.BatchError", what, err)
	}
	var failed []int
	for _, f := range batch.Failed {
		failed = append(failed, f.Index)
		c.FailedWith(f.Err, what, malformed...)
	}
	if !slices.Equal(failed, indexes) {
		c.Fatalf("%s: entries %v failed, expected %v", what, failed, indexes)
	}
}

// inSequence checks that the numbers grow.
func (c *checker) inSequence(numbers []kinesis.SequenceNumber, what string) {
	c.Helper()
	for i := 1; i < len(numbers); i++ {
		if numbers[i-1].Compare(numbers[i]) >= 0 {
			c.Fatalf("%s: the sequence number %v comes before %v", what, numbers[i-1], numbers[i])
		}
	}
}

func dataOf(records []kinesis.Record) []string {
	var data []string
	for _, r := range records {
		data = append(data, string(r.Data))
	}
	return data
}

func idsOf(shards []kinesis.Shard) []string {
	var ids []string
	for _, sh := range shards {
		ids = append(ids, sh.ID)
	}
	return ids
}

func numbered(n int) []string {
	data := make([]string, n)
	for i := range data {
		data[i] = fmt.Sprintf("%04d", i)
	}
	return data
}
