package kinesis_test

import (
	"context"
	"fmt"
	"sync"

	"github.com/leat-go/leat/kinesis"
)

// A producer gathers records in requests, and says what became of each.
func ExampleProducer() {
	ctx := context.Background()
	stream, err := kinesis.New("clicks", kinesis.Config{})
	if err != nil {
		panic(err)
	}
	producer, err := kinesis.NewProducer(stream, kinesis.ProducerConfig{Ordered: true})
	if err != nil {
		panic(err)
	}
	var mu sync.Mutex
	for _, page := range []string{"/", "/cart", "/paid"} {
		err := producer.Add(ctx, kinesis.Entry{PartitionKey: "visitor 7", Data: []byte(page)}, func(put kinesis.Put, err error) {
			mu.Lock() // callbacks of several keys may run at once
			defer mu.Unlock()
			fmt.Println(page, "is in", put.ShardID, err)
		})
		if err != nil {
			panic(err)
		}
	}
	fmt.Println(producer.Shutdown(ctx))
	stats := producer.Stats()
	fmt.Println(stats.Accepted, "accepted,", stats.Failed, "failed")
	// Output:
	// / is in shardId-000000000000 <nil>
	// /cart is in shardId-000000000000 <nil>
	// /paid is in shardId-000000000000 <nil>
	// <nil>
	// 3 accepted, 0 failed
}

// Put waits, and takes the place of the stream's.
func ExampleProducer_Put() {
	ctx := context.Background()
	stream, err := kinesis.New("clicks", kinesis.Config{})
	if err != nil {
		panic(err)
	}
	producer, err := kinesis.NewProducer(stream, kinesis.ProducerConfig{})
	if err != nil {
		panic(err)
	}
	defer producer.Close()

	puts, err := producer.Put(ctx, kinesis.Entry{PartitionKey: "visitor 7", Data: []byte("/")}, kinesis.Entry{})
	fmt.Println(puts[0].ShardID)
	fmt.Println(err)
	// Output:
	// shardId-000000000000
	// entry 1: kinesis: Put: The partition key must have 1 to 256 characters.
}

// Many small records make one of the stream's.
func ExampleProducerConfig_aggregate() {
	ctx := context.Background()
	stream, err := kinesis.New("clicks", kinesis.Config{})
	if err != nil {
		panic(err)
	}
	producer, err := kinesis.NewProducer(stream, kinesis.ProducerConfig{Aggregate: true})
	if err != nil {
		panic(err)
	}
	for i := range 1000 {
		if err := producer.Add(ctx, kinesis.Entry{PartitionKey: fmt.Sprint("visitor ", i%10), Data: []byte("/")}, nil); err != nil {
			panic(err)
		}
	}
	if err := producer.Close(); err != nil {
		panic(err)
	}

	stats := producer.Stats()
	fmt.Println(stats.Accepted, "records in", stats.StreamRecords, "of the stream's")
	// Output: 1000 records in 1 of the stream's
}
