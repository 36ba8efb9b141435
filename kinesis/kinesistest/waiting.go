package kinesistest

import (
	"context"
	"time"

	"github.com/leat-go/leat/kinesis"
)

// later is what a Read in the background came to.
type later struct {
	batch kinesis.Batch
	err   error
}

func (c *checker) readLater(ctx context.Context, s kinesis.Stream, shardID string, from kinesis.Position, wait time.Duration) <-chan later {
	done := make(chan later, 1)
	go func() {
		batch, err := s.Read(ctx, kinesis.ReadRequest{ShardID: shardID, Position: from, Wait: wait})
		done <- later{batch, err}
	}()
	return done
}

func (c *checker) await(done <-chan later) kinesis.Batch {
	c.Helper()
	r := <-done
	if r.err != nil {
		c.Fatalf("Read: %v", r.err)
	}
	return r.batch
}

var waitingRules = []rule{{
	name:  "waiting/in vain",
	says:  "A read that finds nothing waits as long as Wait says, and then returns no records and no error; Next leads on.",
	needs: Waiting,
	waits: 3 * time.Second,
	verify: func(c *checker) {
		s, shard := c.single()
		c.putData(s, "before")
		start := time.Now()
		batch := c.read(s, kinesis.ReadRequest{ShardID: shard, Position: kinesis.Position{Type: kinesis.Latest}, Wait: 2 * time.Second})
		c.Took(time.Since(start), 2*time.Second, "Read")
		if len(batch.Records) > 0 || batch.End {
			c.Fatalf("read %q, End %v, from an open shard after its newest record", dataOf(batch.Records), batch.End)
		}
		c.putData(s, "after")
		records, _ := c.take(s, shard, batch.Next, 1)
		c.equal([]string{"after"}, dataOf(records), "read")
	},
}, {
	name:  "waiting/not if there is a record",
	says:  "A read returns as soon as it has one record, and does not wait for Limit.",
	needs: Waiting,
	verify: func(c *checker) {
		s, shard := c.single()
		c.putData(s, "1")
		start := time.Now()
		batch := c.read(s, kinesis.ReadRequest{ShardID: shard, Limit: 10, Wait: 20 * time.Second})
		c.Took(time.Since(start), 0, "Read")
		c.equal([]string{"1"}, dataOf(batch.Records), "read")
	},
}, {
	name:  "waiting/for a put",
	says:  "A waiting read gets a record the moment it is put, from whatever position it waits at.",
	needs: Waiting,
	waits: 4 * time.Second,
	verify: func(c *checker) {
		s, shard := c.single()
		p := c.putData(s, "before")[0]
		start := time.Now()
		var waiting []<-chan later
		for _, from := range []kinesis.Position{{Type: kinesis.Latest}, kinesis.After(p.SequenceNumber), c.readFrom(s, shard, kinesis.Position{}).Next} {
			waiting = append(waiting, c.readLater(c.Context(), s, shard, from, 20*time.Second))
		}
		time.Sleep(2 * time.Second)
		c.putData(s, "1", "2")
		for _, done := range waiting {
			batch := c.await(done)
			c.Took(time.Since(start), 2*time.Second, "Read")
			more, _ := c.take(s, shard, batch.Next, 2-len(batch.Records))
			c.equal([]string{"1", "2"}, append(dataOf(batch.Records), dataOf(more)...), "read")
		}
	},
}, {
	name:  "waiting/for the shard",
	says:  "What is put to another shard ends no waiting.",
	needs: Waiting,
	waits: 5 * time.Second,
	verify: func(c *checker) {
		s := c.stream(2)
		shards := c.open(s)
		to := func(i int) kinesis.Entry {
			return kinesis.Entry{PartitionKey: "k", ExplicitHashKey: shards[i].HashKeyRange.Start.String(), Data: []byte{'0' + byte(i)}}
		}
		start := time.Now()
		done := c.readLater(c.Context(), s, shards[0].ID, kinesis.Position{}, 20*time.Second)
		for range 3 {
			time.Sleep(time.Second)
			c.put(s, to(1))
		}
		c.put(s, to(1), to(0))
		c.equal([]string{"0"}, dataOf(c.await(done).Records), "read")
		c.Took(time.Since(start), 3*time.Second, "Read")
	},
}, {
	name:  "waiting/until the context ends",
	says:  "A waiting read returns its context's error when that ends.",
	needs: Waiting,
	waits: 4 * time.Second,
	verify: func(c *checker) {
		s, shard := c.single()
		ctx, cancel := context.WithTimeout(c.Context(), 2*time.Second)
		defer cancel()
		start := time.Now()
		_, err := s.Read(ctx, kinesis.ReadRequest{ShardID: shard, Wait: 20 * time.Second})
		c.FailedWith(err, "Read", context.DeadlineExceeded)
		c.Took(time.Since(start), 2*time.Second, "Read")

		ctx, cancel = context.WithCancel(c.Context())
		done := c.readLater(ctx, s, shard, kinesis.Position{}, 20*time.Second)
		time.Sleep(time.Second)
		cancel()
		c.FailedWith((<-done).err, "Read", context.Canceled)
		c.Took(time.Since(start), 3*time.Second, "Read")
	},
}, {
	name:  "waiting/several",
	says:  "All that wait for the same record get it.",
	needs: Waiting,
	waits: 4 * time.Second,
	verify: func(c *checker) {
		s, shard := c.single()
		start := time.Now()
		var waiting []<-chan later
		for range 20 {
			waiting = append(waiting, c.readLater(c.Context(), s, shard, kinesis.Position{}, 20*time.Second))
		}
		time.Sleep(2 * time.Second)
		c.putData(s, "1")
		for _, done := range waiting {
			c.equal([]string{"1"}, dataOf(c.await(done).Records), "read")
		}
		c.Took(time.Since(start), 2*time.Second, "Read")
	},
}}
