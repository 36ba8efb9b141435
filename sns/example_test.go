package sns_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

// Two queues get every order; a function sees them too.
func Example() {
	ctx := context.Background()
	orders, _ := sns.New("orders", sns.Config{})
	shipping, _ := sqs.New("shipping", sqs.Config{})
	analytics, _ := sqs.New("analytics", sqs.Config{})
	orders.Subscribe(ctx, sns.Subscription{Endpoint: sns.QueueEndpoint(shipping), RawMessageDelivery: true})
	orders.Subscribe(ctx, sns.Subscription{Endpoint: sns.QueueEndpoint(analytics), RawMessageDelivery: true})
	orders.Subscribe(ctx, sns.Subscription{Endpoint: sns.EndpointFunc(func(_ context.Context, n sns.Notification) error {
		fmt.Println("function:", n.Message)
		return nil
	})})

	orders.Publish(ctx, sns.Entry{Message: "one teapot"})
	orders.Flush(ctx)

	for _, q := range []*sqs.LocalQueue{shipping, analytics} {
		messages, _ := q.Receive(ctx, sqs.ReceiveRequest{})
		fmt.Println(q.Name()+":", messages[0].Body)
	}
	// Output:
	// function: one teapot
	// shipping: one teapot
	// analytics: one teapot
}

// A subscription gets what its filter policy lets through: of what is published
// without attributes, nothing.
func ExampleSubscription_filterPolicy() {
	ctx := context.Background()
	orders, _ := sns.New("orders", sns.Config{})
	orders.Subscribe(ctx, sns.Subscription{
		FilterPolicy: `{"store": [{"prefix": "eu-"}], "total": [{"numeric": [">=", 100]}]}`,
		Endpoint: sns.EndpointFunc(func(_ context.Context, n sns.Notification) error {
			fmt.Println(n.Message)
			return nil
		}),
	})
	order := func(text, store, total string) sns.Entry {
		return sns.Entry{Message: text, Attributes: map[string]sns.Attribute{
			"store": sqs.StringAttribute(store), "total": sqs.NumberAttribute(total),
		}}
	}
	orders.Publish(ctx,
		order("a teapot", "eu-west", "30"),
		order("a samovar", "eu-west", "300"),
		order("a kettle", "us-east", "130"),
		sns.Entry{Message: "a spoon"},
	)
	orders.Flush(ctx)
	// Output: a samovar
}

// A policy can look into a JSON body in place of the attributes.
func ExampleSubscription_messageBody() {
	ctx := context.Background()
	orders, _ := sns.New("orders", sns.Config{})
	orders.Subscribe(ctx, sns.Subscription{
		FilterPolicy:      `{"customer": {"country": [{"anything-but": ["NL", "BE"]}]}}`,
		FilterPolicyScope: sns.FilterPolicyScopeMessageBody,
		Endpoint: sns.EndpointFunc(func(_ context.Context, n sns.Notification) error {
			fmt.Println(n.Message)
			return nil
		}),
	})
	orders.Publish(ctx,
		sns.Entry{Message: `{"id": 1, "customer": {"country": "NL"}}`},
		sns.Entry{Message: `{"id": 2, "customer": {"country": "FR"}}`},
	)
	orders.Flush(ctx)
	// Output: {"id": 2, "customer": {"country": "FR"}}
}

// A wrong policy is refused with AWS's words, and nothing is subscribed.
func ExampleError() {
	orders, _ := sns.New("orders", sns.Config{})
	_, err := orders.Subscribe(context.Background(), sns.Subscription{
		Endpoint:     sns.EndpointFunc(func(context.Context, sns.Notification) error { return nil }),
		FilterPolicy: `{"store": []}`,
	})
	fmt.Println(errors.Is(err, sns.ErrInvalidParameter))
	fmt.Println(err)
	// Output:
	// true
	// sns: Subscribe orders: Invalid parameter: Attributes Reason: FilterPolicy: Empty arrays are not allowed
}

// What an endpoint refuses for good goes to the dead-letter queue. The subscription
// knows the reason.
func ExampleSubscription_deadLetterQueue() {
	ctx := context.Background()
	orders, _ := sns.New("orders", sns.Config{})
	dead, _ := sqs.New("dead", sqs.Config{})
	id, _ := orders.Subscribe(ctx, sns.Subscription{
		DeadLetterQueue:    dead,
		RawMessageDelivery: true,
		Endpoint: sns.EndpointFunc(func(_ context.Context, n sns.Notification) error {
			return sns.Permanent(errors.New("no such article"))
		}),
	})
	orders.Publish(ctx, sns.Entry{Message: "one unicorn"})
	orders.Flush(ctx)
	letters, _ := dead.Receive(ctx, sqs.ReceiveRequest{})
	refusals, _ := orders.Subscription(id)
	fmt.Println(letters[0].Body, "-", refusals.Stats().LastError)
	// Output: one unicorn - no such article
}

// A delivery policy says how often, and how fast, a failed delivery is repeated.
func ExampleDeliveryPolicy() {
	ctx := context.Background()
	orders, _ := sns.New("orders", sns.Config{})
	failures := 2
	orders.Subscribe(ctx, sns.Subscription{
		DeliveryPolicy: &sns.DeliveryPolicy{HealthyRetryPolicy: &sns.RetryPolicy{NumRetries: new(5), NumNoDelayRetries: 5}},
		Endpoint: sns.EndpointFunc(func(_ context.Context, n sns.Notification) error {
			if failures > 0 {
				failures--
				return errors.New("not now")
			}
			fmt.Println("attempt", n.Attempt, "of", n.Message)
			return nil
		}),
	})
	orders.Publish(ctx, sns.Entry{Message: "one teapot"})
	orders.Flush(ctx)
	// Output: attempt 3 of one teapot
}

// A FIFO topic keeps the order of each group, and drops what it had in the last five
// minutes.
func ExampleConfig_fifo() {
	ctx := context.Background()
	orders, _ := sns.New("orders.fifo", sns.Config{FIFO: true, ContentBasedDeduplication: true})
	ledger, _ := sqs.New("ledger.fifo", sqs.Config{FIFO: true})
	orders.Subscribe(ctx, sns.Subscription{Endpoint: sns.QueueEndpoint(ledger), RawMessageDelivery: true})
	orders.Publish(ctx,
		sns.Entry{Message: "debit 3", GroupID: "account"},
		sns.Entry{Message: "debit 3", GroupID: "account"},
		sns.Entry{Message: "credit 5", GroupID: "account"},
	)
	messages, _ := ledger.Receive(ctx, sqs.ReceiveRequest{MaxMessages: 10})
	for _, m := range messages {
		fmt.Println(m.Body)
	}
	// Output:
	// debit 3
	// credit 5
}

// A FIFO topic with an archive can deliver once more what it had.
func ExampleReplayPolicy() {
	ctx := context.Background()
	started := time.Now()
	orders, _ := sns.New("orders.fifo", sns.Config{
		FIFO: true, ContentBasedDeduplication: true,
		ArchivePolicy: &sns.ArchivePolicy{MessageRetentionPeriod: 30 * 24 * time.Hour},
	})
	orders.Publish(ctx, sns.Entry{Message: "one teapot", GroupID: "a"})

	orders.Subscribe(ctx, sns.Subscription{
		ReplayPolicy: &sns.ReplayPolicy{StartingPoint: started},
		Endpoint: sns.EndpointFunc(func(_ context.Context, n sns.Notification) error {
			fmt.Println(n.Message, n.Replayed)
			return nil
		}),
	})
	orders.Publish(ctx, sns.Entry{Message: "one samovar", GroupID: "a"})
	orders.Flush(ctx)
	// Output:
	// one teapot true
	// one samovar false
}

// With a service, endpoints are named as on AWS. Mails go to the Outbox unless the
// service is given a Mailer.
func ExampleService() {
	ctx := context.Background()
	queues, _ := sqs.NewService(sqs.ServiceConfig{})
	queues.CreateQueue("shipping", sqs.Config{})
	service, _ := sns.NewService(sns.ServiceConfig{Queues: queues})
	orders, _ := service.CreateTopic("orders", sns.Config{})
	orders.Subscribe(ctx, sns.Subscription{Protocol: sns.ProtocolSQS, Address: "arn:aws:sqs:us-east-1:000000000000:shipping"})
	id, _ := orders.Subscribe(ctx, sns.Subscription{Protocol: sns.ProtocolEmail, Address: "jane@example.com"})

	jane, _ := service.Subscription(id)
	orders.Confirm(jane.Token(), false) // as the link in the mail does
	orders.Publish(ctx, sns.Entry{Message: "one teapot", Subject: "An order"})
	service.Flush(ctx)

	for _, mail := range service.Outbox().Mails() {
		fmt.Println(mail.To, "-", mail.Subject)
	}
	shipping, _ := queues.Queue("shipping")
	fmt.Println("queued:", shipping.Metrics().ApproximateNumberOfMessagesVisible)
	// Output:
	// jane@example.com - AWS Notification - Subscription Confirmation
	// jane@example.com - An order
	// queued: 1
}
