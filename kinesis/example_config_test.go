package kinesis_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/leat-go/leat/kinesis"
)

// An on-demand stream splits by itself the shards that get much.
func ExampleConfig_onDemand() {
	stream := open(kinesis.Config{Mode: kinesis.ModeOnDemand})
	defer stream.Close()
	batch := make([]kinesis.Entry, 30_000)
	for i := range batch {
		batch[i] = kinesis.Entry{PartitionKey: "everything", Data: []byte("x")}
	}
	fmt.Println(len(shardIDs(stream)), "shards")
	if _, err := stream.Put(context.Background(), batch...); err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(shardIDs(stream)), "shards")
	// Output:
	// 4 shards
	// 6 shards
}

// With EnforceLimits a shard takes no more than on AWS: then the records that were
// refused are to be put again.
func ExampleConfig_limits() {
	stream := open(kinesis.Config{EnforceLimits: true})
	defer stream.Close()
	batch := make([]kinesis.Entry, 5)
	for i := range batch {
		batch[i] = kinesis.Entry{PartitionKey: "k", Data: make([]byte, 300_000)}
	}
	_, err := stream.Put(context.Background(), batch...)
	fmt.Println(errors.Is(err, kinesis.ErrProvisionedThroughputExceeded))
	fmt.Println(err)
	// Output:
	// true
	// 2 entries failed, first entry 3: kinesis: Put clicks: Rate exceeded for shard shardId-000000000000 in stream clicks under account 000000000000.
}

// A bound in bytes keeps a stream small, whatever the retention period.
func ExampleConfig_retentionBytes() {
	ctx := context.Background()
	stream := open(kinesis.Config{RetentionBytes: 8})
	defer stream.Close()
	for _, data := range []string{"one", "two", "three"} {
		if _, err := stream.Put(ctx, kinesis.Entry{PartitionKey: "k", Data: []byte(data)}); err != nil {
			log.Fatal(err)
		}
	}
	batch, err := stream.Read(ctx, kinesis.ReadRequest{ShardID: shardIDs(stream)[0]})
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range batch.Records {
		fmt.Printf("%s\n", r.Data)
	}
	// Output: three
}

// A service holds named streams, of several accounts and regions.
func ExampleService() {
	service, err := kinesis.NewService(kinesis.ServiceConfig{Region: "eu-west-1", Account: "123456789012"})
	if err != nil {
		log.Fatal(err)
	}
	defer service.Close()
	for _, name := range []string{"orders", "clicks"} {
		if _, err := service.CreateStream(name, kinesis.Config{}); err != nil {
			log.Fatal(err)
		}
	}
	page, err := service.ListStreams(kinesis.ListRequest{})
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range page.Streams {
		fmt.Println(s.ARN())
	}
	_, err = service.Stream("payments")
	fmt.Println(err)
	// Output:
	// arn:aws:kinesis:eu-west-1:123456789012:stream/clicks
	// arn:aws:kinesis:eu-west-1:123456789012:stream/orders
	// kinesis: Stream payments: Stream payments under account 123456789012 not found.
}
