package kinesis_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/leat-go/leat/kinesis"
)

// Two workers share a stream of four shards. Each record reaches one of them, and when
// one leaves the other goes on where it stopped.
func ExampleGroup() {
	ctx := context.Background()
	stream := must(kinesis.New("clicks", kinesis.Config{ShardCount: 4}))
	leases := kinesis.NewMemoryLeases() // or an adapter over a database

	var done sync.WaitGroup
	count := func(ctx context.Context, r kinesis.UserRecord) error {
		done.Done()
		return nil
	}
	var workers []*kinesis.Group
	stopped := make(chan error)
	for _, id := range []string{"ann", "bob"} {
		worker := must(kinesis.NewGroup(stream, kinesis.Each(count), kinesis.GroupConfig{
			Name: "counters", WorkerID: id, Leases: leases, FailoverTime: 2 * time.Second,
		}))
		go func() { stopped <- worker.Run(ctx) }()
		workers = append(workers, worker)
	}

	visit := func(pages ...string) {
		done.Add(len(pages))
		for _, page := range pages {
			must(stream.Put(ctx, kinesis.Entry{PartitionKey: page, Data: []byte("GET /" + page)}))
		}
		done.Wait()
	}
	visit("home", "search", "cart")
	fmt.Println(workers[0].Shutdown(ctx), <-stopped)
	visit("home", "checkout")
	fmt.Println(workers[1].Shutdown(ctx), <-stopped)
	fmt.Println(workers[0].Stats().Records+workers[1].Stats().Records, "visits")

	left := 0
	for _, lease := range must(leases.List(ctx, "counters")) {
		if lease.Owner != "" {
			left++
		}
	}
	fmt.Println(left, "leases left behind")
	// Output:
	// <nil> <nil>
	// <nil> <nil>
	// 5 visits
	// 0 leases left behind
}

// Records that can not be handled are set aside, here at the first attempt. Otherwise those
// of the shard that follow would wait until the handler succeeds.
func ExampleHandler() {
	ctx := context.Background()
	stream := must(kinesis.New("orders", kinesis.Config{}))
	must(stream.Put(ctx,
		kinesis.Entry{PartitionKey: "ann", Data: []byte("3 apples")},
		kinesis.Entry{PartitionKey: "ann", Data: []byte("? pears")},
		kinesis.Entry{PartitionKey: "ann", Data: []byte("1 plum")},
	))

	sold := make(chan struct{})
	sell := func(ctx context.Context, r kinesis.UserRecord) error {
		var n int
		var fruit string
		if _, err := fmt.Sscan(string(r.Data), &n, &fruit); err != nil {
			return err
		}
		fmt.Println("sold", n, fruit)
		if fruit == "plum" {
			close(sold)
		}
		return nil
	}
	group := must(kinesis.NewGroup(stream, kinesis.Each(sell), kinesis.GroupConfig{
		MaxAttempts: 1,
		DeadLetter: func(ctx context.Context, b *kinesis.ShardBatch, cause error) error {
			fmt.Printf("set aside %q: %v\n", b.Records[0].Data, cause)
			return nil
		},
	}))
	stopped := make(chan error)
	go func() { stopped <- group.Run(ctx) }()
	<-sold
	fmt.Println(group.Shutdown(ctx), <-stopped)
	// Output:
	// sold 3 apples
	// set aside "? pears": expected integer
	// sold 1 plum
	// <nil> <nil>
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
