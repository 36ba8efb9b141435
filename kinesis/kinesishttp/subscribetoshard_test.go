package kinesishttp_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/awscbor"
	"github.com/leat-go/leat/internal/awsjson"
	"github.com/leat-go/leat/kinesis"
)

type wireEvent struct {
	Records                    []wireRecord
	ContinuationSequenceNumber string
	MillisBehindLatest         *int64
	ChildShards                []wireChild
}

// frame is an event as a client gets it.
type frame struct {
	headers map[string]string
	payload []byte
}

// readFrame reads the next frame; how they are made is tested where they are.
func readFrame(r io.Reader) (f frame, err error) {
	prelude := make([]byte, 12)
	if _, err := io.ReadFull(r, prelude); err != nil {
		return f, err
	}
	total, ofHeaders := int(binary.BigEndian.Uint32(prelude)), int(binary.BigEndian.Uint32(prelude[4:]))
	rest := make([]byte, total-len(prelude))
	if _, err := io.ReadFull(r, rest); err != nil {
		return f, err
	}
	f.headers = map[string]string{}
	for b := rest[:ofHeaders]; len(b) > 0; {
		name := string(b[1 : 1+b[0]])
		b = b[1+len(name)+1:]
		value := string(b[2 : 2+binary.BigEndian.Uint16(b)])
		b = b[2+len(value):]
		f.headers[name] = value
	}
	f.payload = rest[ofHeaders : len(rest)-4]
	return f, nil
}

// subscribe begins a subscription over a client and reads its first frame.
func subscribe(t *testing.T, client *http.Client, r *http.Request) *http.Response {
	t.Helper()
	r.RequestURI = "" // that of a server's request
	response, err := client.Do(r)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.Equal(t, "application/vnd.amazon.eventstream", response.Header.Get("Content-Type"))
	require.Len(t, response.Header.Get("X-Amzn-Requestid"), 36)
	f, err := readFrame(response.Body)
	require.NoError(t, err)
	contentType := r.Header.Get("Content-Type")
	require.Equal(t, map[string]string{":message-type": "event", ":event-type": "initial-response", ":content-type": contentType}, f.headers)
	if contentType == jsonType {
		require.Equal(t, "{}", string(f.payload))
	} else {
		require.Equal(t, []byte{0xa0}, f.payload)
	}
	return response
}

// nextEvent reads an event in either encoding.
func nextEvent(t *testing.T, r io.Reader) (e wireEvent) {
	t.Helper()
	f, err := readFrame(r)
	require.NoError(t, err)
	require.Equal(t, "event", f.headers[":message-type"], "%s", f.payload)
	require.Equal(t, "SubscribeToShardEvent", f.headers[":event-type"])
	if f.headers[":content-type"] == cborType {
		require.NoError(t, awscbor.Decode(f.payload, &e))
		return e
	}
	require.Equal(t, jsonType, f.headers[":content-type"])
	var raw map[string]any
	require.NoError(t, json.Unmarshal(f.payload, &raw))
	for _, name := range []string{"Records", "MillisBehindLatest"} {
		require.Contains(t, raw, name)
	}
	require.NoError(t, awsjson.Decode(f.payload, &e))
	return e
}

func keysOfEvent(e wireEvent) []string {
	keys := []string{}
	for _, r := range e.Records {
		keys = append(keys, r.PartitionKey)
	}
	return keys
}

// register gives clicks the consumer reader and returns its ARN.
func register(t *testing.T, h http.Handler) string {
	t.Helper()
	out := ask(t, h, "RegisterStreamConsumer", `{"StreamARN":"`+arns+`clicks","ConsumerName":"reader"}`)
	return out["Consumer"].(map[string]any)["ConsumerARN"].(string)
}

func subscribeBody(consumerARN, position string) string {
	return `{"ConsumerARN":"` + consumerARN + `","ShardId":"` + firstShard + `","StartingPosition":` + position + `}`
}

func TestSubscribeToShard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler, _ := newHandler(t, kinesis.ServiceConfig{})
		client := &http.Client{Transport: handler.RoundTripper()}
		consumer := register(t, handler)
		a := put(t, handler, "a")
		start := time.Now()
		response := subscribe(t, client, jsonRequest("SubscribeToShard", subscribeBody(consumer, `{"Type":"TRIM_HORIZON"}`)))
		e := nextEvent(t, response.Body)
		require.Equal(t, []string{"a"}, keysOfEvent(e))
		require.Equal(t, a, e.ContinuationSequenceNumber)
		require.Equal(t, []byte("a"), e.Records[0].Data)
		require.Equal(t, new(int64(0)), e.MillisBehindLatest)
		require.Zero(t, time.Since(start), "at once")

		e = nextEvent(t, response.Body)
		require.Empty(t, e.Records)
		require.Equal(t, a, e.ContinuationSequenceNumber)
		require.Equal(t, 5*time.Second, time.Since(start), "a sign of life")

		time.AfterFunc(time.Second, func() { put(t, handler, "b") })
		e = nextEvent(t, response.Body)
		require.Equal(t, []string{"b"}, keysOfEvent(e))
		require.Equal(t, 6*time.Second, time.Since(start), "as soon as it is there")

		events := 3
		for {
			f, err := readFrame(response.Body)
			if err == io.EOF {
				break
			}
			require.NoError(t, err)
			require.Equal(t, "event", f.headers[":message-type"])
			events++
		}
		require.Equal(t, 5*time.Minute, time.Since(start))
		require.Equal(t, 61, events)
	})
}

func TestSubscribeToShardInCBOR(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler, _ := newHandler(t, kinesis.ServiceConfig{})
		client := &http.Client{Transport: handler.RoundTripper()}
		type position struct {
			Type      string
			Timestamp time.Time
		}
		put(t, handler, "a")
		time.Sleep(time.Minute)
		since := time.Now()
		b := put(t, handler, "b")
		response := subscribe(t, client, cborRequest("SubscribeToShard", struct {
			ConsumerARN      string
			ShardID          string `json:"ShardId"`
			StartingPosition position
		}{register(t, handler), firstShard, position{"AT_TIMESTAMP", since}}))
		defer response.Body.Close()
		require.Equal(t, wireEvent{
			Records:                    []wireRecord{{b, since.UTC(), []byte("b"), "b", ""}},
			ContinuationSequenceNumber: b,
			MillisBehindLatest:         new(int64(0)),
		}, nextEvent(t, response.Body))
	})
}

// TestTheLastEventOfAShard names its children and no number to go on from.
func TestTheLastEventOfAShard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler, _ := newHandler(t, kinesis.ServiceConfig{})
		client := &http.Client{Transport: handler.RoundTripper()}
		response := subscribe(t, client, jsonRequest("SubscribeToShard", subscribeBody(register(t, handler), `{"Type":"LATEST"}`)))
		ask(t, handler, "SplitShard", `{"StreamName":"clicks","ShardToSplit":"`+firstShard+`","NewStartingHashKey":"2"}`)
		e := nextEvent(t, response.Body)
		require.Empty(t, e.ContinuationSequenceNumber)
		require.Empty(t, e.Records)
		require.Len(t, e.ChildShards, 2)
		require.Equal(t, "shardId-000000000002", e.ChildShards[0].ShardID)
		require.Equal(t, []string{firstShard}, e.ChildShards[0].ParentShards)
		require.Equal(t, "2", e.ChildShards[1].HashKeyRange.StartingHashKey)
		_, err := readFrame(response.Body)
		require.Equal(t, io.EOF, err)
	})
}

// TestASubscriptionThatIsTakenOver ends with an exception among the events.
func TestASubscriptionThatIsTakenOver(t *testing.T) {
	for contentType, request := range map[string]func(consumer string) *http.Request{
		jsonType: func(consumer string) *http.Request {
			return jsonRequest("SubscribeToShard", subscribeBody(consumer, `{"Type":"LATEST"}`))
		},
		cborType: func(consumer string) *http.Request {
			return cborRequest("SubscribeToShard", struct {
				ConsumerARN      string
				ShardID          string `json:"ShardId"`
				StartingPosition struct{ Type string }
			}{consumer, firstShard, struct{ Type string }{"LATEST"}})
		},
	} {
		t.Run(contentType, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				handler, _ := newHandler(t, kinesis.ServiceConfig{})
				client := &http.Client{Transport: handler.RoundTripper()}
				consumer := register(t, handler)
				first := subscribe(t, client, request(consumer))
				const another = "Another active subscription exists for this consumer: 000000000000:clicks:" + firstShard + ":reader"
				refusal := serve(t, handler, jsonRequest("SubscribeToShard", subscribeBody(consumer, `{"Type":"LATEST"}`)))
				require.Equal(t, problem{"ResourceInUseException", another, 400}, problemOf(t, refusal))
				time.Sleep(5*time.Second + time.Millisecond)
				second := subscribe(t, client, jsonRequest("SubscribeToShard", subscribeBody(consumer, `{"Type":"LATEST"}`)))
				defer second.Body.Close()
				nextEvent(t, first.Body)
				f, err := readFrame(first.Body)
				require.NoError(t, err)
				require.Equal(t, map[string]string{":message-type": "exception", ":exception-type": "ResourceInUseException", ":content-type": contentType}, f.headers)
				var e wireError
				if contentType == jsonType {
					require.JSONEq(t, `{"message":"`+another+`"}`, string(f.payload))
				} else {
					require.NoError(t, awscbor.Decode(f.payload, &e))
					require.Equal(t, wireError{Message: another}, e)
				}
				_, err = readFrame(first.Body)
				require.Equal(t, io.EOF, err)
			})
		})
	}
}

// TestAStreamThatGoesAway: what is not in the model of the events is a failure of the
// service.
func TestAStreamThatGoesAway(t *testing.T) {
	for kind, end := range map[string]func(*kinesis.Service) error{
		"ResourceNotFoundException": func(s *kinesis.Service) error { return s.DeleteStream("clicks", true) },
		"InternalFailureException":  func(s *kinesis.Service) error { return s.Close() },
	} {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				handler, service := newHandler(t, kinesis.ServiceConfig{})
				client := &http.Client{Transport: handler.RoundTripper()}
				response := subscribe(t, client, jsonRequest("SubscribeToShard", subscribeBody(register(t, handler), `{"Type":"LATEST"}`)))
				require.NoError(t, end(service))
				f, err := readFrame(response.Body)
				require.NoError(t, err)
				require.Equal(t, "exception", f.headers[":message-type"])
				require.Equal(t, kind, f.headers[":exception-type"])
				_, err = readFrame(response.Body)
				require.Equal(t, io.EOF, err)
			})
		})
	}
}

// TestAClientThatLeaves: its subscription ends, so that nothing is left in the bubble.
func TestAClientThatLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler, _ := newHandler(t, kinesis.ServiceConfig{})
		client := &http.Client{Transport: handler.RoundTripper()}
		consumer := register(t, handler)
		ctx, cancel := context.WithCancel(t.Context())
		response := subscribe(t, client, jsonRequest("SubscribeToShard", subscribeBody(consumer, `{"Type":"LATEST"}`)).WithContext(ctx))
		cancel()
		_, err := readFrame(response.Body)
		require.ErrorIs(t, err, context.Canceled)
		time.Sleep(10 * time.Second)
		response = subscribe(t, client, jsonRequest("SubscribeToShard", subscribeBody(consumer, `{"Type":"LATEST"}`)))
		require.NoError(t, response.Body.Close())
		synctest.Wait()

		// One that neither reads nor leaves holds up nobody else.
		time.Sleep(10 * time.Second)
		idle := subscribe(t, client, jsonRequest("SubscribeToShard", subscribeBody(consumer, `{"Type":"LATEST"}`)))
		time.Sleep(10 * time.Second)
		put(t, handler, "a")
		response = subscribe(t, client, jsonRequest("SubscribeToShard", subscribeBody(consumer, `{"Type":"TRIM_HORIZON"}`)))
		require.Equal(t, []string{"a"}, keysOfEvent(nextEvent(t, response.Body)))
		require.NoError(t, response.Body.Close())
		require.NoError(t, idle.Body.Close())
	})
}

func TestSubscribeToShardThatIsRefused(t *testing.T) {
	handler, _ := newHandler(t, kinesis.ServiceConfig{})
	consumer := register(t, handler)
	const detected = "1 validation error detected: "
	for _, c := range []struct{ body, kind, message string }{
		{`{}`, "ValidationException", "3 validation errors detected: Value null at 'consumerARN' failed to satisfy constraint: Member must not be null; Value null at 'shardId' failed to satisfy constraint: Member must not be null; Value null at 'startingPosition' failed to satisfy constraint: Member must not be null"},
		{subscribeBody("a", `{"Type":"LATEST"}`), "ValidationException", detected + `Value 'a' at 'consumerARN' failed to satisfy constraint: Member must satisfy regular expression pattern: ^(arn):aws.*:kinesis:.*:\d{12}:.*stream\/[a-zA-Z0-9_.-]+\/consumer\/[a-zA-Z0-9_.-]+:[0-9]+`},
		{subscribeBody(consumer, `{}`), "ValidationException", detected + "Value null at 'startingPosition.type' failed to satisfy constraint: Member must not be null"},
		{subscribeBody(consumer, `{"Type":"NOW"}`), "ValidationException", detected + "Value 'NOW' at 'startingPosition.type' failed to satisfy constraint: Member must satisfy enum value set: [AFTER_SEQUENCE_NUMBER, LATEST, AT_TIMESTAMP, AT_SEQUENCE_NUMBER, TRIM_HORIZON]"},
		{subscribeBody(consumer, `{"Type":"AT_SEQUENCE_NUMBER","SequenceNumber":"x"}`), "ValidationException", detected + `Value 'x' at 'startingPosition.sequenceNumber' failed to satisfy constraint: Member must satisfy regular expression pattern: 0|([1-9]\d{0,128})`},
		{strings.Replace(subscribeBody(consumer, `{"Type":"LATEST"}`), firstShard, "shardId-000000000007", 1), "ResourceNotFoundException", "Could not find shard shardId-000000000007 in stream clicks under account 000000000000."},
	} {
		require.Equal(t, problem{c.kind, c.message, 400}, refused(t, handler, "SubscribeToShard", c.body))
	}
	p := refused(t, handler, "SubscribeToShard", subscribeBody(strings.Replace(consumer, "reader", "nobody", 1), `{"Type":"LATEST"}`))
	require.Equal(t, "ResourceNotFoundException", p.kind)
}

// TestSubscribeOverSockets: each event leaves at once over HTTP/1.1 and HTTP/2, and the
// connection serves other requests afterwards.
func TestSubscribeOverSockets(t *testing.T) {
	for _, version := range []int{1, 2} {
		t.Run(fmt.Sprint("HTTP/", version), func(t *testing.T) {
			handler, _ := newHandler(t, kinesis.ServiceConfig{})
			server := httptest.NewUnstartedServer(handler)
			server.EnableHTTP2 = version == 2
			server.Config.WriteTimeout = time.Minute
			server.StartTLS()
			defer server.Close()
			consumer := register(t, handler)
			to := func(r *http.Request) *http.Request {
				r.URL.Host, r.Host = server.Listener.Addr().String(), ""
				r.URL.Scheme = "https"
				return r
			}
			response := subscribe(t, server.Client(), to(jsonRequest("SubscribeToShard", subscribeBody(consumer, `{"Type":"LATEST"}`))))
			require.Equal(t, version, response.ProtoMajor)
			body := bufio.NewReader(response.Body)
			for i := range 3 {
				key := fmt.Sprint(i)
				put(t, handler, key)
				require.Equal(t, []string{key}, keysOfEvent(nextEvent(t, body)))
			}
			ask(t, handler, "MergeShards", `{"StreamName":"clicks","ShardToMerge":"`+firstShard+`","AdjacentShardToMerge":"shardId-000000000001"}`)
			require.Len(t, nextEvent(t, body).ChildShards, 1)
			_, err := readFrame(body)
			require.Equal(t, io.EOF, err)
			require.NoError(t, response.Body.Close())

			r := to(jsonRequest("ListStreams", `{}`))
			r.RequestURI = ""
			response, err = server.Client().Do(r)
			require.NoError(t, err)
			require.Equal(t, http.StatusOK, response.StatusCode)
			require.NoError(t, response.Body.Close())
		})
	}
}

// TestSubscribeThroughAPlainWriter: a transport that cannot flush still gets the events.
func TestSubscribeThroughAPlainWriter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler, _ := newHandler(t, kinesis.ServiceConfig{})
		consumer := register(t, handler)
		w := httptest.NewRecorder()
		handler.ServeHTTP(struct{ http.ResponseWriter }{w}, jsonRequest("SubscribeToShard", subscribeBody(consumer, `{"Type":"LATEST"}`)))
		first, err := readFrame(w.Body)
		require.NoError(t, err)
		require.Equal(t, "initial-response", first.headers[":event-type"])
		nextEvent(t, w.Body)
	})
}
