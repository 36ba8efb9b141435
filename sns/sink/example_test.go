package sink_test

import (
	"context"
	"fmt"

	"github.com/leat-go/leat/kinesis/firehose"
	"github.com/leat-go/leat/sns/sink"
	"github.com/leat-go/leat/sqs"
)

// A delivery stream that sends what it collects to a queue.
func ExampleQueue() {
	ctx := context.Background()
	queue, _ := sqs.New("clicks", sqs.Config{})
	defer queue.Close()

	stream, err := firehose.New("clicks", firehose.Config{Sink: sink.Queue(queue, sink.Config{})})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, _ = stream.Put(ctx, []byte(`{"page":"/"}`), []byte(`{"page":"/about"}`))
	if err := stream.Shutdown(ctx); err != nil { // delivers what is buffered
		fmt.Println(err)
	}

	messages, _ := queue.Receive(ctx, sqs.ReceiveRequest{MaxMessages: 10})
	for _, m := range messages {
		fmt.Println(m.Body)
	}
	// Unordered output:
	// {"page":"/"}
	// {"page":"/about"}
}
