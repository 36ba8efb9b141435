package sdktest

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sns/snshttp"
)

// TestMessagesOfAnyNumber: what the wire takes ten of, the adapter takes any number of,
// and an entry that AWS refuses a whole request for costs the others nothing.
func TestMessagesOfAnyNumber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, sns.ServiceConfig{}, snshttp.Config{})
		topic := &topicOverSDK{client: s.client(), arn: *createTopic(t, s.client(), "orders", nil)}
		url, arn := s.queue(t, "orders", nil)
		_, err := topic.Subscribe(t.Context(), sns.Subscription{Protocol: sns.ProtocolSQS, Address: arn, RawMessageDelivery: true})
		require.NoError(t, err)
		batch := make([]sns.Entry, 25)
		for i := range batch {
			batch[i].Message = fmt.Sprintf("%02d", i)
		}
		batch[3].Message = ""
		batch[17].Attributes = map[string]sns.Attribute{"n": {DataType: "Number", Value: "many"}}
		batch[24].Message = strings.Repeat("x", 262_145)
		published, err := topic.Publish(t.Context(), batch...)
		var failed *sns.BatchError
		require.ErrorAs(t, err, &failed)
		require.Len(t, failed.Failed, 3)
		for i, want := range map[int]error{3: sns.ErrInvalidParameter, 17: sns.ErrInvalidParameterValue, 24: sns.ErrInvalidParameter} {
			require.Empty(t, published[i])
			at := map[int]int{3: 0, 17: 1, 24: 2}[i]
			require.Equal(t, i, failed.Failed[at].Index)
			require.ErrorIs(t, failed.Failed[at].Err, want)
		}
		require.Len(t, s.takeBodies(t, url), 22)

		s.asked = nil
		long := strings.Repeat("x", 100_000)
		_, err = topic.Publish(t.Context(), sns.Entry{Message: long}, sns.Entry{Message: long}, sns.Entry{Message: long})
		require.NoError(t, err)
		require.Equal(t, []string{"PublishBatch", "PublishBatch"}, s.asked)

		_, err = (&topicOverSDK{client: s.client(), arn: missingARN}).Publish(t.Context(), batch...)
		require.ErrorIs(t, err, sns.ErrNotFound, "a failure that is not about entries ends the batch")
		require.NotErrorAs(t, err, &failed)
	})
}
