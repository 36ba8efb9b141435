package sns

import (
	"encoding/json"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	linkToAWS       = "https://sns.us-east-1.amazonaws.com"
	ordersARN       = "arn:aws:sns:us-east-1:000000000000:orders"
	unsubscribeLink = linkToAWS + "/?Action=Unsubscribe&SubscriptionArn=" + ordersARN + ":c9135db0-26c4-47ec-8998-413945fb5a96"
)

// The expected documents have {cert} for the path of the certificate.
func TestEnvelopeIsWrittenAsAWSWritesIt(t *testing.T) {
	for name, c := range map[string]struct {
		service ServiceConfig
		name    string // of the topic; empty means orders
		topic   Config
		message *message
		change  func(n *Notification)
		want    string
	}{
		"the least": {
			message: &message{content: content{text: "Hello world!"}},
			want: `{
  "Type" : "Notification",
  "MessageId" : "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
  "TopicArn" : "` + ordersARN + `",
  "Message" : "Hello world!",
  "Timestamp" : "2012-05-02T00:54:06.655Z",
  "SignatureVersion" : "1",
  "Signature" : "",
  "SigningCertURL" : "` + linkToAWS + `{cert}",
  "UnsubscribeURL" : "` + unsubscribeLink + `"
}`,
		},
		"everything": {
			topic: Config{SignatureVersion: "2"},
			message: &message{content: content{
				text: "<a href=\"x\">größer & \\ kleiner</a>\n\t\x7f\u2028 💧", subject: `My "First" Message`,
				attributes: map[string]Attribute{
					"store":  {DataType: "String", Value: "übung \"1\""},
					"amount": {DataType: "Number.java.lang.Long", Value: "12"},
					"blob":   {DataType: "Binary", Value: "\x00\xff\x10"},
					"list":   {DataType: "String.Array", Value: `["a",1]`},
				},
			}},
			change: func(n *Notification) { n.Replayed = true },
			want: `{
  "Type" : "Notification",
  "MessageId" : "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
  "TopicArn" : "` + ordersARN + `",
  "Subject" : "My \"First\" Message",
  "Message" : "<a href=\"x\">größer & \\ kleiner</a>\n\t` + "\x7f\u2028" + ` 💧",
  "Timestamp" : "2012-05-02T00:54:06.655Z",
  "SignatureVersion" : "2",
  "Signature" : "",
  "SigningCertURL" : "` + linkToAWS + `{cert}",
  "UnsubscribeURL" : "` + unsubscribeLink + `",
  "MessageAttributes" : {
    "amount" : {"Type":"Number.java.lang.Long","Value":"12"},
    "blob" : {"Type":"Binary","Value":"AP8Q"},
    "list" : {"Type":"String.Array","Value":"[\"a\",1]"},
    "store" : {"Type":"String","Value":"übung \"1\""}
  },
  "Replayed" : true
}`,
		},
		"FIFO topics sign nothing": {
			service: ServiceConfig{SignQueueMessages: true},
			name:    "orders.fifo",
			topic:   Config{FIFO: true},
			message: &message{content: content{text: "body", subject: "subject", sequence: "10000000000000020000"}},
			want: `{
  "Type" : "Notification",
  "MessageId" : "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
  "SequenceNumber" : "10000000000000020000",
  "TopicArn" : "` + ordersARN + `.fifo",
  "Subject" : "subject",
  "Message" : "body",
  "Timestamp" : "2012-05-02T00:54:06.655Z",
  "UnsubscribeURL" : "` + linkToAWS + `/?Action=Unsubscribe&SubscriptionArn=` + ordersARN + `.fifo:c9135db0-26c4-47ec-8998-413945fb5a96"
}`,
		},
		"links to a front end": {
			service: ServiceConfig{BaseURL: "http://localhost:4566/"},
			message: &message{content: content{text: "x"}},
			want: `{
  "Type" : "Notification",
  "MessageId" : "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
  "TopicArn" : "` + ordersARN + `",
  "Message" : "x",
  "Timestamp" : "2012-05-02T00:54:06.655Z",
  "SignatureVersion" : "1",
  "Signature" : "",
  "SigningCertURL" : "http://localhost:4566{cert}",
  "UnsubscribeURL" : "http://localhost:4566/?Action=Unsubscribe&SubscriptionArn=` + ordersARN + `:c9135db0-26c4-47ec-8998-413945fb5a96"
}`,
		},
		"of a user's own": {
			change: func(n *Notification) {
				*n = Notification{Message: "x", TopicARN: "arn:aws-cn:sns:cn-north-1:123456789012:t", SubscriptionARN: "a&b=\"c\""}
			},
			want: `{
  "Type" : "Notification",
  "MessageId" : "",
  "TopicArn" : "arn:aws-cn:sns:cn-north-1:123456789012:t",
  "Message" : "x",
  "Timestamp" : "0001-01-01T00:00:00.000Z",
  "SignatureVersion" : "1",
  "Signature" : "",
  "SigningCertURL" : "https://sns.cn-north-1.amazonaws.com.cn/SimpleNotificationService.pem",
  "UnsubscribeURL" : "https://sns.cn-north-1.amazonaws.com.cn/?Action=Unsubscribe&SubscriptionArn=a%26b%3D%22c%22"
}`,
		},
		"to confirm, of a user's own": {
			change: func(n *Notification) {
				*n = Notification{Type: TypeSubscriptionConfirmation, MessageID: "id", TopicARN: "t", Token: "2336 412f37"}
			},
			want: `{
  "Type" : "SubscriptionConfirmation",
  "MessageId" : "id",
  "Token" : "2336 412f37",
  "TopicArn" : "t",
  "Message" : "You have chosen to subscribe to the topic t.\nTo confirm the subscription, visit the SubscribeURL included in this message.",
  "SubscribeURL" : "` + linkToAWS + `/?Action=ConfirmSubscription&TopicArn=t&Token=2336+412f37",
  "Timestamp" : "0001-01-01T00:00:00.000Z",
  "SignatureVersion" : "1",
  "Signature" : "",
  "SigningCertURL" : "` + linkToAWS + `/SimpleNotificationService.pem"
}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if c.name == "" {
				c.name = "orders"
			}
			if c.message == nil {
				c.message = &message{}
			}
			n := published(endpointTopic(t, c.service, c.name, c.topic), c.message)
			if c.change != nil {
				c.change(&n)
			}
			got, err := n.Envelope()
			require.NoError(t, err)
			require.Equal(t, strings.ReplaceAll(c.want, "{cert}", testKey().CertificatePath()), got)
			require.True(t, json.Valid([]byte(got)))
		})
	}
}

func TestEnvelopeAboutASubscription(t *testing.T) {
	topic := endpointTopic(t, ServiceConfig{}, "orders", Config{})
	for kind, text := range map[NotificationType]string{
		TypeSubscriptionConfirmation: "You have chosen to subscribe to the topic " + ordersARN +
			".\nTo confirm the subscription, visit the SubscribeURL included in this message.",
		TypeUnsubscribeConfirmation: "You have chosen to deactivate subscription " + ordersARN +
			":c9135db0-26c4-47ec-8998-413945fb5a96.\nTo cancel this operation and restore the subscription, visit the SubscribeURL included in this message.",
	} {
		n := published(topic, &message{})
		n.Type, n.Token = kind, "2336412f37"
		text2, err := n.Envelope()
		require.NoError(t, err)
		var d document
		require.NoError(t, json.Unmarshal([]byte(text2), &d))
		require.NotEmpty(t, d.Signature, "it is always signed")
		d.Signature = ""
		require.Equal(t, document{
			Type: kind, MessageID: n.MessageID, Token: "2336412f37", TopicARN: ordersARN, Message: text,
			SubscribeURL:     linkToAWS + "/?Action=ConfirmSubscription&TopicArn=" + ordersARN + "&Token=2336412f37",
			Timestamp:        "2012-05-02T00:54:06.655Z",
			SignatureVersion: "1", SigningCertURL: linkToAWS + testKey().CertificatePath(),
		}, d)
	}
}

func TestEnvelopeOfAnUnknownType(t *testing.T) {
	_, err := (&Notification{Type: "Postcard"}).Envelope()
	require.ErrorIs(t, err, ErrInvalidParameter)
}

func TestEnvelopeHasASignatureWhereItIsAskedFor(t *testing.T) {
	signature := func(n Notification) string {
		text, err := n.Envelope()
		require.NoError(t, err)
		var d document
		require.NoError(t, json.Unmarshal([]byte(text), &d))
		return d.Signature
	}
	require.Empty(t, signature(published(endpointTopic(t, ServiceConfig{}, "a", Config{}), &message{content: content{text: "x"}})))
	require.Len(t, signature(published(endpointTopic(t, ServiceConfig{SignQueueMessages: true}, "a", Config{}), &message{content: content{text: "x"}})), 344)
}

// What the subscriptions of a message have in common is computed once, and what an
// endpoint of the user's own has changed counts.
func TestEnvelopesShareTheirParts(t *testing.T) {
	topic := endpointTopic(t, ServiceConfig{}, "orders", Config{})
	m := &message{content: content{text: "one", subject: "s", attributes: map[string]Attribute{"a": {DataType: "String", Value: "1"}}}}
	base := published(topic, m)
	text := func(change func(n *Notification)) (string, int) {
		n := base
		change(&n)
		got, err := n.envelope(false)
		require.NoError(t, err)
		alone := n
		alone.shared = nil
		want, err := alone.envelope(false)
		require.NoError(t, err)
		require.Equal(t, want, got)
		seals := 0
		for s := m.sealed.seals.Load(); s != nil; s = s.next {
			seals++
		}
		return got, seals
	}
	_, seals := text(func(*Notification) {})
	require.Equal(t, 1, seals)
	_, seals = text(func(n *Notification) { n.SubscriptionARN = "other" })
	require.Equal(t, 1, seals)
	_, seals = text(func(n *Notification) { n.Message = "two" })
	require.Equal(t, 2, seals)
	_, seals = text(func(n *Notification) { n.Subject = "t" })
	require.Equal(t, 3, seals)
	_, seals = text(func(n *Notification) { n.Replayed = true })
	require.Equal(t, 4, seals)
	got, seals := text(func(n *Notification) { n.Attributes = map[string]Attribute{"b": {DataType: "String", Value: "2"}} })
	require.Equal(t, 4, seals, "attributes of another's making are not remembered")
	require.Contains(t, got, `"b" : {"Type":"String","Value":"2"}`)
	for i := range 100 {
		_, seals = text(func(n *Notification) { n.Message = strconv.Itoa(i) })
	}
	require.Equal(t, maxSeals, seals, "an endpoint that makes a new text each time can not fill the memory")
}

func TestEnvelopesConcurrently(t *testing.T) {
	topic := endpointTopic(t, ServiceConfig{SignQueueMessages: true}, "orders", Config{})
	n := published(topic, &message{content: content{text: "one"}})
	var endpoints sync.WaitGroup
	for i := range 16 {
		endpoints.Go(func() {
			n := n
			n.SubscriptionARN = strconv.Itoa(i)
			text, err := n.Envelope()
			if err != nil || !strings.HasSuffix(text, "SubscriptionArn="+n.SubscriptionARN+"\"\n}") {
				t.Error(text, err)
			}
		})
	}
	endpoints.Wait()
	require.Nil(t, n.shared.sealed.seals.Load().next, "it was signed once")
}

func TestAnEnvelopeMoreIsOneAllocation(t *testing.T) {
	n := published(endpointTopic(t, ServiceConfig{SignQueueMessages: true}, "orders", Config{}), &message{content: content{text: "one"}})
	allocations := testing.AllocsPerRun(100, func() { _, _ = n.Envelope() })
	require.LessOrEqual(t, allocations, 1.0)
}

func FuzzEnvelope(f *testing.F) {
	f.Add("Hello", "subject", "name", "value", "token", false)
	f.Add("\xff\xfe\ud7ff", "\x00", "\"", "\\", "&", true)
	f.Fuzz(func(t *testing.T, text, subject, name, value, token string, replayed bool) {
		n := Notification{
			Message: text, Subject: subject, TopicARN: name, MessageID: value, SubscriptionARN: token, Token: token, Replayed: replayed,
			Attributes: map[string]Attribute{name: {DataType: "String", Value: value}},
		}
		envelope, err := n.Envelope()
		require.NoError(t, err)
		var d received
		require.NoError(t, json.Unmarshal([]byte(envelope), &d), envelope)
		require.Equal(t, valid(text), d.Message)
		require.Equal(t, valid(subject), d.Subject)
		require.Equal(t, valid(name), d.TopicARN)
		require.Equal(t, valid(value), d.MessageAttributes[valid(name)].Value)

		n.Type = TypeSubscriptionConfirmation
		envelope, err = n.Envelope()
		require.NoError(t, err)
		d = received{}
		require.NoError(t, json.Unmarshal([]byte(envelope), &d), envelope)
		require.Equal(t, valid(token), d.Token)
	})
}

// BenchmarkEnvelope is a message's envelopes for a hundred queues, per envelope. To
// copy its bytes into a new string is the least that it can cost.
func BenchmarkEnvelope(b *testing.B) {
	const queues = 100
	body := strings.Repeat("0123456789abcdef", 16)
	for name, signed := range map[string]bool{"unsigned": false, "signed": true} {
		b.Run(name, func(b *testing.B) {
			topic := endpointTopic(b, ServiceConfig{SignQueueMessages: signed}, "orders", Config{})
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				n := published(topic, &message{content: content{text: body}})
				for range queues {
					if _, err := n.Envelope(); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/queues, "ns/envelope")
		})
	}
	b.Run("baseline copy", func(b *testing.B) {
		n := published(endpointTopic(b, ServiceConfig{}, "orders", Config{}), &message{content: content{text: body}})
		text, err := n.Envelope()
		require.NoError(b, err)
		b.ReportAllocs()
		for b.Loop() {
			for range queues {
				_ = strings.Clone(text)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/queues, "ns/envelope")
	})
}
