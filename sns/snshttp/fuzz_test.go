package snshttp_test

import (
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// FuzzHandler throws arbitrary bytes at the handler. Whatever comes, it answers, does
// not blame itself, and its answer can be read to the end.
func FuzzHandler(f *testing.F) {
	const topic = "TopicArn=" + eventsARN + "&ResourceArn=" + eventsARN
	for _, action := range []string{
		"CreateTopic", "Publish", "Subscribe", "SetTopicAttributes", "TagResource", "UntagResource", "AddPermission", "ListSubscriptionsByTopic",
		"ConfirmSubscription", "CreatePlatformApplication", "SetSMSAttributes", "CreateSMSSandboxPhoneNumber", "Fly",
	} {
		f.Add(action, topic+"&Name=a&Message=b&Token=c&Protocol=sqs&Endpoint="+queueARN+"&AttributeName=DisplayName&AttributeValue=%00&PhoneNumber=%2B15551234567")
	}
	f.Add("PublishBatch", topic+"&PublishBatchRequestEntries.member.1.Id=a&PublishBatchRequestEntries.member.1.Message=b&PublishBatchRequestEntries.member.1.MessageAttributes.entry.1.Name=n&PublishBatchRequestEntries.member.1.MessageAttributes.entry.1.Value.DataType=Binary&PublishBatchRequestEntries.member.1.MessageAttributes.entry.1.Value.BinaryValue=AA==")
	f.Add("Publish", "TargetArn=arn:aws:sns:us-east-1:000000000000:endpoint/a/b/c&Message=%ff&Subject=%0a")
	f.Add("Publish", "PhoneNumber=%2B15551234567&Message=a&MessageStructure=json")
	f.Add("Subscribe", topic+"&Protocol=http&Endpoint=http://a/&Attributes.entry.1.key=FilterPolicy&Attributes.entry.1.value=%7B%22a%22:%5B1%5D%7D")
	f.Add("CreateTopic", "Name=b.fifo&Attributes.entry.1.key=FifoTopic&Attributes.entry.1.value=true&Tags.member.1.Key=%ff&DataProtectionPolicy=%7B%7D")
	f.Add("SetSubscriptionAttributes", "SubscriptionArn="+eventsARN+":"+gone+"&AttributeName=DeliveryPolicy&AttributeValue=%7B%7D")
	f.Add("ListSMSSandboxPhoneNumbers", "MaxResults=5&NextToken=x")
	f.Fuzz(func(t *testing.T, action, params string) {
		// In a bubble, for deliveries that fail are repeated for days.
		synctest.Test(t, func(t *testing.T) { throw(t, action, params) })
	})
}

func throw(t *testing.T, action, params string) {
	handler, _, _ := newHandler(t)
	r := httptest.NewRequest(http.MethodPost, host+"/", strings.NewReader("Action="+action+"&"+params))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	a := serve(t, handler, r)
	require.Less(t, a.status, 500, a.body)
	requireXML(t, a.body)
	if a.status != http.StatusOK {
		p := problemOf(t, a)
		require.Equal(t, "Sender", p.fault)
		require.NotEmpty(t, p.code)
	}
}

func requireXML(t *testing.T, body string) {
	t.Helper()
	for d := xml.NewDecoder(strings.NewReader(body)); ; {
		_, err := d.Token()
		if err == io.EOF {
			return
		}
		require.NoError(t, err, body)
	}
}
