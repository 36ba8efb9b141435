package kinesis_test

import (
	"context"
	"fmt"
	"log"

	"github.com/leat-go/leat/kinesis"
)

// A registered consumer is told of a shard's records as they arrive. When the shard has
// been split its last event says where to go on.
func ExampleConsumer_Subscribe() {
	stream, err := kinesis.New("orders", kinesis.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer stream.Close()
	ctx := context.Background()
	consumer, err := stream.RegisterConsumer("billing", nil)
	if err != nil {
		log.Fatal(err)
	}
	events, err := consumer.Subscribe(ctx, "shardId-000000000000", kinesis.Position{})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := stream.Put(ctx, kinesis.Entry{PartitionKey: "alice", Data: []byte("one shovel")}, kinesis.Entry{PartitionKey: "bob", Data: []byte("two rakes")}); err != nil {
		log.Fatal(err)
	}
	if err := stream.SplitShard("shardId-000000000000", kinesis.HashKey{Hi: 1 << 63}); err != nil {
		log.Fatal(err)
	}

	for batch, err := range events {
		if err != nil {
			log.Fatal(err)
		}
		for _, r := range batch.Records {
			fmt.Printf("%s: %s\n", r.PartitionKey, r.Data)
		}
		for _, child := range batch.ChildShards {
			fmt.Println("next:", child.ShardID)
		}
	}
	// Output:
	// alice: one shovel
	// bob: two rakes
	// next: shardId-000000000001
	// next: shardId-000000000002
}
