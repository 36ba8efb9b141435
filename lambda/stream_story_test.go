package lambda_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/lambda"
	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

// What is given up goes to a queue as AWS's document.
func TestStreamDestination(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStream(t, 1)
		sent := put(t, s, "a", "X")
		time.Sleep(1500 * time.Millisecond)
		sent = append(sent, put(t, s, "c", "d")...)
		f := register(t, func(_ context.Context, payload []byte) ([]byte, error) {
			var event lambda.KinesisEvent
			if err := json.Unmarshal(payload, &event); err != nil {
				return nil, err
			}
			if string(event.Records[0].Kinesis.Data) == "a" {
				return nil, errBoom
			}
			return nil, nil
		}, lambda.FunctionConfig{})
		q := newQueue(t, "lost", sqs.Config{})
		j := newJournal()
		source, err := lambda.MapStream(s, f, lambda.StreamConfig{
			BatchSize: 3, MaximumRetryAttempts: new(1), OnFailure: lambda.QueueDestination(q), OnError: j.errors,
		})
		r := start(t, source, err)
		time.Sleep(time.Minute)
		m := r.close()
		require.EqualValues(t, 3, m.DroppedEventCount)
		require.EqualValues(t, 3, m.OnFailureDestinationDeliveredEventCount)
		require.EqualValues(t, 7, m.InvokedEventCount)
		require.Equal(t, []string{
			"0s error: kinesis: group: Handle shardId-000000000000: lambda: " + f.ARN() + ": boom",
			"1s error: lambda: event source: RetryAttemptsExhausted: lambda: " + f.ARN() + ": boom",
		}, j.all())

		peeked := q.Peek(9)
		require.Len(t, peeked, 1)
		var record struct{ RequestContext struct{ RequestID string } }
		require.NoError(t, json.Unmarshal([]byte(peeked[0].Body), &record))
		require.Len(t, record.RequestContext.RequestID, 36)
		require.Equal(t, `{"requestContext":{"requestId":"`+record.RequestContext.RequestID+`",`+
			`"functionArn":"`+f.ARN()+`","condition":"RetryAttemptsExhausted","approximateInvokeCount":2},`+
			`"responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"},`+
			`"version":"1.0","timestamp":"2000-01-01T00:00:02.500Z","KinesisBatchInfo":{"shardId":"shardId-000000000000",`+
			`"startSequenceNumber":"`+sent[0].SequenceNumber.String()+`","endSequenceNumber":"`+sent[2].SequenceNumber.String()+`",`+
			`"approximateArrivalOfFirstRecord":"2000-01-01T00:00:00.000Z","approximateArrivalOfLastRecord":"2000-01-01T00:00:01.500Z",`+
			`"batchSize":3,"streamArn":"`+s.ARN()+`"}}`, peeked[0].Body)
	})
}

// A function that reports items has not failed itself; a topic is a destination too.
func TestStreamDestinationOfReportedItems(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStream(t, 1)
		sent := put(t, s, "a", "X")
		topic, err := sns.New("lost", sns.Config{})
		require.NoError(t, err)
		defer topic.Close()
		q := newQueue(t, "lost", sqs.Config{})
		_, err = topic.Subscribe(t.Context(), sns.Subscription{Endpoint: sns.QueueEndpoint(q), RawMessageDelivery: true})
		require.NoError(t, err)
		fn := lambda.Function(func(context.Context, []byte) ([]byte, error) {
			return json.Marshal(lambda.BatchResponse{BatchItemFailures: []lambda.BatchItemFailure{{ItemIdentifier: sent[1].SequenceNumber.String()}}})
		})
		source, err := lambda.MapStream(s, fn, lambda.StreamConfig{
			MaximumRetryAttempts: new(0), ReportBatchItemFailures: true, OnFailure: lambda.TopicDestination(topic), FunctionARN: "f", SourceARN: "s",
		})
		r := start(t, source, err)
		time.Sleep(time.Minute)
		r.close()
		require.Len(t, q.Peek(9), 1)
		require.Contains(t, q.Peek(9)[0].Body, `"functionArn":"f","condition":"RetryAttemptsExhausted","approximateInvokeCount":1},`+
			`"responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":null}`)
		require.Contains(t, q.Peek(9)[0].Body, `"batchSize":1,"streamArn":"s"`)
	})
}

// The shard stands still until the destination takes what is given up.
func TestStreamDestinationThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStream(t, 1)
		put(t, s, "X", "b")
		j := newJournal()
		attempts := 0
		source, err := lambda.FromStream(s, broken(j, "X"), lambda.StreamConfig{
			BatchSize: 1, MaximumRetryAttempts: new(0),
			OnFailure: lambda.DestinationFunc(func(context.Context, []byte) error {
				switch attempts++; attempts {
				case 1:
					return errBoom
				case 2:
					panic("no")
				}
				j.note("told")
				return nil
			}),
		})
		r := start(t, source, err)
		time.Sleep(time.Minute)
		m := r.close()
		require.Equal(t, []string{"0s X", "3s told", "3s b"}, j.all())
		require.EqualValues(t, 1, m.OnFailureDestinationDeliveredEventCount)
	})
}

// Records that are too old are given up without the function, or while it fails for them.
func TestStreamRecordAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStream(t, 1)
		put(t, s, "a", "b")
		time.Sleep(50 * time.Second)
		put(t, s, "X", "d")
		time.Sleep(11 * time.Second)
		put(t, s, "e")
		j := newJournal()
		source, err := lambda.FromStream(s, broken(j, "X"), lambda.StreamConfig{
			MaximumRecordAge: time.Minute, Backoff: func(int) time.Duration { return 20 * time.Second },
			OnFailure: lambda.DestinationFunc(func(_ context.Context, record []byte) error {
				_, tail, _ := strings.Cut(string(record), `"condition"`)
				head, _, _ := strings.Cut(tail, `,"version"`)
				j.note("%s", head)
				return nil
			}),
		})
		r := start(t, source, err)
		time.Sleep(2 * time.Minute)
		m := r.close()
		require.Equal(t, []string{
			`0s :"RecordAgeExceeded","approximateInvokeCount":0}`,
			"0s X d e", "20s X d e", "40s X d e",
			`1m0s :"RecordAgeExceeded","approximateInvokeCount":3},"responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"}`,
			"1m0s e",
		}, j.all())
		require.EqualValues(t, 4, m.DroppedEventCount)
	})
}

// One place of a shard's does not wait for another, and a key has one place only.
func TestStreamParallelization(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStream(t, 1)
		var words []string
		for i := range 40 {
			words = append(words, fmt.Sprintf("key%d=%d/%d", i%8, i%8, i/8))
		}
		put(t, s, words...)
		var mu sync.Mutex
		running, most := 0, 0
		seen := map[string][]string{}
		source, err := lambda.FromStream(s, func(_ context.Context, e lambda.StreamEvent) error {
			mu.Lock()
			running++
			most = max(most, running)
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			defer mu.Unlock()
			running--
			for _, r := range e.Records {
				seen[r.PartitionKey] = append(seen[r.PartitionKey], string(r.Data))
			}
			return nil
		}, lambda.StreamConfig{ParallelizationFactor: 4, BatchSize: 10})
		r := start(t, source, err)
		time.Sleep(time.Minute)
		r.close()
		require.Equal(t, 4, most)
		require.Len(t, seen, 8)
		for key, data := range seen {
			n := strings.TrimPrefix(key, "key")
			require.Equal(t, []string{n + "/0", n + "/1", n + "/2", n + "/3", n + "/4"}, data)
		}
	})
}

// The other places finish what was read while one fails.
func TestStreamParallelizationWithAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStream(t, 1)
		put(t, s, "a=X", "b=1", "c=2", "d=3", "a=4", "b=5")
		j := newJournal()
		attempts := 0
		source, err := lambda.FromStream(s, func(_ context.Context, e lambda.StreamEvent) error {
			for _, r := range e.Records {
				if string(r.Data) == "X" {
					if attempts++; attempts < 3 {
						return errBoom
					}
				}
			}
			for _, r := range e.Records {
				j.note("%s", r.Data)
			}
			return nil
		}, lambda.StreamConfig{ParallelizationFactor: 10, BatchSize: 2, OnError: func(err error) { j.note("%v", err) }})
		r := start(t, source, err)
		time.Sleep(time.Minute)
		m := r.close()
		lines := j.all()
		require.Len(t, lines, 8)
		require.Equal(t, 2, len(slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return !strings.Contains(line, "boom") })))
		require.Equal(t, []string{"3s X", "3s 4"}, lines[6:])
		require.EqualValues(t, 10, m.InvokedEventCount)
		require.EqualValues(t, 4, m.FailedInvokeEventCount)
	})
}

// Whatever fails and however often, each record is either handled, once, in the order of its
// key, or given up and told to the destination; and of a key one is handled at a time.
func TestStreamByChance(t *testing.T) {
	for seed := range uint64(30) {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 7))
			puts := rand.New(rand.NewPCG(seed, 8))
			s := newStream(t, 1+rng.IntN(3))
			total := 200
			began := time.Now()
			var mu sync.Mutex            // also of rng
			lastDone := map[string]int{} // by key
			for i := range 7 {
				lastDone[fmt.Sprint(i)] = -1
			}
			handled := 0
			indexOf := func(r kinesis.UserRecord) (i int) {
				if _, err := fmt.Sscan(string(r.Data), &i); err != nil {
					t.Error(err)
				}
				return i
			}
			busy := map[string]bool{}
			cfg := lambda.StreamConfig{
				FailoverTime: time.Minute,
				BatchSize:    1 + rng.IntN(20), ParallelizationFactor: 1 + rng.IntN(10), BisectBatchOnFunctionError: rng.IntN(2) == 0,
				MaximumRetryAttempts: new(rng.IntN(4) - 1), MaximumBatchingWindow: time.Duration(rng.IntN(2)) * time.Second,
				OnFailure: lambda.DestinationFunc(func(context.Context, []byte) error {
					mu.Lock()
					defer mu.Unlock()
					if rng.IntN(4) == 0 {
						return errBoom
					}
					return nil
				}),
			}
			if rng.IntN(2) == 0 {
				cfg.MaximumRecordAge = 2 * time.Minute
			}
			endless := *cfg.MaximumRetryAttempts < 0 && cfg.MaximumRecordAge == 0
			source, err := lambda.FromStream(s, func(_ context.Context, e lambda.StreamEvent) error {
				mu.Lock()
				if len(e.Records) > cfg.BatchSize || e.Attempt < 1 {
					t.Errorf("seed %d: %d records, attempt %d", seed, len(e.Records), e.Attempt)
				}
				for _, r := range e.Records {
					if busy[r.PartitionKey] {
						t.Errorf("seed %d: key %s is handled twice at once", seed, r.PartitionKey)
					}
				}
				before := maps.Clone(lastDone)
				for _, r := range e.Records {
					busy[r.PartitionKey] = true
					i, last := indexOf(r), before[r.PartitionKey]
					if i <= last || endless && i != last+1 {
						t.Errorf("seed %d: record %d of key %s after %d", seed, i, r.PartitionKey, last)
					}
					before[r.PartitionKey] = i
				}
				pause := time.Duration(rng.IntN(3)) * time.Second
				fate := rng.IntN(4)
				mu.Unlock()
				time.Sleep(pause)
				mu.Lock()
				defer mu.Unlock()
				for _, r := range e.Records {
					delete(busy, r.PartitionKey)
				}
				done, failure := len(e.Records), error(nil)
				switch {
				case fate == 0:
					done, failure = 0, errBoom
				case fate == 1:
					done = rng.IntN(len(e.Records))
					failure = &kinesis.BatchError{Failed: []kinesis.EntryError{{Index: done, Err: errBoom}}}
				}
				for _, r := range e.Records[:done] {
					lastDone[r.PartitionKey] = indexOf(r)
				}
				handled += done
				return failure
			}, cfg)
			r := start(t, source, err)
			for i := 0; i < total; {
				var batch []kinesis.Entry
				for range min(1+puts.IntN(50), total-i) {
					batch = append(batch, kinesis.Entry{PartitionKey: fmt.Sprint(i % 7), Data: fmt.Append(nil, i/7)})
					i++
				}
				_, err := s.Put(t.Context(), batch...)
				require.NoError(t, err)
				time.Sleep(time.Duration(puts.IntN(5)) * time.Second)
			}
			for settled := 0; settled < total; {
				time.Sleep(time.Minute)
				if time.Since(began) > 24*time.Hour {
					t.Errorf("seed %d: %d of %d records in a day", seed, settled, total)
					break
				}
				mu.Lock()
				settled = handled + int(r.Metrics().DroppedEventCount)
				mu.Unlock()
			}
			m := r.close()
			require.EqualValues(t, total, m.PolledEventCount, "seed %d", seed)
			require.EqualValues(t, total, m.InvokedEventCount-m.FailedInvokeEventCount+m.DroppedEventCount, "seed %d", seed)
			require.Equal(t, m.DroppedEventCount, m.OnFailureDestinationDeliveredEventCount, "seed %d", seed)
			require.EqualValues(t, total, int64(handled)+m.DroppedEventCount, "seed %d", seed)
			if endless {
				require.Zero(t, m.DroppedEventCount, "seed %d", seed)
			}
		})
	}
}
