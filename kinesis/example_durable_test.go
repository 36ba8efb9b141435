package kinesis_test

import (
	"context"
	"fmt"
	"os"

	"github.com/leat-go/leat/kinesis"
)

// What was put is there when the directory is opened again, and so is how far a group had
// come.
func ExampleOpen() {
	ctx := context.Background()
	dir := must(os.MkdirTemp("", "clicks"))
	defer os.RemoveAll(dir)

	service := must(kinesis.Open(dir, kinesis.ServiceConfig{}))
	clicks := must(service.CreateStream("clicks", kinesis.Config{}))
	must(clicks.Put(ctx, kinesis.Entry{PartitionKey: "ann", Data: []byte("GET /home")}))
	fmt.Println(service.Leases().Create(ctx, "counters", kinesis.Lease{ShardID: "shardId-000000000000"}))
	fmt.Println(service.Close())

	service = must(kinesis.Open(dir, kinesis.ServiceConfig{}))
	clicks = must(service.Stream("clicks"))
	batch := must(clicks.Read(ctx, kinesis.ReadRequest{ShardID: "shardId-000000000000"}))
	fmt.Printf("%s\n", batch.Records[0].Data)
	fmt.Println(len(must(service.Leases().List(ctx, "counters"))), "lease")
	fmt.Println(service.Close())
	// Output:
	// <nil>
	// <nil>
	// GET /home
	// 1 lease
	// <nil>
}
