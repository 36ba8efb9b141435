package sdktest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/kinesishttp"
)

// shore is Kinesis on a loopback port, which counts requests by version of HTTP, and the
// subscriptions that are being served.
type shore struct {
	service *kinesis.Service
	server  *httptest.Server
	over    *http.Client

	mu     sync.Mutex
	spoken map[string]int // by "HTTP/2.0 json"; guarded by mu
	open   int            // subscriptions; guarded by mu
}

// newShore listens for one way to speak HTTP: "HTTP/1.1", "HTTP/2.0" over TLS, "h2c", which
// is HTTP/2 without it, or "any" without it.
func newShore(t testing.TB, way string) *shore {
	t.Helper()
	service, err := kinesis.NewService(kinesis.ServiceConfig{})
	require.NoError(t, err)
	s := &shore{service: service, spoken: make(map[string]int)}
	s.server = httptest.NewUnstartedServer(s.counting(kinesishttp.NewHandler(service, kinesishttp.Config{
		Keys: map[string]string{foreignKey: foreignSecret},
	})))
	t.Cleanup(func() {
		service.Close() // ends the subscriptions, for which the server would wait
		s.server.CloseClientConnections()
		s.server.Close()
	})
	transport := &http.Transport{Protocols: new(http.Protocols)}
	s.over = &http.Client{Transport: plainBodies{transport}}
	switch way {
	case "HTTP/1.1":
		transport.Protocols.SetHTTP1(true)
		s.server.Start()
	case "h2c":
		transport.Protocols.SetUnencryptedHTTP2(true)
		s.server.Config.Protocols = transport.Protocols
		s.server.Start()
	case "any":
		transport.Protocols.SetHTTP1(true)
		transport.Protocols.SetUnencryptedHTTP2(true)
		s.server.Config.Protocols = transport.Protocols
		s.server.Start()
	case "HTTP/2.0":
		s.server.EnableHTTP2 = true
		s.server.StartTLS()
		s.over = s.server.Client()
	}
	t.Cleanup(s.over.CloseIdleConnections)
	return s
}

// plainBodies is a transport that only reads the bodies of requests, for SDK clients over
// HTTP/1.1. As of version 1.28.8 of smithy-go a client closes its request's body when it
// has the head of the answer. The transport may not yet have looked whether the body is
// longer than it said, and asks it to WriteTo, which, closed, returns io.EOF: to the
// transport that is a failure, so it closes the connection, with the rest of the answer.
// A closed body that is read has just ended.
type plainBodies struct{ *http.Transport }

// RoundTrip implements http.RoundTripper.
func (p plainBodies) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		r = r.WithContext(r.Context()) // a copy: the caller's must stay as it is
		r.Body = struct{ io.ReadCloser }{r.Body}
	}
	return p.Transport.RoundTrip(r)
}

func (s *shore) counting(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		encoding := "json"
		if strings.Contains(r.Header.Get("Content-Type"), "cbor") {
			encoding = "cbor"
		}
		subscription := 0
		if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".SubscribeToShard") {
			subscription = 1
		}
		s.mu.Lock()
		s.spoken[r.Proto+" "+encoding]++
		s.open += subscription
		s.mu.Unlock()
		h.ServeHTTP(w, r)
		s.mu.Lock()
		s.open -= subscription
		s.mu.Unlock()
	})
}

func (s *shore) client(change ...func(*awskinesis.Options)) *awskinesis.Client {
	return streamClient(s.server.URL, s.over, change...)
}

func (s *shore) subscriptions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open
}

// requireSpoken checks that every request came in one way, and says how many there were.
func (s *shore) requireSpoken(t *testing.T, way string, atLeast int) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	require.Len(t, s.spoken, 1, "%v", s.spoken)
	require.GreaterOrEqual(t, s.spoken[way], atLeast, "%v", s.spoken)
	t.Logf("%d requests over %s", s.spoken[way], way)
}

// nextNews waits for an event that is more than the sign of life which comes every five
// seconds: in real time those may come between any others.
func nextNews(t testing.TB, events *awskinesis.SubscribeToShardEventStream) types.SubscribeToShardEvent {
	t.Helper()
	for {
		if event := nextEvent(t, events); len(event.Records)+len(event.ChildShards) > 0 {
			return event
		}
	}
}

// TestStreamsOverSockets subscribes as a program does, over each version of HTTP, while
// others put, and goes through the ends that a subscription can come to.
func TestStreamsOverSockets(t *testing.T) {
	for way, proto := range map[string]string{"HTTP/1.1": "HTTP/1.1", "HTTP/2.0": "HTTP/2.0", "h2c": "HTTP/2.0"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			s := newShore(t, way)
			c := s.client()
			clicks := createStream(t, c, "clicks", 3)
			consumer := registerReader(t, c)
			shards := []string{firstShard, "shardId-000000000001", "shardId-000000000002"}

			// Three at once, each of which gets the records of its shard as they are put.
			var events []*awskinesis.SubscribeToShardEventStream
			for _, shard := range shards {
				events = append(events, subscribeToShard(t, c, consumer, shard, types.ShardIteratorTypeLatest))
			}
			for i := range 30 {
				data := strings.Repeat(fmt.Sprint(i, " "), 10*i)
				out := call(t, c.PutRecord, &awskinesis.PutRecordInput{StreamName: clicks, PartitionKey: aws.String(fmt.Sprint("key ", i)), Data: []byte(data)})
				at := strings.TrimPrefix(*out.ShardId, "shardId-00000000000")
				event := nextNews(t, events[at[0]-'0'])
				require.Equal(t, []string{data}, dataOf(event.Records))
				require.Equal(t, out.SequenceNumber, event.ContinuationSequenceNumber)
			}

			// An event of 10 MiB, which is the largest that there is.
			call(t, c.UpdateMaxRecordSize, &awskinesis.UpdateMaxRecordSizeInput{StreamARN: aws.String(clicksARN), MaxRecordSizeInKiB: aws.Int32(10_240)})
			large := make([]byte, 10<<20-10)
			call(t, c.PutRecord, &awskinesis.PutRecordInput{StreamName: clicks, PartitionKey: aws.String("k"), ExplicitHashKey: aws.String("0"), Data: large})
			require.Equal(t, large, nextNews(t, events[0]).Records[0].Data)

			// A shard ends, a reader closes, and another cancels its context.
			call(t, c.SplitShard, &awskinesis.SplitShardInput{StreamName: clicks, ShardToSplit: &shards[0], NewStartingHashKey: aws.String("2")})
			require.Len(t, nextNews(t, events[0]).ChildShards, 2)
			requireEnd(t, events[0])
			require.NoError(t, events[1].Close())
			require.Eventually(t, func() bool { return s.subscriptions() == 1 }, 10*time.Second, time.Millisecond, "the service learns that a reader has gone")
			ctx, cancel := context.WithCancel(t.Context())
			child := aws.String("shardId-000000000003")
			out, err := alone(c).SubscribeToShard(ctx, &awskinesis.SubscribeToShardInput{
				ConsumerARN: consumer, ShardId: child, StartingPosition: &types.StartingPosition{Type: types.ShardIteratorTypeTrimHorizon},
			})
			require.NoError(t, err)
			cancelled := out.GetStream()
			// Another within five seconds of that is refused.
			_, err = c.SubscribeToShard(t.Context(), &awskinesis.SubscribeToShardInput{
				ConsumerARN: consumer, ShardId: child, StartingPosition: &types.StartingPosition{Type: types.ShardIteratorTypeTrimHorizon},
			})
			_, ok := errors.AsType[*types.ResourceInUseException](err)
			require.True(t, ok, "%v", err)
			cancel()
			for range cancelled.Events() {
			}
			require.ErrorIs(t, cancelled.Err(), context.Canceled)
			cancelled.Close()
			require.Eventually(t, func() bool { return s.subscriptions() == 1 }, 10*time.Second, time.Millisecond)

			// The service is closed, which all hear of as an error of the API's.
			idle := subscribeToShard(t, c, consumer, "shardId-000000000004", types.ShardIteratorTypeLatest)
			s.service.Close()
			for _, events := range []*awskinesis.SubscribeToShardEventStream{events[2], idle} {
				for range events.Events() { // signs of life, on a slow machine
				}
				require.ErrorContains(t, events.Err(), "InternalFailureException")
			}
			s.requireSpoken(t, proto+" json", 40)
		})
	}
}

// TestAConnectionThatBreaks in the middle of a subscription ends its events. The SDK does
// not tell that from their proper end, so a reader goes on from the last event in any case.
func TestAConnectionThatBreaks(t *testing.T) {
	for _, way := range []string{"HTTP/1.1", "HTTP/2.0"} {
		t.Run(way, func(t *testing.T) {
			s := newShore(t, way)
			c := s.client()
			clicks := createStream(t, c, "clicks", 1)
			events := subscribeToShard(t, c, registerReader(t, c), firstShard, types.ShardIteratorTypeLatest)
			putData(t, c, clicks, "1")
			last := nextNews(t, events)
			s.server.CloseClientConnections()
			for range events.Events() {
			}
			require.Eventually(t, func() bool { return s.subscriptions() == 0 }, 10*time.Second, time.Millisecond)

			putData(t, c, clicks, "2")
			on := call(t, c.GetShardIterator, &awskinesis.GetShardIteratorInput{
				StreamName: clicks, ShardId: aws.String(firstShard),
				ShardIteratorType: types.ShardIteratorTypeAfterSequenceNumber, StartingSequenceNumber: last.ContinuationSequenceNumber,
			}).ShardIterator
			require.Equal(t, []string{"2"}, dataOf(call(t, c.GetRecords, &awskinesis.GetRecordsInput{ShardIterator: on}).Records))
		})
	}
}
