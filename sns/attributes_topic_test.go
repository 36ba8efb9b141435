package sns_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sns"
)

// requireFault checks an error as a caller would: by its sentinel, and by AWS's text.
func requireFault(t testing.TB, err, sentinel error, text string) {
	t.Helper()
	require.ErrorIs(t, err, sentinel)
	var e *sns.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, text, e.ErrorMessage())
	require.NotEmpty(t, e.Op)
}

// ip is what AWS's texts of ErrInvalidParameter begin with.
const ip = "Invalid parameter: "

func attributesOf(t testing.TB, of interface {
	Attributes() (map[string]string, error)
}) map[string]string {
	t.Helper()
	attributes, err := of.Attributes()
	require.NoError(t, err)
	return attributes
}

const (
	defaultEffective = `{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,"numMaxDelayRetries":0,` +
		`"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},"disableSubscriptionOverrides":false,` +
		`"defaultRequestPolicy":{"headerContentType":"text/plain; charset=UTF-8"}}}`
	defaultPolicy = `{"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{"Sid":"__default_statement_ID","Effect":"Allow",` +
		`"Principal":{"AWS":"*"},"Action":["SNS:GetTopicAttributes","SNS:SetTopicAttributes","SNS:AddPermission","SNS:RemovePermission",` +
		`"SNS:DeleteTopic","SNS:Subscribe","SNS:ListSubscriptionsByTopic","SNS:Publish"],"Resource":"TOPIC",` +
		`"Condition":{"StringEquals":{"AWS:SourceOwner":"000000000000"}}}]}`
)

func TestAttributesOfANewTopic(t *testing.T) {
	s := newService(t, sns.ServiceConfig{})
	topic := createTopic(t, s, "t", sns.Config{})
	const arn = "arn:aws:sns:us-east-1:000000000000:t"
	standard := map[string]string{ // as recorded
		"TopicArn":                arn,
		"Owner":                   "000000000000",
		"DisplayName":             "",
		"Policy":                  strings.Replace(defaultPolicy, "TOPIC", arn, 1),
		"EffectiveDeliveryPolicy": defaultEffective,
		"SubscriptionsConfirmed":  "0",
		"SubscriptionsPending":    "0",
		"SubscriptionsDeleted":    "0",
	}
	require.Equal(t, standard, attributesOf(t, topic))
	asked, err := s.CreateTopicWithAttributes("asked", map[string]string{"FifoTopic": "false"}, nil)
	require.NoError(t, err)
	require.NotContains(t, attributesOf(t, asked), "FifoTopic")

	fifo, err := s.CreateTopicWithAttributes("t.fifo", map[string]string{
		"DisplayName": "TestTopic", "SignatureVersion": "2", "FifoTopic": "true", "DataProtectionPolicy": "{}",
	}, nil)
	require.NoError(t, err)
	standard["TopicArn"] += ".fifo"
	standard["Policy"] = strings.Replace(defaultPolicy, "TOPIC", arn+".fifo", 1)
	standard["DisplayName"] = "TestTopic"
	standard["SignatureVersion"] = "2"
	standard["FifoTopic"] = "true"
	standard["ContentBasedDeduplication"] = "false"
	require.Equal(t, standard, attributesOf(t, fifo))
	require.Equal(t, "{}", fifo.Config().DataProtectionPolicy)
}

func TestTopicCountsItsSubscriptions(t *testing.T) {
	topic, _ := newTopic(t, sns.Config{})
	subscribe(t, topic, sns.Subscription{Protocol: sns.ProtocolEmail, Address: "a@example.com"})
	gone := subscribe(t, topic, sns.Subscription{Protocol: sns.ProtocolSMS, Address: "+15555550100"})
	subscribe(t, topic, sns.Subscription{Protocol: sns.ProtocolSMS, Address: "+15555550101"})
	require.NoError(t, topic.Unsubscribe(t.Context(), gone.ID()))
	attributes := attributesOf(t, topic)
	require.Equal(t, "1", attributes["SubscriptionsPending"])
	require.Equal(t, "1", attributes["SubscriptionsConfirmed"])
	require.Equal(t, "1", attributes["SubscriptionsDeleted"])
}

func TestSetTopicAttributesOneByOne(t *testing.T) {
	s := newService(t, sns.ServiceConfig{})
	standard, fifo := createTopic(t, s, "t", sns.Config{}), createTopic(t, s, "t.fifo", sns.Config{FIFO: true})
	retry := func(policy string) string { return `{"http":{"defaultHealthyRetryPolicy":` + policy + `}}` }
	const path = ip + "DeliveryPolicy: http.defaultHealthyRetryPolicy."
	for _, row := range []struct {
		topic       *sns.LocalTopic
		name, value string
		fault       string // empty: accepted
		shown       string // if another than value; "-" if it is not
	}{
		{standard, "DisplayName", "Name", "", ""},
		{standard, "DisplayName", strings.Repeat("ö", 100), "", ""},
		{standard, "DisplayName", strings.Repeat("ö", 101), ip + "DisplayName: Must be at most 100 characters long.", ""},
		{standard, "KmsMasterKeyId", "alias/aws/sns", "", ""},
		{standard, "KmsMasterKeyId", "", "", "-"},
		{standard, "SignatureVersion", "2", "", ""},
		{standard, "SignatureVersion", "1", "", ""},
		{standard, "SignatureVersion", "3", ip + "SignatureVersion: Invalid value [3]. Must be 1 or 2.", ""},
		{standard, "TracingConfig", "Active", "", ""},
		{standard, "TracingConfig", "PassThrough", "", ""},
		{standard, "TracingConfig", "active", ip + "TracingConfig: Invalid value [active]. Must be PassThrough or Active.", ""},
		{standard, "MaximumMessageSize", "1048576", "", ""},
		{standard, "MaximumMessageSize", "1024", "", ""},
		{standard, "MaximumMessageSize", "1048577", ip + "MaximumMessageSize: Invalid value [1048577]. Must be an integer between 1024 and 1048576.", ""},
		{standard, "MaximumMessageSize", "0", ip + "MaximumMessageSize: Invalid value [0]. Must be an integer between 1024 and 1048576.", ""},
		{standard, "Policy", `{"Version":"2012-10-17"}`, "", ""},
		{standard, "Policy", `{"Statement":{"Action":"sns:Publish"}}`, "", ""},
		{standard, "Policy", `{"Statement":[{"Action":["SNS:*","*","sns:Get?opicAttributes"]},{"NotAction":"x"}]}`, "", ""},
		{standard, "Policy", "", "", strings.Replace(defaultPolicy, "TOPIC", standard.ARN(), 1)},
		{standard, "Policy", "x", ip + "Policy Error: null", ""},
		{standard, "Policy", "null", ip + "Policy Error: null", ""},
		{standard, "Policy", `{"Statement":["x"]}`, ip + "Policy Error: null", ""},
		{standard, "Policy", `{"Statement":[{"Action":1}]}`, ip + "Policy Error: null", ""},
		{standard, "Policy", `{"Statement":[{"Action":["SNS:Publishx"]}]}`, ip + "Policy statement action out of service scope!", ""},
		{standard, "Policy", `{"Statement":[{"Action":"sqs:*"}]}`, ip + "Policy statement action out of service scope!", ""},
		{standard, "HTTPSuccessFeedbackRoleArn", "arn:aws:iam::000000000000:role/r", "", ""},
		{standard, "HTTPSuccessFeedbackSampleRate", "100", "", ""},
		{standard, "SQSSuccessFeedbackSampleRate", "500", ip + "SQSSuccessFeedbackSampleRate: 500 value provided is not an integer between 0-100", ""},
		{standard, "LambdaSuccessFeedbackSampleRate", "", ip + "LambdaSuccessFeedbackSampleRate:  value provided is not an integer between 0-100", ""},
		{standard, "HTTPSuccessFeedbackRoleArn", "", "", "-"},
		{standard, "HTTPFeedback", "x", ip + "AttributeName", ""},
		{standard, "DeliveryPolicy", retry(`{"numRetries":100,"minDelayTarget":1,"maxDelayTarget":1,"backoffFunction":"geometric"}`), "", `{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":1,"maxDelayTarget":1,"numRetries":100,"backoffFunction":"geometric"},"disableSubscriptionOverrides":false}}`},
		{standard, "DeliveryPolicy", retry(`{"numRetries":300}`), path + "numRetries must be less than or equal to 100", ""},
		{standard, "DeliveryPolicy", retry(`{"numRetries":-1}`), path + "numRetries must be greater than or equal to 0", ""},
		{standard, "DeliveryPolicy", retry(`{"numNoDelayRetries":-1}`), path + "numNoDelayRetries must be greater than or equal to 0", ""},
		{standard, "DeliveryPolicy", retry(`{"numMinDelayRetries":-1}`), path + "numMinDelayRetries must be greater than or equal to 0", ""},
		{standard, "DeliveryPolicy", retry(`{"numMaxDelayRetries":-1}`), path + "numMaxDelayRetries must be greater than or equal to 0", ""},
		{standard, "DeliveryPolicy", retry(`{"minDelayTarget":0}`), path + "minDelayTarget must be greater than or equal to 1", ""},
		{standard, "DeliveryPolicy", retry(`{"maxDelayTarget":0}`), path + "maxDelayTarget must be greater than or equal to 1", ""},
		{standard, "DeliveryPolicy", retry(`{"maxDelayTarget":3601}`), path + "maxDelayTarget must be less than or equal to 3600", ""},
		{standard, "DeliveryPolicy", retry(`{"minDelayTarget":21}`), path + "minDelayTarget must be less than or equal to maxDelayTarget", ""},
		{standard, "DeliveryPolicy", retry(`{"numNoDelayRetries":2,"numMaxDelayRetries":2}`), path + "numRetries must be greater than or equal to total of numMinDelayRetries, numNoDelayRetries and numMaxDelayRetries", ""},
		{standard, "DeliveryPolicy", retry(`{"backoffFunction":"cubic"}`), path + "backoffFunction: Invalid value [cubic]", ""},
		{standard, "DeliveryPolicy", retry(`{"numRetries":100,"minDelayTarget":36,"maxDelayTarget":36}`), "", `{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":36,"maxDelayTarget":36,"numRetries":100},"disableSubscriptionOverrides":false}}`},
		{standard, "DeliveryPolicy", retry(`{"numRetries":100,"minDelayTarget":36,"maxDelayTarget":37}`), ip + "DeliveryPolicy: http.defaultHealthyRetryPolicy: the delays must be less than or equal to 3600 seconds in total", ""},
		{standard, "DeliveryPolicy", `{"http":{"defaultThrottlePolicy":{"maxReceivesPerSecond":0}}}`, ip + "DeliveryPolicy: http.defaultThrottlePolicy.maxReceivesPerSecond must be greater than or equal to 1", ""},
		{standard, "DeliveryPolicy", `{"http":{"defaultRequestPolicy":{"headerContentType":"image/png"}}}`, ip + "DeliveryPolicy: http.defaultRequestPolicy.headerContentType: Invalid value [image/png]", ""},
		{standard, "DeliveryPolicy", `{"http":{"defaultRequestPolicy":{"headerContentType":"application/json; charset=UTF-8"}}}`, "", `{"http":{"disableSubscriptionOverrides":false,"defaultRequestPolicy":{"headerContentType":"application/json; charset=UTF-8"}}}`},
		{standard, "DeliveryPolicy", `{"throttlePolicy":null}`, ip + "DeliveryPolicy: Unexpected JSON member: throttlePolicy", ""},
		{standard, "DeliveryPolicy", `{"http":1}`, ip + "DeliveryPolicy: failed to parse JSON.", ""},
		{standard, "DeliveryPolicy", `x`, ip + "DeliveryPolicy: failed to parse JSON.", ""},
		{standard, "DeliveryPolicy", "", "", "-"},
		{standard, "FifoTopic", "false", ip + "AttributeName", ""},
		{standard, "TopicArn", "x", ip + "AttributeName", ""},
		{standard, "DataProtectionPolicy", "{}", ip + "AttributeName", ""},
		{standard, "ContentBasedDeduplication", "false", "", "-"},
		{standard, "ContentBasedDeduplication", "true", ip + "ContentBasedDeduplication can only be set for FIFO topics", ""},
		{standard, "FifoThroughputScope", "Topic", ip + "FifoThroughputScope can only be set for FIFO topics", ""},
		{standard, "ArchivePolicy", `{"MessageRetentionPeriod":"30"}`, ip + "ArchivePolicy can only be set for FIFO topics", ""},
		{fifo, "ContentBasedDeduplication", "True", "", "true"},
		{fifo, "ContentBasedDeduplication", "1", ip + "ContentBasedDeduplication: Invalid value [1]. Must be true or false.", ""},
		{fifo, "FifoThroughputScope", "MessageGroup", "", ""},
		{fifo, "FifoThroughputScope", "World", ip + "FifoThroughputScope: Invalid value [World]. Must be Topic or MessageGroup.", ""},
		{fifo, "ArchivePolicy", `{"MessageRetentionPeriod":"365"}`, "", `{"MessageRetentionPeriod":365}`},
		{fifo, "ArchivePolicy", `{"MessageRetentionPeriod":1}`, "", ""},
		{fifo, "ArchivePolicy", `{"MessageRetentionPeriod":0}`, ip + "ArchivePolicy: MessageRetentionPeriod must be an integer between 1 and 365", ""},
		{fifo, "ArchivePolicy", `{"MessageRetentionPeriod":366}`, ip + "ArchivePolicy: MessageRetentionPeriod must be an integer between 1 and 365", ""},
		{fifo, "ArchivePolicy", `{"MessageRetentionPeriod":1.5}`, ip + "ArchivePolicy: MessageRetentionPeriod must be an integer between 1 and 365", ""},
		{fifo, "ArchivePolicy", `{"Days":1}`, ip + "ArchivePolicy: Unexpected JSON member: Days", ""},
		{fifo, "ArchivePolicy", `{"MessageRetentionPeriod":"x"}`, ip + "ArchivePolicy: failed to parse JSON.", ""},
		{fifo, "ArchivePolicy", `{}`, "", "-"},
	} {
		t.Run(row.name+"="+row.value, func(t *testing.T) {
			before := attributesOf(t, row.topic)
			err := row.topic.SetAttribute(row.name, row.value)
			if row.fault != "" {
				requireFault(t, err, sns.ErrInvalidParameter, row.fault)
				require.Equal(t, before, attributesOf(t, row.topic), "a refused change changes nothing")
				return
			}
			require.NoError(t, err)
			switch shown, ok := attributesOf(t, row.topic)[row.name]; {
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

// TestTopicDeliveryPolicyFromSetToUnset is a recording.
func TestTopicDeliveryPolicyFromSetToUnset(t *testing.T) {
	s := newService(t, sns.ServiceConfig{})
	topic, err := s.CreateTopicWithAttributes("t.fifo", map[string]string{
		"FifoTopic": "true", "DeliveryPolicy": `{"http": {"defaultRequestPolicy": {"headerContentType": "application/json"}}}`,
	}, nil)
	require.NoError(t, err)
	shows := func(policy, effective string) {
		t.Helper()
		attributes := attributesOf(t, topic)
		require.Equal(t, policy, attributes["DeliveryPolicy"])
		require.Equal(t, effective, attributes["EffectiveDeliveryPolicy"])
	}
	shows(`{"http":{"disableSubscriptionOverrides":false,"defaultRequestPolicy":{"headerContentType":"application/json"}}}`,
		strings.Replace(defaultEffective, "text/plain; charset=UTF-8", "application/json", 1))
	require.NoError(t, topic.SetAttribute("DeliveryPolicy", `{"http": {"defaultHealthyRetryPolicy": {"minDelayTarget": 5, "maxDelayTarget": 6, "numRetries": 1}}}`))
	shows(`{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":5,"maxDelayTarget":6,"numRetries":1},"disableSubscriptionOverrides":false}}`,
		strings.NewReplacer(`minDelayTarget":20`, `minDelayTarget":5`, `maxDelayTarget":20`, `maxDelayTarget":6`, `numRetries":3`, `numRetries":1`).Replace(defaultEffective))
	require.NoError(t, topic.SetAttribute("DeliveryPolicy", `{"http": {"defaultHealthyRetryPolicy": null}}`))
	shows(`{"http":{"disableSubscriptionOverrides":false}}`, defaultEffective)
	require.NoError(t, topic.SetAttribute("DeliveryPolicy", ""))
	shows("", defaultEffective)
	full := `{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":10,"maxDelayTarget":20,"numRetries":3,"numMaxDelayRetries":1,"numNoDelayRetries":1,` +
		`"numMinDelayRetries":1,"backoffFunction":"linear"},"disableSubscriptionOverrides":true,"defaultThrottlePolicy":{"maxReceivesPerSecond":7},` +
		`"defaultRequestPolicy":{"headerContentType":"application/json"}}}`
	require.NoError(t, topic.SetAttribute("DeliveryPolicy", full))
	shows(full, full)
}

func TestArchiveShowsWhereItBegins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // a bubble's clock starts at midnight, 2000-01-01 UTC
		topic, _ := newTopic(t, sns.Config{FIFO: true})
		require.NotContains(t, attributesOf(t, topic), "BeginningArchiveTime")
		time.Sleep(time.Hour)
		require.NoError(t, topic.SetAttribute("ArchivePolicy", `{"MessageRetentionPeriod":"2"}`))
		time.Sleep(time.Hour)
		require.Equal(t, "2000-01-01T01:00:00.000Z", attributesOf(t, topic)["BeginningArchiveTime"])
		time.Sleep(72 * time.Hour)
		require.Equal(t, "2000-01-02T02:00:00.000Z", attributesOf(t, topic)["BeginningArchiveTime"])
	})
}

func TestCreateTopicWithBadAttributes(t *testing.T) {
	s := newService(t, sns.ServiceConfig{})
	const at = ip + "Attributes Reason: "
	for _, row := range []struct{ name, value, fault string }{
		{"Flavour", "x", at + "Unknown attribute Flavour"},
		{"TopicArn", "x", at + "Unknown attribute TopicArn"},
		{"FifoTopic", "maybe", at + "FifoTopic: Invalid value [maybe]. Must be true or false."},
		{"Policy", `{"Statement":[{"Action":"SNS:Publishx"}]}`, at + "Policy statement action out of service scope!"},
		{"DeliveryPolicy", `{"http":{"defaultHealthyRetryPolicy":{"numRetries":300}}}`, at + "DeliveryPolicy: http.defaultHealthyRetryPolicy.numRetries must be less than or equal to 100"},
		{"SQSSuccessFeedbackSampleRate", "500", at + "SQSSuccessFeedbackSampleRate: 500 value provided is not an integer between 0-100"},
		{"DataProtectionPolicy", "x", ip + "DataProtectionPolicy Reason: Policy must be a JSON object"},
		{"ContentBasedDeduplication", "true", at + "ContentBasedDeduplication can only be set for FIFO topics"},
	} {
		_, err := s.CreateTopicWithAttributes("t", map[string]string{row.name: row.value}, nil)
		requireFault(t, err, sns.ErrInvalidParameter, row.fault)
	}
	topics, _, err := s.ListTopics("")
	require.NoError(t, err)
	require.Empty(t, topics)
}

func TestCreateTopicAgain(t *testing.T) {
	s := newService(t, sns.ServiceConfig{})
	first, err := s.CreateTopicWithAttributes("t", map[string]string{
		"DisplayName": "one", "HTTPSuccessFeedbackSampleRate": "5",
		"DeliveryPolicy": `{"http":{"defaultHealthyRetryPolicy":{"numRetries":5}}}`,
	}, nil)
	require.NoError(t, err)
	for _, row := range []struct {
		name, value string
		same        bool
	}{
		{"DisplayName", "one", true},
		{"DisplayName", "two", false},
		{"SignatureVersion", "1", true},
		{"SignatureVersion", "2", false},
		{"TracingConfig", "PassThrough", true},
		{"MaximumMessageSize", "262144", true},
		{"MaximumMessageSize", "262145", false},
		{"FifoTopic", "false", true},
		{"ContentBasedDeduplication", "false", true},
		{"HTTPSuccessFeedbackSampleRate", "5", true},
		{"HTTPSuccessFeedbackSampleRate", "6", false},
		{"DeliveryPolicy", ` { "http": {"defaultHealthyRetryPolicy": {"numRetries": 5}}}`, true},
		{"DeliveryPolicy", `{"http":{"defaultHealthyRetryPolicy":{"numRetries":6}}}`, false},
		{"KmsMasterKeyId", "key", false},
	} {
		again, err := s.CreateTopicWithAttributes("t", map[string]string{row.name: row.value}, nil)
		if row.same {
			require.NoError(t, err)
			require.Same(t, first, again)
		} else {
			requireFault(t, err, sns.ErrInvalidParameter, ip+"Attributes Reason: Topic already exists with different attributes")
		}
	}
	fifo := map[string]string{"FifoTopic": "true", "ContentBasedDeduplication": "true", "FifoThroughputScope": "Topic"}
	_, err = s.CreateTopicWithAttributes("t.fifo", fifo, nil)
	require.NoError(t, err)
	_, err = s.CreateTopicWithAttributes("t.fifo", fifo, nil)
	require.NoError(t, err)
}

func TestEveryFaultOfAConfigIsReported(t *testing.T) {
	_, err := sns.New("t", sns.Config{
		SignatureVersion: "3", TracingConfig: "x", Policy: "x", DataProtectionPolicy: strings.Repeat("x", 30_721),
		DisplayName: strings.Repeat("x", 101), Feedback: map[string]string{"Colour": "x"}, MaxFilterPolicies: -1,
		FIFOThroughputScope: "x", ContentBasedDeduplication: true, ArchivePolicy: &sns.ArchivePolicy{},
		DeliveryPolicy: &sns.TopicDeliveryPolicy{DeliveryPolicy: sns.DeliveryPolicy{
			MaxReceivesPerSecond: -1, HeaderContentType: "x",
			HealthyRetryPolicy: &sns.RetryPolicy{NumRetries: new(-1), MinDelayTarget: time.Millisecond},
		}},
	})
	require.ErrorIs(t, err, sns.ErrInvalidParameter)
	for _, text := range []string{
		"SignatureVersion:", "TracingConfig:", "Policy Error", "DataProtectionPolicy Reason: Length", "DisplayName:", "Unknown attribute Colour",
		"MaxFilterPolicies", "FifoThroughputScope can", "ContentBasedDeduplication can", "ArchivePolicy can", "maxReceivesPerSecond must",
		"headerContentType:", "numRetries must", "minDelayTarget must be whole seconds",
	} {
		require.ErrorContains(t, err, text)
	}
	_, err = sns.New("t.fifo", sns.Config{FIFO: true, ArchivePolicy: &sns.ArchivePolicy{MessageRetentionPeriod: 36 * time.Hour}})
	requireFault(t, err, sns.ErrInvalidParameter, ip+"Attributes Reason: ArchivePolicy: MessageRetentionPeriod must be an integer between 1 and 365")
}

func TestAttributesOfADeletedTopic(t *testing.T) {
	s := newService(t, sns.ServiceConfig{})
	topic := createTopic(t, s, "t", sns.Config{})
	require.NoError(t, s.DeleteTopic(topic.ARN()))
	_, err := topic.Attributes()
	requireFault(t, err, sns.ErrNotFound, "Topic does not exist")
	requireFault(t, topic.SetAttribute("DisplayName", "x"), sns.ErrNotFound, "Topic does not exist")
}
