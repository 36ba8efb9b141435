package sns_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sns/snstest"
	"github.com/leat-go/leat/sqs"
)

// The engine owes its users every rule of the suite, and lacks nothing.
func TestConformance(t *testing.T) {
	made := 0
	queues := make(map[sns.Topic]*sqs.Service)
	snstest.Run(t, snstest.Config{
		VirtualTime: true,
		New: func(t testing.TB, cfg sns.Config) sns.Topic {
			topic, home := newTopic(t, cfg)
			queues[topic] = home
			return topic
		},
		NewQueue: func(t testing.TB, topic sns.Topic, cfg sqs.Config) (sqs.Queue, string) {
			made++
			q := createQueue(t, queues[topic], fmt.Sprint("queue-", made, fifoSuffix[cfg.FIFO]))
			return q, q.ARN()
		},
		Flush: func(ctx context.Context, topic sns.Topic) error { return topic.(*sns.LocalTopic).Flush(ctx) },
	})
}
