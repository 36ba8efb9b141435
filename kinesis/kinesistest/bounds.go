package kinesistest

import (
	"strings"

	"github.com/leat-go/leat/kinesis"
)

const mebibyte = 1 << 20

var boundRules = []rule{{
	name: "bounds/partition keys",
	says: "A partition key has 1 to 256 characters, of whatever length in bytes, and comes back as it was.",
	verify: func(c *checker) {
		s, shard := c.single()
		good := []string{"k", strings.Repeat("k", 256), strings.Repeat("ü", 256), strings.Repeat("🂡", 128), " ", "\"\\\n\t", "日本語"}
		var batch []kinesis.Entry
		for _, key := range good {
			batch = append(batch, entries(key, "")...)
		}
		bad := len(batch)
		for _, key := range []string{"", strings.Repeat("k", 257), strings.Repeat("ü", 257)} {
			batch = append(batch, entries(key, "")...)
		}
		_, err := s.Put(c.Context(), batch...)
		c.refused(err, "partition keys of 0 and 257 characters", bad, bad+1, bad+2)
		records, _ := c.take(s, shard, kinesis.Position{}, len(good))
		var got []string
		for _, r := range records {
			got = append(got, r.PartitionKey)
		}
		c.equal(good, got, "partition keys")
	},
}, {
	name:  "bounds/size",
	says:  "A record with its partition key may have 1 MiB, and its data no more, unless the stream's MaxRecordSize says otherwise.",
	needs: RecordSizes,
	verify: func(c *checker) {
		c.bounded(c.stream(1), mebibyte)
	},
}, {
	name:  "bounds/MaxRecordSize",
	says:  "A stream with a MaxRecordSize takes records that with their partition keys have that size, and none with more data.",
	needs: RecordSizes,
	verify: func(c *checker) {
		c.bounded(c.streamWith(kinesis.Config{ShardCount: 1, MaxRecordSize: 3 * mebibyte}), 3*mebibyte)
	},
}}

// bounded checks that a stream takes records of size bytes and refuses larger ones,
// also between others in a batch. Whether the key counts is not for it to say: AWS's
// documents differ.
func (c *checker) bounded(s kinesis.Stream, size int) {
	c.Helper()
	shard := c.shards(s)[0].ID
	data := []byte(strings.Repeat("x", size+1))
	key := "0123456789"
	batch := []kinesis.Entry{
		{PartitionKey: key, Data: data[:size-len(key)]},
		{PartitionKey: key, Data: data},
		{PartitionKey: key, Data: data[:1]},
	}
	_, err := s.Put(c.Context(), batch...)
	c.refused(err, "a record whose data is a byte too large", 1)
	records, _ := c.take(s, shard, kinesis.Position{}, 2)
	if len(records[0].Data) != size-len(key) || len(records[1].Data) != 1 {
		c.Fatalf("read records of %d and %d bytes, put %d and 1", len(records[0].Data), len(records[1].Data), size-len(key))
	}
}
