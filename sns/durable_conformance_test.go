package sns_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/faultfs"
	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sns/snstest"
	"github.com/leat-go/leat/sqs"
)

// named is a durable topic that gives a function that is subscribed an address by which
// the service finds it.
type named struct {
	*sns.LocalTopic
	functions *sync.Map
}

func (n named) Subscribe(ctx context.Context, sub sns.Subscription) (sns.SubscriptionID, error) {
	if f, ok := sub.Endpoint.(sns.EndpointFunc); ok {
		sub.Protocol = sns.ProtocolLambda
		for i := 0; ; i++ {
			address := fmt.Sprint("function-", i)
			if _, taken := n.functions.LoadOrStore(address, f); !taken {
				sub.Address = address
				break
			}
		}
	}
	return n.LocalTopic.Subscribe(ctx, sub)
}

// A durable topic owes its users the same.
func TestDurableConformance(t *testing.T) {
	var made int
	queues := map[sns.Topic]*sqs.Service{}
	snstest.Run(t, snstest.Config{
		VirtualTime: true,
		New: func(t testing.TB, cfg sns.Config) sns.Topic {
			home, err := sqs.NewService(sqs.ServiceConfig{})
			require.NoError(t, err)
			functions := &sync.Map{}
			s, err := sns.OpenFS(faultfs.NewMem(1).Process(), sns.ServiceConfig{
				Queues: home, Jitter: sns.NoJitter,
				Functions: func(arn string) (sns.Endpoint, error) {
					f, _ := functions.Load(arn)
					return f.(sns.Endpoint), nil
				},
			})
			require.NoError(t, err)
			t.Cleanup(func() {
				require.NoError(t, s.Close())
				require.NoError(t, home.Close())
			})
			topic := named{createTopic(t, s, "topic"+fifoSuffix[cfg.FIFO], cfg), functions}
			queues[topic] = home
			return topic
		},
		NewQueue: func(t testing.TB, topic sns.Topic, cfg sqs.Config) (sqs.Queue, string) {
			made++
			q := createQueue(t, queues[topic], fmt.Sprint("queue-", made, fifoSuffix[cfg.FIFO]))
			return q, q.ARN()
		},
		Flush: func(ctx context.Context, topic sns.Topic) error { return topic.(named).Flush(ctx) },
	})
}
