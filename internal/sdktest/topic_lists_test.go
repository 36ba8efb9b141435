package sdktest

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sns/snshttp"
)

// TestListsHavePages goes through every list of SNS with the SDK's own paginators.
func TestListsHavePages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, sns.ServiceConfig{}, snshttp.Config{})
		c := s.client()
		var topics, subscriptions, more []string
		for i := range 230 {
			topics = append(topics, *createTopic(t, c, fmt.Sprintf("topic-%03d", i), nil))
		}
		for i := range 120 {
			number := fmt.Sprintf("+1555555%04d", i)
			subscriptions = append(subscriptions, *subscribe(t, c, &topics[0], "sms", number, nil))
			require.NoError(t, s.topics.OptOutPhoneNumber(number))
		}
		more = append(more, subscriptions...)
		for i := range 100 {
			more = append(more, *subscribe(t, c, &topics[1], "sms", fmt.Sprintf("+1555556%04d", i), nil))
		}
		app := call(t, c.CreatePlatformApplication, &awssns.CreatePlatformApplicationInput{
			Name: aws.String("shop"), Platform: aws.String("GCM"), Attributes: map[string]string{"PlatformCredential": "secret"},
		}).PlatformApplicationArn
		for i := range 101 {
			call(t, c.CreatePlatformEndpoint, &awssns.CreatePlatformEndpointInput{PlatformApplicationArn: app, Token: aws.String(fmt.Sprint("token-", i))})
		}
		for i := range 7 {
			call(t, c.CreateSMSSandboxPhoneNumber, &awssns.CreateSMSSandboxPhoneNumberInput{PhoneNumber: aws.String(fmt.Sprintf("+1555557000%d", i))})
		}

		found := make(map[string][]int) // the lengths of pages, by the name of the list
		var names []string              // what was found, of one list after another
		page := func(list string, n int) { found[list] = append(found[list], n) }
		for p := awssns.NewListTopicsPaginator(c, nil); p.HasMorePages(); {
			out, err := p.NextPage(t.Context())
			require.NoError(t, err)
			page("topics", len(out.Topics))
			for _, topic := range out.Topics {
				names = append(names, *topic.TopicArn)
			}
		}
		require.Equal(t, topics, names, "in the order of their names")

		names = nil
		for p := awssns.NewListSubscriptionsPaginator(c, nil); p.HasMorePages(); {
			out, err := p.NextPage(t.Context())
			require.NoError(t, err)
			page("subscriptions", len(out.Subscriptions))
			names = append(names, arnsOf(out.Subscriptions)...)
		}
		require.ElementsMatch(t, more, names)
		names = nil
		for p := awssns.NewListSubscriptionsByTopicPaginator(c, &awssns.ListSubscriptionsByTopicInput{TopicArn: &topics[0]}); p.HasMorePages(); {
			out, err := p.NextPage(t.Context())
			require.NoError(t, err)
			page("subscriptions by topic", len(out.Subscriptions))
			names = append(names, arnsOf(out.Subscriptions)...)
		}
		require.ElementsMatch(t, subscriptions, names)

		for p := awssns.NewListEndpointsByPlatformApplicationPaginator(c, &awssns.ListEndpointsByPlatformApplicationInput{PlatformApplicationArn: app}); p.HasMorePages(); {
			out, err := p.NextPage(t.Context())
			require.NoError(t, err)
			page("endpoints", len(out.Endpoints))
		}
		names = nil
		for p := awssns.NewListPhoneNumbersOptedOutPaginator(c, nil); p.HasMorePages(); {
			out, err := p.NextPage(t.Context())
			require.NoError(t, err)
			page("opted out", len(out.PhoneNumbers))
			names = append(names, out.PhoneNumbers...)
		}
		require.Len(t, slices.Compact(slices.Sorted(slices.Values(names))), 120)
		for p := awssns.NewListSMSSandboxPhoneNumbersPaginator(c, &awssns.ListSMSSandboxPhoneNumbersInput{MaxResults: aws.Int32(3)}); p.HasMorePages(); {
			out, err := p.NextPage(t.Context())
			require.NoError(t, err)
			page("sandbox", len(out.PhoneNumbers))
		}
		require.Equal(t, map[string][]int{
			"topics": {100, 100, 30}, "subscriptions": {100, 100, 20}, "subscriptions by topic": {100, 20},
			"endpoints": {100, 1}, "opted out": {100, 20}, "sandbox": {3, 3, 1},
		}, found)

		_, err := c.ListTopics(t.Context(), &awssns.ListTopicsInput{NextToken: aws.String("no token!")})
		var invalid *types.InvalidParameterException
		require.ErrorAs(t, err, &invalid)
	})
}

func arnsOf(subscriptions []types.Subscription) (arns []string) {
	for _, s := range subscriptions {
		arns = append(arns, *s.SubscriptionArn)
	}
	return arns
}

// TestPublishBatch: results line up with the entries by their ids, and one bad entry
// stops all.
func TestPublishBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, sns.ServiceConfig{}, snshttp.Config{})
		c := s.client()
		topic := createTopic(t, c, "orders.fifo", map[string]string{"FifoTopic": "true"})
		url, arn := s.queue(t, "orders.fifo", map[string]string{"FifoQueue": "true"})
		subscribe(t, c, topic, "sqs", arn, nil)
		in := &awssns.PublishBatchInput{TopicArn: topic}
		for _, id := range []string{"c", "a", "b"} {
			in.PublishBatchRequestEntries = append(in.PublishBatchRequestEntries, types.PublishBatchRequestEntry{
				Id: &id, Message: aws.String("text of " + id), Subject: aws.String("about " + id), MessageGroupId: aws.String("g"), MessageDeduplicationId: &id,
				MessageAttributes: attributeOf("Number", "7"),
			})
		}
		out := call(t, c.PublishBatch, in)
		require.Empty(t, out.Failed)
		bodies := s.takeBodies(t, url)
		require.Len(t, out.Successful, 3)
		require.Len(t, bodies, 3)
		for i, result := range out.Successful {
			id := *in.PublishBatchRequestEntries[i].Id
			require.Equal(t, id, *result.Id)
			require.Len(t, *result.SequenceNumber, 20)
			e := envelope(t, bodies[i])
			require.Equal(t, *result.MessageId, e["MessageId"])
			require.Equal(t, *result.SequenceNumber, e["SequenceNumber"])
			require.Equal(t, "text of "+id, e["Message"])
			require.Equal(t, "about "+id, e["Subject"])
			require.Equal(t, map[string]any{"kind": map[string]any{"Type": "Number", "Value": "7"}}, e["MessageAttributes"])
		}

		for i := range in.PublishBatchRequestEntries {
			in.PublishBatchRequestEntries[i].MessageDeduplicationId = aws.String(fmt.Sprint("again-", i))
		}
		in.PublishBatchRequestEntries[1].MessageGroupId = nil
		_, err := c.PublishBatch(t.Context(), in)
		var invalid *types.InvalidParameterException
		require.ErrorAs(t, err, &invalid)
		require.Empty(t, s.take(t, url))
	})
}
