package sns_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

// TestGroupsInQueues: a group goes to a queue of the topic's own kind only, as recorded
// from AWS.
func TestGroupsInQueues(t *testing.T) {
	for _, c := range []struct {
		queue        string
		fifo         bool
		group, dedup string
	}{
		{"standard", false, "g", ""},
		{"queue.fifo", true, "g", "d"},
		{"standard", true, "", ""},
	} {
		topic, queues := newTopic(t, sns.Config{FIFO: c.fifo})
		q := createQueue(t, queues, c.queue)
		subscribe(t, topic, sns.Subscription{Endpoint: sns.QueueEndpoint(q)})
		e := sns.Entry{Message: "a", GroupID: "g"}
		if c.fifo {
			e.DeduplicationID = "d"
		}
		publish(t, topic, e)
		require.NoError(t, topic.Flush(t.Context()))
		messages, err := q.Receive(t.Context(), sqs.ReceiveRequest{})
		require.NoError(t, err)
		require.Len(t, messages, 1)
		require.Equal(t, c.group, messages[0].GroupID)
		require.Equal(t, c.dedup, messages[0].DeduplicationID)
	}
}
