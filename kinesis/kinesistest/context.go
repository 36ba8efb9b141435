package kinesistest

import (
	"context"

	"github.com/leat-go/leat/kinesis"
)

var contextRules = []rule{{
	name: "context/over already",
	says: "An operation whose context is over returns the context's error and does nothing.",
	verify: func(c *checker) {
		s, shard := c.single()
		c.putData(s, "1")
		ctx, cancel := context.WithCancel(c.Context())
		cancel()
		_, err := s.Put(ctx, entries("k", "2")...)
		c.FailedWith(err, "Put", context.Canceled)
		_, err = s.Read(ctx, kinesis.ReadRequest{ShardID: shard})
		c.FailedWith(err, "Read", context.Canceled)
		_, err = s.Shards(ctx)
		c.FailedWith(err, "Shards", context.Canceled)
		records, _ := c.take(s, shard, kinesis.Position{}, 1)
		c.equal([]string{"1"}, dataOf(records), "read")
	},
}}
