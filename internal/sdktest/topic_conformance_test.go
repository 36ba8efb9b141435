package sdktest

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sns/snshttp"
	"github.com/leat-go/leat/sns/snstest"
	"github.com/leat-go/leat/sqs"
)

// TestTopicConformance runs the suite for any topic through the SDK and the handler, so
// that what the engine owes its users gets through to them. Queues are behind the wire,
// too.
func TestTopicConformance(t *testing.T) {
	sites := make(map[testing.TB]*site) // one for each rule
	homes := make(map[sns.Topic]*site)
	code := new(functions)
	made := 0
	name := func(fifo bool) string {
		made++
		return nameFor(sqs.Config{FIFO: fifo}, fmt.Sprint("orders-", made))
	}
	snstest.Run(t, snstest.Config{
		VirtualTime: true,
		New: func(t testing.TB, cfg sns.Config) sns.Topic {
			s := sites[t]
			if s == nil {
				s = newSite(t, sns.ServiceConfig{Resolve: code.resolve}, snshttp.Config{})
				sites[t] = s
			}
			topic := &topicOverSDK{s.client(), *createTopic(t, s.client(), name(cfg.FIFO), attributesOfTopic(cfg)), code}
			homes[topic] = s
			return topic
		},
		NewQueue: func(t testing.TB, topic sns.Topic, cfg sqs.Config) (sqs.Queue, string) {
			url, arn := homes[topic].queue(t, name(cfg.FIFO), attributesOf(t, cfg))
			return &queueOverSDK{client: homes[topic].queues(), url: *url}, arn
		},
		Flush: func(ctx context.Context, topic sns.Topic) error { return homes[topic].topics.Flush(ctx) },
		Lacks: snstest.InOrder | snstest.Backlogs, // the wire has no word for them
	})
	require.Greater(t, made, 50)
}
