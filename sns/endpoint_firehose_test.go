package sns_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/firehose"
	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

const (
	clicksARN = "arn:aws:firehose:us-east-1:000000000000:deliverystream/clicks"
	roleARN   = "arn:aws:iam::000000000000:role/r"
)

// memory is a sink that keeps what it gets.
type memory struct {
	mu   sync.Mutex
	data bytes.Buffer // guarded by mu
	held chan struct{}
}

func (m *memory) Deliver(_ context.Context, d *firehose.Delivery) error {
	if m.held != nil {
		<-m.held
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	_, err := d.WriteTo(&m.data)
	return err
}

func (m *memory) String() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.data.String()
}

// archive returns a topic in a service that knows a delivery stream called clicks, and
// queues.
func archive(t testing.TB, cfg firehose.Config, topic sns.Config) (*sns.LocalTopic, *firehose.DeliveryStream, *sqs.Service) {
	streams, err := firehose.NewService(firehose.ServiceConfig{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = streams.Close() })
	s, err := streams.CreateDeliveryStream("clicks", cfg)
	require.NoError(t, err)
	queues, err := sqs.NewService(sqs.ServiceConfig{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = queues.Close() })
	service := newService(t, sns.ServiceConfig{DeliveryStreams: streams, Queues: queues})
	return createTopic(t, service, "topic"+fifoSuffix[topic.FIFO], topic), s, queues
}

// The lines are those of the SNS Developer Guide's "Formatting Amazon SNS notifications
// for storage in Amazon S3 destinations", but for what differs between two accounts.
func TestDeliveryStreamEndpoint(t *testing.T) {
	for name, sub := range map[string]func(s *firehose.DeliveryStream) sns.Subscription{
		"by its ARN": func(s *firehose.DeliveryStream) sns.Subscription {
			return sns.Subscription{Protocol: sns.ProtocolFirehose, Address: s.ARN(), SubscriptionRoleARN: roleARN}
		},
		"itself": func(s *firehose.DeliveryStream) sns.Subscription {
			return sns.Subscription{Endpoint: sns.DeliveryStreamEndpoint(s)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			var sink memory
			topic, stream, _ := archive(t, firehose.Config{Sink: &sink}, sns.Config{})
			subscription := subscribe(t, topic, sub(stream))
			require.Equal(t, sns.ProtocolFirehose, subscription.Config().Protocol)
			require.Equal(t, clicksARN, subscription.Config().Address)
			require.False(t, subscription.Pending())
			sent := publish(t, topic, sns.Entry{Message: "My 1st body", Subject: "My 1st subject", Attributes: map[string]sns.Attribute{
				"myKey2": sqs.StringAttribute("myValue2"), "myKey1": sqs.StringAttribute("myValue1"), "bytes": sqs.BinaryAttribute([]byte{0}),
			}})
			require.NoError(t, topic.Flush(t.Context()))
			publish(t, topic, sns.Entry{Message: "My 2nd \"body\"\n"})
			require.NoError(t, topic.Flush(t.Context()))
			require.NoError(t, stream.Flush(t.Context()))

			lines := strings.SplitAfter(sink.String(), "\n")
			require.Len(t, lines, 3)
			var first struct{ Timestamp string }
			require.NoError(t, json.Unmarshal([]byte(lines[0]), &first))
			require.Regexp(t, `^20[-0-9]{8}T[0-9:]{8}\.[0-9]{3}Z$`, first.Timestamp)
			require.Equal(t, `{"Type":"Notification","MessageId":"`+sent[0].MessageID+`","TopicArn":"arn:aws:sns:us-east-1:000000000000:topic",`+
				`"Subject":"My 1st subject","Message":"My 1st body","Timestamp":"`+first.Timestamp+`",`+
				`"UnsubscribeURL":"https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=`+string(subscription.ID())+`",`+
				`"MessageAttributes":{"bytes":{"Type":"Binary","Value":"AA=="},"myKey1":{"Type":"String","Value":"myValue1"},"myKey2":{"Type":"String","Value":"myValue2"}}}`+"\n", lines[0])
			var second map[string]any
			require.NoError(t, json.Unmarshal([]byte(lines[1]), &second))
			require.Equal(t, "My 2nd \"body\"\n", second["Message"])
			require.Len(t, second, 6)
			require.Contains(t, second["UnsubscribeURL"], string(subscription.ID()))
		})
	}
}

func TestDeliveryStreamEndpointRaw(t *testing.T) {
	var sink memory
	topic, stream, _ := archive(t, firehose.Config{Sink: &sink, AppendDelimiter: true}, sns.Config{})
	subscribe(t, topic, sns.Subscription{Endpoint: sns.DeliveryStreamEndpoint(stream), RawMessageDelivery: true, InOrder: true})
	publish(t, topic, sns.Entry{Message: "a", Subject: "no", Attributes: map[string]sns.Attribute{"no": sqs.StringAttribute("no")}},
		sns.Entry{Message: `{"default":"no","firehose":"b"}`, MessageStructure: "json"}, sns.Entry{Message: "c"})
	require.NoError(t, topic.Flush(t.Context()))
	require.NoError(t, stream.Flush(t.Context()))
	require.Equal(t, "a\nb\nc\n", sink.String())
}

// A delivery stream that a program gives may follow a FIFO topic.
func TestDeliveryStreamEndpointFIFO(t *testing.T) {
	var sink memory
	topic, stream, _ := archive(t, firehose.Config{Sink: &sink}, sns.Config{FIFO: true, ContentBasedDeduplication: true})
	subscribe(t, topic, sns.Subscription{Endpoint: sns.DeliveryStreamEndpoint(stream)})
	sent := publish(t, topic, sns.Entry{Message: "a", GroupID: "g"})
	require.NoError(t, topic.Flush(t.Context()))
	require.NoError(t, stream.Flush(t.Context()))
	require.Contains(t, sink.String(), `","SequenceNumber":"`+sent[0].SequenceNumber+`","TopicArn":`)
}

func TestDeliveryStreamSubscriptions(t *testing.T) {
	topic, stream, _ := archive(t, firehose.Config{Sink: &memory{}}, sns.Config{})
	_, err := topic.Subscribe(t.Context(), sns.Subscription{Protocol: sns.ProtocolFirehose, Address: clicksARN})
	require.ErrorIs(t, err, sns.ErrInvalidParameter)
	require.ErrorContains(t, err, "SubscriptionRoleArn")
	for _, e := range []sns.Endpoint{sns.DeliveryStreamEndpoint(nil), sns.StreamEndpoint(nil), sns.StreamEndpoint((*kinesis.LocalStream)(nil))} {
		_, err = topic.Subscribe(t.Context(), sns.Subscription{Endpoint: e})
		require.ErrorContains(t, err, "Endpoint Reason: it is nil")
	}
	byARN := subscribe(t, topic, sns.Subscription{Protocol: sns.ProtocolFirehose, Address: clicksARN, SubscriptionRoleARN: roleARN})
	require.Equal(t, byARN, subscribe(t, topic, sns.Subscription{Endpoint: sns.DeliveryStreamEndpoint(stream)}), "it is the same")
}

// What can not be delivered for good goes to the dead-letter queue at once.
func TestDeliveryStreamEndpointFailures(t *testing.T) {
	for name, c := range map[string]struct {
		address string
		breaks  func(s *firehose.DeliveryStream)
		message string
		want    error
	}{
		"an unknown delivery stream": {address: clicksARN + "2", want: firehose.ErrResourceNotFound},
		"a closed one":               {address: clicksARN, breaks: func(s *firehose.DeliveryStream) { _ = s.Close() }, want: firehose.ErrResourceNotFound},
		"too long":                   {address: clicksARN, message: strings.Repeat("x", 1_024_001), want: firehose.ErrValidation},
	} {
		t.Run(name, func(t *testing.T) {
			topic, stream, queues := archive(t, firehose.Config{Sink: &memory{}}, sns.Config{MaximumMessageSize: 1 << 20})
			dead := createQueue(t, queues, "dead")
			s := subscribe(t, topic, sns.Subscription{Protocol: sns.ProtocolFirehose, Address: c.address, SubscriptionRoleARN: roleARN, DeadLetterQueue: dead, RawMessageDelivery: true})
			if c.breaks != nil {
				c.breaks(stream)
			}
			if c.message == "" {
				c.message = "a"
			}
			publish(t, topic, sns.Entry{Message: c.message})
			require.NoError(t, topic.Flush(t.Context()))
			stats := s.Stats()
			require.EqualValues(t, 1, stats.Attempts)
			require.EqualValues(t, 1, stats.DeadLettered)
			require.True(t, errors.Is(stats.LastError, c.want) || errors.Is(stats.LastError, firehose.ErrClosed), "%v", stats.LastError)
		})
	}
	topic, _ := newTopic(t, sns.Config{})
	s := subscribe(t, topic, sns.Subscription{Protocol: sns.ProtocolFirehose, Address: clicksARN, SubscriptionRoleARN: roleARN})
	publish(t, topic, sns.Entry{Message: "a"})
	require.NoError(t, topic.Flush(t.Context()))
	require.ErrorContains(t, s.Stats().LastError, "ServiceConfig.DeliveryStreams")
	require.EqualValues(t, 1, s.Stats().Dropped)
}

// A delivery stream that has no room is asked again until it has.
func TestStoryOfAFullDeliveryStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := &memory{held: make(chan struct{})}
		topic, stream, _ := archive(t, firehose.Config{Sink: sink, MaxBuffered: 10}, sns.Config{})
		s := subscribe(t, topic, sns.Subscription{Endpoint: sns.DeliveryStreamEndpoint(stream), RawMessageDelivery: true, InOrder: true})
		publish(t, topic, texts("eight by", "teseight", "bytes…ei")...)
		time.Sleep(24 * time.Minute)
		require.Equal(t, 2, s.Stats().Backlog)
		require.Greater(t, s.Stats().FailedAttempts, int64(50))
		close(sink.held)
		require.NoError(t, topic.Flush(t.Context()))
		require.NoError(t, stream.Flush(t.Context()))
		require.Equal(t, "eight byteseightbytes…ei", sink.String())
		require.EqualValues(t, 3, s.Stats().Delivered)
		require.NoError(t, stream.Close())
	})
}

func TestStreamEndpoint(t *testing.T) {
	stream, err := kinesis.New("clicks", kinesis.Config{ShardCount: 1})
	require.NoError(t, err)
	defer stream.Close()
	topic, _ := newTopic(t, sns.Config{})
	s := subscribe(t, topic, sns.Subscription{Endpoint: sns.StreamEndpoint(stream), RawMessageDelivery: true, InOrder: true})
	sent := publish(t, topic, sns.Entry{Message: "a", GroupID: "tenant"}, sns.Entry{Message: "b"})
	require.NoError(t, topic.Flush(t.Context()))
	shards, err := stream.Shards(t.Context())
	require.NoError(t, err)
	batch, err := stream.Read(t.Context(), kinesis.ReadRequest{ShardID: shards[0].ID})
	require.NoError(t, err)
	require.Len(t, batch.Records, 2)
	require.Equal(t, "tenant=a", batch.Records[0].PartitionKey+"="+string(batch.Records[0].Data))
	require.Equal(t, sent[1].MessageID+"=b", batch.Records[1].PartitionKey+"="+string(batch.Records[1].Data))

	require.NoError(t, stream.Close())
	publish(t, topic, sns.Entry{Message: "c"})
	require.NoError(t, topic.Flush(t.Context()))
	require.ErrorIs(t, s.Stats().LastError, kinesis.ErrClosed)
	require.EqualValues(t, 1, s.Stats().Dropped)
}
