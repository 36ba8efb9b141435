package kinesis_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/leat-go/leat/kinesis"
)

// open returns a stream for an example.
func open(cfg kinesis.Config) *kinesis.LocalStream {
	stream, err := kinesis.New("clicks", cfg)
	if err != nil {
		log.Fatal(err)
	}
	return stream
}

// shardIDs returns the ids of a stream's shards.
func shardIDs(stream kinesis.Stream) (ids []string) {
	shards, err := stream.Shards(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	for _, sh := range shards {
		ids = append(ids, sh.ID)
	}
	return ids
}

// Records are put with a key, and read from a shard.
func Example() {
	ctx := context.Background()
	stream, err := kinesis.New("clicks", kinesis.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer stream.Close()

	_, err = stream.Put(ctx,
		kinesis.Entry{PartitionKey: "alice", Data: []byte("/")},
		kinesis.Entry{PartitionKey: "bob", Data: []byte("/shop")},
		kinesis.Entry{PartitionKey: "alice", Data: []byte("/cart")},
	)
	if err != nil {
		log.Fatal(err)
	}

	shards, err := stream.Shards(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for _, shard := range shards {
		batch, err := stream.Read(ctx, kinesis.ReadRequest{ShardID: shard.ID})
		if err != nil {
			log.Fatal(err)
		}
		for _, record := range batch.Records {
			fmt.Printf("%s: %s\n", record.PartitionKey, record.Data)
		}
	}
	// Output:
	// alice: /
	// bob: /shop
	// alice: /cart
}

// The shard that a record goes to is the owner of its key's MD5, or of an explicit hash
// key.
func ExampleLocalStream_Put() {
	stream := open(kinesis.Config{ShardCount: 4})
	defer stream.Close()
	put, err := stream.Put(context.Background(),
		kinesis.Entry{PartitionKey: "alice", Data: []byte("1")},
		kinesis.Entry{PartitionKey: "bob", Data: []byte("2")},
		kinesis.Entry{PartitionKey: "alice", Data: []byte("3")},
		kinesis.Entry{PartitionKey: "alice", ExplicitHashKey: "0", Data: []byte("4")},
	)
	if err != nil {
		log.Fatal(err)
	}
	for _, p := range put {
		fmt.Println(p.ShardID)
	}
	fmt.Println("the order of a shard:", put[0].SequenceNumber.Compare(put[2].SequenceNumber) < 0)
	// Output:
	// shardId-000000000001
	// shardId-000000000002
	// shardId-000000000001
	// shardId-000000000000
	// the order of a shard: true
}

// Some records of a batch may fail while the others are put.
func ExampleBatchError() {
	stream := open(kinesis.Config{})
	defer stream.Close()
	_, err := stream.Put(context.Background(),
		kinesis.Entry{PartitionKey: "alice", Data: []byte("1")},
		kinesis.Entry{Data: []byte("2")},
	)
	var batch *kinesis.BatchError
	if errors.As(err, &batch) {
		for _, failed := range batch.Failed {
			fmt.Println(failed.Index, errors.Is(failed.Err, kinesis.ErrInvalidArgument))
		}
	}
	// Output: 1 true
}

// A Read begins at a position and says in Next where to go on.
func ExampleLocalStream_Read() {
	ctx := context.Background()
	stream := open(kinesis.Config{})
	defer stream.Close()
	shard := shardIDs(stream)[0]
	var put []kinesis.Put
	for _, data := range []string{"a", "b", "c", "d"} {
		p, err := stream.Put(ctx, kinesis.Entry{PartitionKey: "k", Data: []byte(data)})
		if err != nil {
			log.Fatal(err)
		}
		put = append(put, p...)
	}
	read := func(what string, from kinesis.Position, limit int) kinesis.Position {
		batch, err := stream.Read(ctx, kinesis.ReadRequest{ShardID: shard, Position: from, Limit: limit})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Print(what)
		for _, r := range batch.Records {
			fmt.Printf(" %s", r.Data)
		}
		fmt.Println()
		return batch.Next
	}
	next := read("the oldest:", kinesis.Position{}, 2)
	read("go on:", next, 0)
	read("at the third:", kinesis.At(put[2].SequenceNumber), 0)
	read("after the third:", kinesis.After(put[2].SequenceNumber), 0)
	read("since a minute ago:", kinesis.Since(time.Now().Add(-time.Minute)), 0)
	read("the latest:", kinesis.Position{Type: kinesis.Latest}, 0)
	// Output:
	// the oldest: a b
	// go on: c d
	// at the third: c d
	// after the third: d
	// since a minute ago: a b c d
	// the latest:
}

// With a Wait a Read returns as soon as there is a record.
func ExampleLocalStream_Read_waiting() {
	ctx := context.Background()
	stream := open(kinesis.Config{})
	defer stream.Close()
	go stream.Put(ctx, kinesis.Entry{PartitionKey: "k", Data: []byte("news")})

	batch, err := stream.Read(ctx, kinesis.ReadRequest{ShardID: shardIDs(stream)[0], Wait: time.Minute})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", batch.Records[0].Data)
	// Output: news
}

// A shard that was split is read to its end, and then its children.
func ExampleLocalStream_SplitShard() {
	ctx := context.Background()
	stream := open(kinesis.Config{})
	defer stream.Close()
	put := func(data ...string) {
		for _, d := range data {
			if _, err := stream.Put(ctx, kinesis.Entry{PartitionKey: d[:1], Data: []byte(d)}); err != nil {
				log.Fatal(err)
			}
		}
	}
	put("a1", "b1", "a2")
	shards, err := stream.Shards(ctx)
	if err != nil {
		log.Fatal(err)
	}
	if err := stream.SplitShard(shards[0].ID, shards[0].HashKeyRange.Middle()); err != nil {
		log.Fatal(err)
	}
	put("b2", "a3")

	for queue := []string{shards[0].ID}; len(queue) > 0; queue = queue[1:] {
		batch, err := stream.Read(ctx, kinesis.ReadRequest{ShardID: queue[0]})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Print(queue[0], ":")
		for _, r := range batch.Records {
			fmt.Printf(" %s", r.Data)
		}
		fmt.Println()
		if batch.End {
			for _, child := range batch.ChildShards {
				queue = append(queue, child.ShardID)
			}
		}
	}
	// Output:
	// shardId-000000000000: a1 b1 a2
	// shardId-000000000001: a3
	// shardId-000000000002: b2
}

// A merge makes one shard of two adjacent ones.
func ExampleLocalStream_MergeShards() {
	stream := open(kinesis.Config{ShardCount: 2})
	defer stream.Close()
	if err := stream.MergeShards("shardId-000000000000", "shardId-000000000001"); err != nil {
		log.Fatal(err)
	}
	shards, err := stream.Shards(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	for _, sh := range shards {
		if sh.IsOpen() {
			fmt.Println(sh.ID, "is open, the child of", sh.ParentID, "and", sh.AdjacentParentID)
		}
	}
	// Output:
	// shardId-000000000002 is open, the child of shardId-000000000000 and shardId-000000000001
}

// UpdateShardCount splits and merges as it takes, as AWS does.
func ExampleLocalStream_UpdateShardCount() {
	stream := open(kinesis.Config{ShardCount: 4})
	defer stream.Close()
	before, err := stream.UpdateShardCount(5)
	if err != nil {
		log.Fatal(err)
	}
	summary := stream.Summary()
	fmt.Printf("%d before, %d open shards, %d in all\n", before, summary.OpenShards, summary.Shards)

	_, err = stream.UpdateShardCount(11)
	fmt.Println(err)
	// Output:
	// 4 before, 5 open shards, 15 in all
	// kinesis: UpdateShardCount clicks: UpdateShardCount cannot scale up over double your current open shard count. Current open shard count: 5, Target shard count: 11
}
