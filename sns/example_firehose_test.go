package sns_test

import (
	"context"
	"fmt"

	"github.com/leat-go/leat/kinesis/firehose"
	"github.com/leat-go/leat/sns"
)

// A delivery stream archives what is published to a topic.
func ExampleDeliveryStreamEndpoint() {
	ctx := context.Background()
	archive, err := firehose.New("archive", firehose.Config{
		Sink: firehose.SinkFunc(func(_ context.Context, d *firehose.Delivery) error {
			for _, r := range d.Records {
				fmt.Print(string(r.Data))
			}
			return nil
		}),
		AppendDelimiter: true,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	topic, err := sns.New("orders", sns.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer topic.Close()
	_, err = topic.Subscribe(ctx, sns.Subscription{
		Endpoint:           sns.DeliveryStreamEndpoint(archive),
		RawMessageDelivery: true, // or each record is a line of JSON with the message in it
		InOrder:            true,
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	_, _ = topic.Publish(ctx, sns.Entry{Message: "one"}, sns.Entry{Message: "two"})
	_ = topic.Flush(ctx)
	_ = archive.Shutdown(ctx)
	// Output:
	// one
	// two
}
