package sqs_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sqs"
)

func TestAttributesOfANewQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // a bubble's clock starts at midnight, 2000-01-01 UTC
		s := newService(t, sqs.ServiceConfig{})
		standard := map[string]string{
			"QueueArn":                              "arn:aws:sqs:us-east-1:000000000000:q",
			"CreatedTimestamp":                      "946684800",
			"LastModifiedTimestamp":                 "946684800",
			"ApproximateNumberOfMessages":           "0",
			"ApproximateNumberOfMessagesNotVisible": "0",
			"ApproximateNumberOfMessagesDelayed":    "0",
			"DelaySeconds":                          "0",
			"MaximumMessageSize":                    "1048576",
			"MessageRetentionPeriod":                "345600",
			"ReceiveMessageWaitTimeSeconds":         "0",
			"VisibilityTimeout":                     "30",
			"SqsManagedSseEnabled":                  "true",
		}
		require.Equal(t, standard, create(t, s, "q", sqs.Config{}).Attributes())
		fifo := create(t, s, "q.fifo", sqs.Config{FIFO: true}).Attributes()
		standard["QueueArn"] += ".fifo"
		standard["FifoQueue"] = "true"
		standard["ContentBasedDeduplication"] = "false"
		standard["DeduplicationScope"] = "queue"
		standard["FifoThroughputLimit"] = "perQueue"
		require.Equal(t, standard, fifo)
	})
}

func TestSetAttributesOneByOne(t *testing.T) {
	s := newService(t, sqs.ServiceConfig{})
	dead, deadFIFO := create(t, s, "dead", sqs.Config{}), create(t, s, "dead.fifo", sqs.Config{FIFO: true})
	closed := create(t, s, "closed", sqs.Config{RedriveAllowPolicy: &sqs.RedriveAllowPolicy{Permission: sqs.RedriveDenyAll}})
	picky := create(t, s, "picky", sqs.Config{RedriveAllowPolicy: &sqs.RedriveAllowPolicy{
		Permission: sqs.RedriveByQueue, SourceQueueARNs: []string{"arn:aws:sqs:us-east-1:000000000000:q"},
	}})
	redrive := func(target *sqs.LocalQueue, count string) string {
		return `{"deadLetterTargetArn":"` + target.ARN() + `","maxReceiveCount":` + count + `}`
	}
	q, r, fifo := create(t, s, "q", sqs.Config{}), create(t, s, "r", sqs.Config{}), create(t, s, "q.fifo", sqs.Config{FIFO: true})
	for _, row := range []struct {
		q           *sqs.LocalQueue
		name, value string
		sentinel    error  // nil: accepted
		text        string // of the error; or the value that is returned, if another
	}{
		{q, "VisibilityTimeout", "0", nil, ""},
		{q, "VisibilityTimeout", "43200", nil, ""},
		{q, "VisibilityTimeout", "43201", sqs.ErrInvalidAttributeValue, "Invalid value for the parameter VisibilityTimeout."},
		{q, "VisibilityTimeout", "-1", sqs.ErrInvalidAttributeValue, ""},
		{q, "VisibilityTimeout", "x", sqs.ErrInvalidAttributeValue, ""},
		{q, "VisibilityTimeout", "", sqs.ErrInvalidAttributeValue, ""},
		{q, "DelaySeconds", "900", nil, ""},
		{q, "DelaySeconds", "901", sqs.ErrInvalidAttributeValue, "Invalid value for the parameter DelaySeconds."},
		{q, "MessageRetentionPeriod", "60", nil, ""},
		{q, "MessageRetentionPeriod", "59", sqs.ErrInvalidAttributeValue, ""},
		{q, "MessageRetentionPeriod", "0", sqs.ErrInvalidAttributeValue, ""},
		{q, "MessageRetentionPeriod", "1209600", nil, ""},
		{q, "MessageRetentionPeriod", "1209601", sqs.ErrInvalidAttributeValue, ""},
		{q, "ReceiveMessageWaitTimeSeconds", "20", nil, ""},
		{q, "ReceiveMessageWaitTimeSeconds", "21", sqs.ErrInvalidAttributeValue, ""},
		{q, "MaximumMessageSize", "1024", nil, ""},
		{q, "MaximumMessageSize", "1023", sqs.ErrInvalidAttributeValue, ""},
		{q, "MaximumMessageSize", "1048576", nil, ""},
		{q, "MaximumMessageSize", "1048577", sqs.ErrInvalidAttributeValue, ""},
		{q, "KmsMasterKeyId", "alias/aws/sqs", nil, ""},
		{q, "KmsDataKeyReusePeriodSeconds", "60", nil, ""},
		{q, "KmsDataKeyReusePeriodSeconds", "59", sqs.ErrInvalidAttributeValue, ""},
		{q, "KmsDataKeyReusePeriodSeconds", "86401", sqs.ErrInvalidAttributeValue, ""},
		{q, "SqsManagedSseEnabled", "false", nil, ""},
		{q, "SqsManagedSseEnabled", "maybe", sqs.ErrInvalidAttributeValue, ""},
		{q, "Policy", `{"Version":"2012-10-17"}`, nil, ""},
		{q, "Policy", "x", sqs.ErrInvalidAttributeValue, "Invalid value for the parameter Policy."},
		{q, "Policy", "", nil, ""},
		{q, "RedrivePolicy", redrive(dead, "3"), nil, ""},
		{q, "RedrivePolicy", redrive(dead, `"1000"`), nil, redrive(dead, "1000")},
		{q, "RedrivePolicy", redrive(dead, "0"), sqs.ErrInvalidParameterValue, "Invalid value for maxReceiveCount: 0, valid values are from 1 to 1000 both inclusive."},
		{q, "RedrivePolicy", redrive(dead, "1001"), sqs.ErrInvalidParameterValue, "maxReceiveCount: 1001"},
		{q, "RedrivePolicy", redrive(dead, "1.5"), sqs.ErrInvalidParameterValue, "maxReceiveCount"},
		{q, "RedrivePolicy", `{"deadLetterTargetArn":"` + dead.ARN() + `"}`, sqs.ErrInvalidParameterValue, "does not contain mandatory attribute: maxReceiveCount."},
		{q, "RedrivePolicy", `{"maxReceiveCount":1}`, sqs.ErrInvalidParameterValue, "does not contain mandatory attribute: deadLetterTargetArn."},
		{q, "RedrivePolicy", `[]`, sqs.ErrInvalidParameterValue, "not a valid JSON map"},
		{q, "RedrivePolicy", `{"deadLetterTargetArn":"dead","maxReceiveCount":1}`, sqs.ErrInvalidParameterValue, "Invalid value for deadLetterTargetArn."},
		{q, "RedrivePolicy", redrive(q, "1"), nil, ""},
		{q, "RedrivePolicy", redrive(deadFIFO, "1"), sqs.ErrInvalidParameterValue, "must be same type of queue"},
		{q, "RedrivePolicy", redrive(closed, "1"), sqs.ErrInvalidParameterValue, "does not allow this source queue"},
		{q, "RedrivePolicy", redrive(picky, "1"), nil, ""},
		{r, "RedrivePolicy", redrive(picky, "1"), sqs.ErrInvalidParameterValue, "does not allow this source queue"},
		{q, "RedrivePolicy", `{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:none","maxReceiveCount":1}`, sqs.ErrInvalidParameterValue, "Dead letter target does not exist."},
		{q, "RedrivePolicy", `{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:000000000000:dead","maxReceiveCount":1}`, sqs.ErrInvalidParameterValue, "same account and region"},
		{q, "RedrivePolicy", "", nil, ""},
		{q, "RedriveAllowPolicy", `{"redrivePermission":"denyAll"}`, nil, ""},
		{q, "RedriveAllowPolicy", `{"redrivePermission":"byQueue"}`, sqs.ErrInvalidParameterValue, "RedriveAllowPolicy is invalid"},
		{q, "RedriveAllowPolicy", `{"redrivePermission":"byQueue","sourceQueueArns":["a"]}`, nil, ""},
		{q, "RedriveAllowPolicy", `{"redrivePermission":"byQueue","sourceQueueArns":["a` + strings.Repeat(`","a`, 10) + `"]}`, sqs.ErrInvalidParameterValue, ""},
		{q, "RedriveAllowPolicy", `{"redrivePermission":"some"}`, sqs.ErrInvalidParameterValue, ""},
		{q, "RedriveAllowPolicy", `x`, sqs.ErrInvalidParameterValue, ""},
		{q, "RedriveAllowPolicy", "", nil, ""},
		{q, "Unknown", "1", sqs.ErrInvalidAttributeName, "Unknown Attribute Unknown."},
		{q, "QueueArn", "1", sqs.ErrInvalidAttributeName, "Unknown Attribute QueueArn."},
		{q, "ContentBasedDeduplication", "false", sqs.ErrInvalidAttributeName, "Unknown Attribute ContentBasedDeduplication."},
		{q, "FifoQueue", "false", sqs.ErrInvalidAttributeName, "Unknown Attribute FifoQueue."},
		{q, "ContentBasedDeduplication", "true", sqs.ErrInvalidAttributeName, "Unknown Attribute ContentBasedDeduplication."},
		{q, "DeduplicationScope", "queue", sqs.ErrInvalidAttributeName, "You can specify the DeduplicationScope only when FifoQueue is set to true."},
		{q, "FifoThroughputLimit", "perQueue", sqs.ErrInvalidAttributeName, "You can specify the FifoThroughputLimit only when FifoQueue is set to true."},
		{q, "FifoQueue", "true", sqs.ErrInvalidAttributeName, "Unknown Attribute FifoQueue."},
		{fifo, "FifoQueue", "false", sqs.ErrInvalidAttributeValue, "Modifying queue type is not supported."},
		{fifo, "FifoQueue", "true", nil, ""},
		{fifo, "ContentBasedDeduplication", "true", nil, ""},
		{fifo, "ContentBasedDeduplication", "1", sqs.ErrInvalidAttributeValue, ""},
		{fifo, "FifoThroughputLimit", "perMessageGroupId", sqs.ErrInvalidAttributeValue, "allowed only when the value for DeduplicationScope is messageGroup"},
		{fifo, "DeduplicationScope", "messageGroup", nil, ""},
		{fifo, "FifoThroughputLimit", "perMessageGroupId", nil, ""},
		{fifo, "DeduplicationScope", "galaxy", sqs.ErrInvalidAttributeValue, ""},
		{fifo, "FifoThroughputLimit", "none", sqs.ErrInvalidAttributeValue, ""},
	} {
		t.Run(row.name+"="+row.value, func(t *testing.T) {
			before := row.q.Attributes()
			err := row.q.SetAttributes(map[string]string{row.name: row.value})
			if row.sentinel != nil {
				requireError(t, err, row.sentinel, row.text)
				require.Equal(t, before, row.q.Attributes(), "a refused change changes nothing")
				return
			}
			require.NoError(t, err)
			want := row.value
			if row.text != "" {
				want = row.text
			}
			require.Equal(t, want, row.q.Attributes()[row.name])
		})
	}
}

func TestEncryptionIsOfOneKind(t *testing.T) {
	q := create(t, newService(t, sqs.ServiceConfig{}), "q", sqs.Config{KMSMasterKeyID: "key"})
	require.Equal(t, "false", q.Attributes()["SqsManagedSseEnabled"])
	require.Equal(t, "300", q.Attributes()["KmsDataKeyReusePeriodSeconds"])
	require.NoError(t, q.SetAttributes(map[string]string{"KmsMasterKeyId": ""}))
	require.Equal(t, "false", q.Attributes()["SqsManagedSseEnabled"], "a key that is removed brings nothing back")
	require.NotContains(t, q.Attributes(), "KmsMasterKeyId")
	require.NoError(t, q.SetAttributes(map[string]string{"KmsMasterKeyId": "key"}))
	require.NoError(t, q.SetAttributes(map[string]string{"SqsManagedSseEnabled": "true"}))
	require.NotContains(t, q.Attributes(), "KmsMasterKeyId")
	err := q.SetAttributes(map[string]string{"KmsMasterKeyId": "key", "SqsManagedSseEnabled": "true"})
	requireError(t, err, sqs.ErrInvalidAttributeName, "You can use one type of server-side encryption (SSE) at one time.")
}

func TestCreateStandardQueueWithFIFOAttribute(t *testing.T) {
	s := newService(t, sqs.ServiceConfig{})
	for _, name := range []string{"FifoQueue", "ContentBasedDeduplication"} {
		_, err := s.CreateQueueWithAttributes("q", map[string]string{name: "false"}, nil)
		requireError(t, err, sqs.ErrInvalidAttributeName, "Unknown Attribute "+name+".")
	}
}

func TestAttributesTakeEffectAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, sqs.ServiceConfig{})
		fifo := create(t, s, "q.fifo", sqs.Config{FIFO: true, Delay: time.Minute})
		send(t, fifo, sqs.Entry{Body: "1", GroupID: "g", DeduplicationID: "1"})
		time.Sleep(time.Second)
		require.Empty(t, receive(t, fifo, sqs.ReceiveRequest{}))
		waiting := start(t, t.Context(), fifo, sqs.ReceiveRequest{Wait: new(time.Hour)})
		synctest.Wait()
		require.NoError(t, fifo.SetAttributes(map[string]string{"DelaySeconds": "5"}))
		begin := time.Now()
		messages, err := waiting()
		require.NoError(t, err)
		require.Len(t, messages, 1)
		require.Equal(t, 4*time.Second, time.Since(begin), "on a FIFO queue a new delay holds for messages already there")

		q := create(t, s, "q", sqs.Config{Delay: time.Minute})
		send(t, q, bodies("old")...)
		require.NoError(t, q.SetAttributes(map[string]string{"DelaySeconds": "0", "VisibilityTimeout": "7"}))
		send(t, q, bodies("new")...)
		require.Equal(t, []string{"new"}, textsOf(receive(t, q, sqs.ReceiveRequest{MaxMessages: 10})), "on a standard queue it does not")
		time.Sleep(7 * time.Second)
		require.Equal(t, []string{"new"}, textsOf(receive(t, q, sqs.ReceiveRequest{MaxMessages: 10})), "the new visibility timeout")

		time.Sleep(time.Hour)
		require.NoError(t, q.SetAttributes(map[string]string{"MessageRetentionPeriod": "60"}))
		require.Empty(t, q.Peek(10), "a shorter retention period drops old messages at once")
	})
}

func TestPermissions(t *testing.T) {
	q := create(t, newService(t, sqs.ServiceConfig{}), "q", sqs.Config{})
	require.NoError(t, q.AddPermission("one", []string{"111111111111"}, []string{"SendMessage"}))
	require.JSONEq(t, `{
		"Version": "2008-10-17",
		"Id": "arn:aws:sqs:us-east-1:000000000000:q/SQSDefaultPolicy",
		"Statement": [{
			"Sid": "one", "Effect": "Allow",
			"Principal": {"AWS": "arn:aws:iam::111111111111:root"},
			"Action": "SQS:SendMessage",
			"Resource": "arn:aws:sqs:us-east-1:000000000000:q"
		}]
	}`, q.Attributes()["Policy"])
	require.NoError(t, q.AddPermission("two", []string{"111111111111", "222222222222"}, []string{"ReceiveMessage", "*"}))
	for _, row := range []struct {
		label             string
		accounts, actions []string
		sentinel          error
		text              string
	}{
		{"one", []string{"111111111111"}, []string{"*"}, sqs.ErrInvalidParameterValue, "Value one for parameter Label is invalid. Reason: Already exists."},
		{"", []string{"111111111111"}, []string{"*"}, sqs.ErrMissingParameter, "Label"},
		{"a b", []string{"111111111111"}, []string{"*"}, sqs.ErrInvalidParameterValue, "Label"},
		{"x", nil, []string{"*"}, sqs.ErrMissingParameter, "AWSAccountIds"},
		{"x", []string{"111111111111"}, nil, sqs.ErrMissingParameter, "Actions"},
		{"x", []string{"1"}, []string{"*"}, sqs.ErrInvalidParameterValue, "PrincipalId"},
		{"x", []string{"111111111111"}, []string{""}, sqs.ErrInvalidParameterValue, "ActionName"},
	} {
		requireError(t, q.AddPermission(row.label, row.accounts, row.actions), row.sentinel, row.text)
	}
	single := create(t, newService(t, sqs.ServiceConfig{}), "single", sqs.Config{Policy: `{"Statement":{"Sid":"mine"}}`})
	require.NoError(t, single.AddPermission("one", []string{"111111111111"}, []string{"*"}))
	require.Contains(t, single.Attributes()["Policy"], `"mine"`, "a statement that is in no list is kept, too")
	require.NoError(t, single.RemovePermission("mine"))
	requireError(t, q.RemovePermission("x"), sqs.ErrInvalidParameterValue, "Value x for parameter Label is invalid. Reason: can't find label.")
	require.NoError(t, q.RemovePermission("one"))
	require.NotContains(t, q.Attributes()["Policy"], `"one"`)
	require.NoError(t, q.RemovePermission("two"))
	require.NotContains(t, q.Attributes(), "Policy")
}
