package sdktest

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sns/snshttp"
)

func TestFIFOTopicToQueues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, sns.ServiceConfig{}, snshttp.Config{})
		c := s.client()
		topic := createTopic(t, c, "orders.fifo", map[string]string{"FifoTopic": "true", "ContentBasedDeduplication": "true"})
		raw := map[string]string{"RawMessageDelivery": "true"}
		var urls []*string
		for _, name := range []string{"a.fifo", "b.fifo", "c"} {
			attributes := map[string]string{}
			if strings.HasSuffix(name, ".fifo") {
				attributes["FifoQueue"] = "true"
			}
			url, arn := s.queue(t, name, attributes)
			subscribe(t, c, topic, "sqs", arn, raw)
			urls = append(urls, url)
		}
		publish := func(text, group string, id *string) *awssns.PublishOutput {
			return call(t, c.Publish, &awssns.PublishInput{TopicArn: topic, Message: &text, MessageGroupId: &group, MessageDeduplicationId: id})
		}
		var want []string
		last := ""
		for i := range 30 {
			text, group := fmt.Sprintf("%02d", i), fmt.Sprint("group-", i%3)
			want = append(want, text)
			first, again := publish(text, group, nil), publish(text, group, nil)
			require.Equal(t, first.MessageId, again.MessageId)
			require.Equal(t, first.SequenceNumber, again.SequenceNumber)
			require.Len(t, *first.SequenceNumber, 20)
			require.Greater(t, *first.SequenceNumber, last)
			last = *first.SequenceNumber
		}
		byID := publish("by id", "group-0", aws.String("x"))
		require.Equal(t, byID.MessageId, publish("another text, the same id", "group-1", aws.String("x")).MessageId)

		require.NoError(t, s.topics.Flush(t.Context()))
		for _, url := range urls {
			groups := make(map[string][]string)
			for _, m := range s.take(t, url) {
				groups[m.Attributes["MessageGroupId"]] = append(groups[m.Attributes["MessageGroupId"]], *m.Body)
			}
			if url == urls[2] {
				require.Equal(t, map[string][]string{"": append(want, "by id")}, groups, "a standard queue is told of no groups")
				continue
			}
			for i := range 3 {
				var texts []string
				for j := i; j < len(want); j += 3 {
					texts = append(texts, want[j])
				}
				if i == 0 {
					texts = append(texts, "by id")
				}
				require.Equal(t, texts, groups[fmt.Sprint("group-", i)], *url)
			}
		}

		time.Sleep(5 * time.Minute)
		require.NotEqual(t, byID.MessageId, publish("by id", "group-0", aws.String("x")).MessageId, "deduplication ends after five minutes")
	})
}

func TestArchiveAndReplay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, sns.ServiceConfig{}, snshttp.Config{})
		c := s.client()
		topic := createTopic(t, c, "orders.fifo", map[string]string{
			"FifoTopic": "true", "ContentBasedDeduplication": "true", "ArchivePolicy": `{"MessageRetentionPeriod":"30"}`,
		})
		publish := func(text string) *string {
			return call(t, c.Publish, &awssns.PublishInput{TopicArn: topic, Message: &text, MessageGroupId: aws.String("g")}).MessageId
		}
		publish("too early")
		time.Sleep(time.Hour)
		start := time.Now()
		second := publish("second")
		publish("third")
		time.Sleep(time.Hour)

		url, arn := s.queue(t, "orders.fifo", map[string]string{"FifoQueue": "true"})
		replay := `{"PointType":"Timestamp","StartingPoint":"` + timestamp(start) + `"}`
		subscription := subscribe(t, c, topic, "sqs", arn, map[string]string{"ReplayPolicy": replay})
		require.NoError(t, s.topics.Flush(t.Context()))
		publish("fourth")
		require.NoError(t, s.topics.Flush(t.Context()))
		bodies := s.takeBodies(t, url)
		require.Equal(t, []string{"second", "third", "fourth"}, messagesOf(t, bodies))
		replayed := envelope(t, bodies[0])
		require.Equal(t, *second, replayed["MessageId"])
		require.Equal(t, "2000-01-01T01:00:00.000Z", replayed["Timestamp"])
		require.Equal(t, true, replayed["Replayed"])
		require.NotContains(t, envelope(t, bodies[2]), "Replayed")

		got := call(t, c.GetSubscriptionAttributes, &awssns.GetSubscriptionAttributesInput{SubscriptionArn: subscription}).Attributes
		require.JSONEq(t, replay, got["ReplayPolicy"])
		require.Equal(t, "Completed", got["ReplayStatus"])
		topicNow := call(t, c.GetTopicAttributes, &awssns.GetTopicAttributesInput{TopicArn: topic}).Attributes
		require.JSONEq(t, `{"MessageRetentionPeriod":30}`, topicNow["ArchivePolicy"])
		require.Equal(t, "2000-01-01T00:00:00.000Z", topicNow["BeginningArchiveTime"])

		url, arn = s.queue(t, "early.fifo", map[string]string{"FifoQueue": "true"})
		subscribe(t, c, topic, "sqs", arn, map[string]string{
			"RawMessageDelivery": "true",
			"ReplayPolicy":       toJSON(map[string]string{"PointType": "Timestamp", "StartingPoint": "2000-01-01T00:00:00.000Z", "EndingPoint": timestamp(start)}),
		})
		publish("fifth")
		require.NoError(t, s.topics.Flush(t.Context()))
		bodies = s.takeBodies(t, url)
		require.Contains(t, bodies, "too early")
		require.NotContains(t, bodies, "fourth")
		require.NotContains(t, bodies, "fifth", "a replay with an end is all that the subscription gets")
	})
}
