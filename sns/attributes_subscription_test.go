package sns_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sns"
)

const queueARN = "arn:aws:sqs:us-east-1:000000000000:"

func TestAttributesOfANewSubscription(t *testing.T) {
	topic, _ := newTopic(t, sns.Config{})
	common := func(s *sns.LocalSubscription, protocol, endpoint, waiting, authenticated string) map[string]string {
		return map[string]string{ // as recorded
			"SubscriptionArn":              string(s.ID()),
			"TopicArn":                     topic.ARN(),
			"Owner":                        "000000000000",
			"SubscriptionPrincipal":        "arn:aws:iam::000000000000:root",
			"Protocol":                     protocol,
			"Endpoint":                     endpoint,
			"PendingConfirmation":          waiting,
			"ConfirmationWasAuthenticated": authenticated,
			"RawMessageDelivery":           "false",
		}
	}
	queue := subscribe(t, topic, sns.Subscription{Protocol: sns.ProtocolSQS, Address: queueARN + "q"})
	require.Equal(t, common(queue, "sqs", queueARN+"q", "false", "true"), attributesOf(t, queue))

	mail := subscribe(t, topic, sns.Subscription{Protocol: sns.ProtocolEmail, Address: "a@example.com"})
	require.Equal(t, common(mail, "email", "a@example.com", "true", "false"), attributesOf(t, mail))
	_, err := topic.Confirm(mail.Token(), false)
	require.NoError(t, err)
	require.Equal(t, common(mail, "email", "a@example.com", "false", "false"), attributesOf(t, mail))

	other := subscribe(t, topic, sns.Subscription{Protocol: sns.ProtocolEmail, Address: "b@example.com"})
	_, err = topic.Confirm(other.Token(), true)
	require.NoError(t, err)
	require.Equal(t, "true", attributesOf(t, other)["ConfirmationWasAuthenticated"])

	require.NoError(t, topic.Unsubscribe(t.Context(), queue.ID()))
	_, err = queue.Attributes()
	requireFault(t, err, sns.ErrNotFound, "Subscription does not exist")
	requireFault(t, queue.SetAttribute("RawMessageDelivery", "true"), sns.ErrNotFound, "Subscription does not exist")
}

// TestSubscriptionDeliveryPolicyAsRecorded has the documents of a recording.
func TestSubscriptionDeliveryPolicyAsRecorded(t *testing.T) {
	const retries = `{"minDelayTarget":1,"maxDelayTarget":1,"numRetries":0,"numMaxDelayRetries":0,"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"}`
	const defaults = `{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,"numMaxDelayRetries":0,"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"}`
	document := func(retry, throttle, request string) string {
		return `{"healthyRetryPolicy":` + retry + `,"sicklyRetryPolicy":null,"throttlePolicy":` + throttle + `,"requestPolicy":` + request + `,"guaranteed":false}`
	}
	topic, _ := newTopic(t, sns.Config{})
	sub := subscribe(t, topic, sns.Subscription{Protocol: sns.ProtocolHTTP, Address: "http://example.com/sns-endpoint"})
	shows := func(policy, effective string) {
		t.Helper()
		attributes := attributesOf(t, sub)
		require.Equal(t, policy, attributes["DeliveryPolicy"])
		require.Equal(t, effective, attributes["EffectiveDeliveryPolicy"])
	}
	const plain = `{"headerContentType":"text/plain; charset=UTF-8"}`
	shows("", document(defaults, "null", plain))

	require.NoError(t, sub.SetAttribute("DeliveryPolicy", `{"requestPolicy": {"headerContentType": "text/csv"}}`))
	shows(document("null", "null", `{"headerContentType":"text/csv"}`), document(defaults, "null", `{"headerContentType":"text/csv"}`))

	require.NoError(t, topic.SetAttribute("DeliveryPolicy", `{"http": {"defaultRequestPolicy": {"headerContentType": "application/json"}}}`))
	require.NoError(t, sub.SetAttribute("DeliveryPolicy", `{"healthyRetryPolicy":`+retries+`,"sicklyRetryPolicy":null,"throttlePolicy":{"maxReceivesPerSecond":1000},"guaranteed":false}`))
	shows(document(retries, `{"maxReceivesPerSecond":1000}`, "null"), document(retries, `{"maxReceivesPerSecond":1000}`, `{"headerContentType":"application/json"}`))

	require.NoError(t, topic.SetAttribute("DeliveryPolicy", `{"http": {"disableSubscriptionOverrides": true, "defaultThrottlePolicy": {"maxReceivesPerSecond": 5}}}`))
	shows(document(retries, `{"maxReceivesPerSecond":1000}`, "null"), document(defaults, `{"maxReceivesPerSecond":5}`, plain))

	require.NoError(t, sub.SetAttribute("DeliveryPolicy", ""))
	shows("", document(defaults, `{"maxReceivesPerSecond":5}`, plain))
}

func TestSetSubscriptionAttributesOneByOne(t *testing.T) {
	service := newService(t, sns.ServiceConfig{})
	standard, fifo := createTopic(t, service, "t", sns.Config{}), createTopic(t, service, "t.fifo", sns.Config{FIFO: true})
	archived := createTopic(t, service, "a.fifo", sns.Config{FIFO: true, ArchivePolicy: &sns.ArchivePolicy{MessageRetentionPeriod: 24 * time.Hour}})
	queue := func(topic *sns.LocalTopic, name string) *sns.LocalSubscription {
		return subscribe(t, topic, sns.Subscription{Protocol: sns.ProtocolSQS, Address: queueARN + name})
	}
	s := queue(standard, "q")
	inOrder, mixed, replayed := queue(fifo, "q.fifo"), queue(fifo, "q"), queue(archived, "q.fifo")
	phone := subscribe(t, standard, sns.Subscription{Protocol: sns.ProtocolSMS, Address: "+15555550100"})
	web := subscribe(t, standard, sns.Subscription{Protocol: sns.ProtocolHTTPS, Address: "https://example.com"})
	function := subscribe(t, standard, sns.Subscription{Endpoint: sns.EndpointFunc(func(context.Context, sns.Notification) error { return nil })})
	redrive := func(name string) string { return `{"deadLetterTargetArn":"` + queueARN + name + `"}` }
	const notJSON = "failed to parse JSON."
	for _, row := range []struct {
		s           *sns.LocalSubscription
		name, value string
		fault       string // empty: accepted
		shown       string // if another than value; "-" if it is not
	}{
		{s, "FilterPolicy", `{"attr1": [{"numeric": [">", 0, "<=", 100]}]}`, "", ""},
		{s, "FilterPolicyScope", "MessageBody", "", ""},
		{s, "FilterPolicyScope", "MessageAttributes", "", ""},
		{s, "FilterPolicyScope", "Body", "FilterPolicyScope: Invalid value [Body]. Please use either MessageBody or MessageAttributes", ""},
		{s, "FilterPolicyScope", "", "FilterPolicyScope: Invalid value []. Please use either MessageBody or MessageAttributes", ""},
		{s, "FilterPolicy", "{}", "", "-"},
		{s, "FilterPolicy", "", "", "-"},
		{s, "FilterPolicyScope", "MessageBody", "", "-"},
		{s, "RawMessageDelivery", "True", "", "true"},
		{s, "RawMessageDelivery", "false", "", ""},
		{s, "RawMessageDelivery", "test-ValUe", "RawMessageDelivery: Invalid value [test-ValUe]. Must be true or false.", ""},
		{s, "RawMessageDelivery", "", "RawMessageDelivery: Invalid value []. Must be true or false.", ""},
		{web, "RawMessageDelivery", "true", "", ""},
		{function, "RawMessageDelivery", "true", "", ""},
		{phone, "RawMessageDelivery", "true", "Delivery protocol [sms] does not support raw message delivery.", ""},
		{s, "RedrivePolicy", redrive("dead"), "", ""},
		{s, "RedrivePolicy", redrive("dead.fifo"), "RedrivePolicy: must use a standard queue as DLQ for a Subscription to a standard Topic.", ""},
		{s, "RedrivePolicy", `{"deadLetterTargetArn":"fake-arn"}`, "RedrivePolicy: deadLetterTargetArn is an invalid arn", ""},
		{s, "RedrivePolicy", `{"deadLetterTargetArn":"arn:aws:sns:us-east-1:000000000000:t"}`, "RedrivePolicy: deadLetterTargetArn is an invalid arn", ""},
		{s, "RedrivePolicy", `{"x":1}`, "RedrivePolicy: deadLetterTargetArn is an invalid arn", ""},
		{s, "RedrivePolicy", `{"deadLetterTargetArn":1}`, "RedrivePolicy: " + notJSON, ""},
		{s, "RedrivePolicy", `[]`, "RedrivePolicy: " + notJSON, ""},
		{s, "RedrivePolicy", "{}", "", "-"},
		{inOrder, "RedrivePolicy", redrive("dead.fifo"), "", ""},
		{inOrder, "RedrivePolicy", redrive("dead"), "RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic.", ""},
		{inOrder, "RedrivePolicy", "", "", "-"},
		{mixed, "RedrivePolicy", redrive("dead"), "", ""},
		{web, "DeliveryPolicy", `{"healthyRetryPolicy":{"minDelayTarget":0}}`, "DeliveryPolicy: healthyRetryPolicy.minDelayTarget must be greater than or equal to 1", ""},
		{web, "DeliveryPolicy", `{"healthyRetryPolicy":{"numRetries":101}}`, "DeliveryPolicy: healthyRetryPolicy.numRetries must be less than or equal to 100", ""},
		{web, "DeliveryPolicy", `{"http":{}}`, "DeliveryPolicy: Unexpected JSON member: http", ""},
		{web, "DeliveryPolicy", `x`, "DeliveryPolicy: " + notJSON, ""},
		{web, "SubscriptionRoleArn", "arn:aws:iam::000000000000:role/r", "", ""},
		{web, "SubscriptionRoleArn", "", "", "-"},
		{replayed, "ReplayPolicy", `{"PointType":"Timestamp","StartingPoint":"2020-01-01T00:00:00Z","EndingPoint":"2020-01-02T01:00:00.5+01:00"}`, "", `{"PointType":"Timestamp","StartingPoint":"2020-01-01T00:00:00.000Z","EndingPoint":"2020-01-02T00:00:00.500Z"}`},
		{replayed, "ReplayPolicy", `{"PointType":"Timestamp","StartingPoint":"2020-01-01T00:00:00.000Z"}`, "", ""},
		{replayed, "ReplayPolicy", `{"PointType":"Timestamp","StartingPoint":"2020-01-02T00:00:00Z","EndingPoint":"2020-01-01T00:00:00Z"}`, "ReplayPolicy: EndingPoint must not be before StartingPoint", ""},
		{replayed, "ReplayPolicy", `{"PointType":"Offset","StartingPoint":"1"}`, "ReplayPolicy: PointType: Invalid value [Offset]. Must be Timestamp.", ""},
		{replayed, "ReplayPolicy", `{"PointType":"Timestamp","StartingPoint":"1"}`, "ReplayPolicy: StartingPoint: Invalid value [1]. Must be a timestamp.", ""},
		{replayed, "ReplayPolicy", `{"PointType":"Timestamp","StartingPoint":"2020-01-02T00:00:00Z","EndingPoint":"1"}`, "ReplayPolicy: EndingPoint: Invalid value [1]. Must be a timestamp.", ""},
		{replayed, "ReplayPolicy", `{"From":1}`, "ReplayPolicy: Unexpected JSON member: From", ""},
		{replayed, "ReplayPolicy", `{}`, "", "-"},
		{inOrder, "ReplayPolicy", `{"PointType":"Timestamp","StartingPoint":"2020-01-01T00:00:00Z"}`, "ReplayPolicy: can only be set for FIFO topics with an ArchivePolicy", ""},
		{s, "fake-attribute", "x", "AttributeName", ""},
		{s, "Endpoint", "x", "AttributeName", ""},
	} {
		t.Run(row.name+"="+row.value, func(t *testing.T) {
			before := attributesOf(t, row.s)
			err := row.s.SetAttribute(row.name, row.value)
			if row.fault != "" {
				requireFault(t, err, sns.ErrInvalidParameter, ip+row.fault)
				require.Equal(t, before, attributesOf(t, row.s), "a refused change changes nothing")
				return
			}
			require.NoError(t, err)
			switch shown, ok := attributesOf(t, row.s)[row.name]; {
			case row.shown == "-":
				require.False(t, ok, shown)
			case row.shown != "":
				require.Equal(t, row.shown, shown)
			default:
				require.Equal(t, row.value, shown)
			}
		})
	}
}

func TestReplayShowsItsStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topic, _ := newTopic(t, sns.Config{FIFO: true, ArchivePolicy: &sns.ArchivePolicy{MessageRetentionPeriod: 24 * time.Hour}})
		s := subscribe(t, topic, sns.Subscription{
			Endpoint:     sns.EndpointFunc(func(context.Context, sns.Notification) error { return nil }),
			ReplayPolicy: &sns.ReplayPolicy{StartingPoint: time.Now()},
		})
		synctest.Wait()
		require.Equal(t, "Completed", attributesOf(t, s)["ReplayStatus"])
		require.NoError(t, topic.Close())
	})
}

func TestApplySubscriptionAttributes(t *testing.T) {
	topic, _ := newTopic(t, sns.Config{})
	base := sns.Subscription{Protocol: sns.ProtocolEmail, Address: "a@example.com"}
	sub, err := sns.ApplySubscriptionAttributes(base, map[string]string{
		"FilterPolicy": `{"a":["b"]}`, "FilterPolicyScope": "MessageBody", "RedrivePolicy": `{"deadLetterTargetArn":"` + queueARN + `dead"}`,
		"DeliveryPolicy": `{"healthyRetryPolicy":{"numRetries":3,"minDelayTarget":5,"maxDelayTarget":10}}`, "SubscriptionRoleArn": "role",
	})
	require.NoError(t, err)
	require.Equal(t, sns.Subscription{
		Protocol: sns.ProtocolEmail, Address: "a@example.com",
		FilterPolicy: `{"a":["b"]}`, FilterPolicyScope: sns.FilterPolicyScopeMessageBody,
		RedrivePolicy: &sns.RedrivePolicy{DeadLetterTargetARN: queueARN + "dead"},
		DeliveryPolicy: &sns.DeliveryPolicy{HealthyRetryPolicy: &sns.RetryPolicy{
			NumRetries: new(3), MinDelayTarget: 5 * time.Second, MaxDelayTarget: 10 * time.Second,
		}},
		SubscriptionRoleARN: "role",
	}, sub)
	_, err = topic.Subscribe(t.Context(), sub)
	require.NoError(t, err)

	const at = ip + "Attributes Reason: "
	for _, row := range []struct{ name, value, fault string }{
		{"RawMessageDelivery", "wrongvalue", at + "RawMessageDelivery: Invalid value [wrongvalue]. Must be true or false."},
		{"RawMessageDelivery", "true", at + "Delivery protocol [email] does not support raw message delivery."},
		{"FilterPolicyScope", "x", at + "FilterPolicyScope: Invalid value [x]. Please use either MessageBody or MessageAttributes"},
		{"DeliveryPolicy", `{"healthyRetryPolicy":{"minDelayTarget":0}}`, at + "DeliveryPolicy: healthyRetryPolicy.minDelayTarget must be greater than or equal to 1"},
		{"RedrivePolicy", "{x", at + "RedrivePolicy: failed to parse JSON."},
		{"ReplayPolicy", "x", at + "ReplayPolicy: failed to parse JSON."},
		{"Colour", "x", at + "AttributeName"},
	} {
		sub, err := sns.ApplySubscriptionAttributes(base, map[string]string{row.name: row.value})
		if err == nil {
			_, err = topic.Subscribe(t.Context(), sub)
		}
		requireFault(t, err, sns.ErrInvalidParameter, row.fault)
	}
}

func TestEveryFaultOfASubscriptionIsReported(t *testing.T) {
	topic, _ := newTopic(t, sns.Config{})
	_, err := topic.Subscribe(t.Context(), sns.Subscription{
		Protocol: sns.ProtocolFirehose, Address: "arn:aws:firehose:us-east-1:000000000000:deliverystream/d",
		FilterPolicyScope: "x", RedrivePolicy: &sns.RedrivePolicy{}, ReplayPolicy: &sns.ReplayPolicy{},
		DeliveryPolicy: &sns.DeliveryPolicy{HealthyRetryPolicy: &sns.RetryPolicy{MaxDelayTarget: 2 * time.Hour}},
	})
	require.ErrorIs(t, err, sns.ErrInvalidParameter)
	for _, text := range []string{
		"FilterPolicyScope:", "SubscriptionRoleArn Reason: no value for required parameter", "RedrivePolicy:", "ReplayPolicy:",
		"healthyRetryPolicy.maxDelayTarget must be less than or equal to 3600",
	} {
		require.ErrorContains(t, err, text)
	}
	large, _ := newTopic(t, sns.Config{MaximumMessageSize: 262_145})
	_, err = large.Subscribe(t.Context(), sns.Subscription{Protocol: sns.ProtocolSMS, Address: "+15555550100"})
	requireFault(t, err, sns.ErrInvalidParameter, ip+"Attributes Reason: Delivery protocol [sms] does not support a MaximumMessageSize above 262144.")
	archived := createTopic(t, newService(t, sns.ServiceConfig{}), "a.fifo", sns.Config{FIFO: true, ArchivePolicy: &sns.ArchivePolicy{MessageRetentionPeriod: 24 * time.Hour}})
	_, err = archived.Subscribe(t.Context(), sns.Subscription{Protocol: sns.ProtocolSQS, Address: queueARN + "q", ReplayPolicy: &sns.ReplayPolicy{}})
	requireFault(t, err, sns.ErrInvalidParameter, ip+"Attributes Reason: ReplayPolicy: StartingPoint: no value for required parameter")
}
