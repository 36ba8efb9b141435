package sns_test

import (
	"context"
	"fmt"
	"os"

	"github.com/leat-go/leat/sns"
)

// Topics and subscriptions are there when the directory is opened again, and what was not
// delivered by then is delivered. Subscriptions name their endpoints, and the configuration
// finds them: here a function that hangs the first time.
func ExampleOpen() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "topics")
	if err != nil {
		fmt.Println(err)
	}
	defer os.RemoveAll(dir)
	open := func(f sns.EndpointFunc) *sns.Service {
		service, err := sns.Open(dir, sns.ServiceConfig{
			Functions: func(arn string) (sns.Endpoint, error) { return f, nil },
		})
		if err != nil {
			fmt.Println(err)
		}
		return service
	}

	service := open(func(ctx context.Context, _ sns.Notification) error {
		<-ctx.Done()
		return ctx.Err()
	})
	orders, _ := service.CreateTopic("orders", sns.Config{})
	orders.Subscribe(ctx, sns.Subscription{
		Protocol: sns.ProtocolLambda, Address: "arn:aws:lambda:us-east-1:000000000000:function:count",
	})
	orders.Publish(ctx, sns.Entry{Message: "one teapot"})
	service.Close()

	service = open(func(_ context.Context, n sns.Notification) error {
		fmt.Println(n.TopicARN, n.Message)
		return nil
	})
	defer service.Close()
	orders, _ = service.Topic("orders")
	orders.Flush(ctx)
	// Output: arn:aws:sns:us-east-1:000000000000:orders one teapot
}
