//go:build linux

package sdktest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	kinesistypes "github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/internal/memhttp"
	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

// The benchmarks of the whole: the SDK, its transport, the front end and the engine in
// one process. Besides the time they report, of the CPU time that the process used for
// an operation, the share that was spent in leat's handler. BENCHMARKS.md holds the goals.

// wholeBallast makes the heap that of a small program, as in the engines' benchmarks.
var wholeBallast = make([]byte, 64<<20)

var wholeBody = strings.Repeat("x", 1024)

// meter is a handler that sums up the CPU time of the one behind it. It reads the request
// first, so that the time to read a socket is not leat's.
type meter struct {
	next   http.Handler
	spent  atomic.Int64 // nanoseconds
	bodies sync.Pool    // of *bytes.Buffer
}

func (m *meter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := m.bodies.Get().(*bytes.Buffer)
	if body == nil {
		body = new(bytes.Buffer)
	}
	defer m.bodies.Put(body)
	body.Reset()
	if _, err := body.ReadFrom(r.Body); err != nil {
		panic(err)
	}
	r.Body = io.NopCloser(body)
	runtime.LockOSThread() // so that nothing else is counted
	defer runtime.UnlockOSThread()
	begin := cpuTime(ofThread)
	m.next.ServeHTTP(w, r)
	m.spent.Add(int64(cpuTime(ofThread) - begin))
}

// Clocks of CPU time, as clock_gettime(2) numbers them. Getrusage will not do: for a
// thread it counts by the scheduler's ticks, which are much longer than a call.
const (
	ofProcess = 2 // CLOCK_PROCESS_CPUTIME_ID
	ofThread  = 3 // CLOCK_THREAD_CPUTIME_ID
)

// cpuTime is what the process or the thread has used, in the kernel and outside.
func cpuTime(clock uintptr) time.Duration {
	var t syscall.Timespec
	if _, _, err := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clock, uintptr(unsafe.Pointer(&t)), 0); err != 0 {
		panic(err)
	}
	return time.Duration(t.Nano())
}

// whole is a cloud, and the way to it.
type whole struct {
	cloud  *leat.Cloud
	meter  *meter
	config aws.Config
}

// newWhole returns a cloud that is reached over a socket of the loopback interface, by the
// SDK's own HTTP client, or without one.
func newWhole(b *testing.B, socket bool) *whole {
	b.Helper()
	b.Cleanup(func() { runtime.KeepAlive(wholeBallast) })
	cloud, err := leat.New(leat.Config{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { cloud.Close() })
	w := &whole{cloud: cloud, meter: &meter{next: cloud.Handler()}}
	w.config = aws.Config{Region: "us-east-1", Credentials: keys("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")}
	if socket {
		server := httptest.NewServer(w.meter)
		b.Cleanup(server.Close)
		w.config.BaseEndpoint = &server.URL
	} else {
		w.config.HTTPClient = &http.Client{Transport: &memhttp.Transport{Handler: w.meter}}
	}
	return w
}

// measure runs op on so many clients at once; make returns the op of one client.
func (w *whole) measure(b *testing.B, clients int, make func() func() error) {
	b.Helper()
	var ops [](func() error)
	for range clients {
		op := make()
		if err := op(); err != nil { // connects
			b.Fatal(err)
		}
		ops = append(ops, op)
	}
	runtime.GC()
	b.ReportAllocs()
	b.ResetTimer()
	all, leats := cpuTime(ofProcess), time.Duration(w.meter.spent.Load())
	var left atomic.Int64
	left.Store(int64(b.N))
	var clientsDone sync.WaitGroup
	for _, op := range ops {
		clientsDone.Go(func() {
			for left.Add(-1) >= 0 {
				if err := op(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	clientsDone.Wait()
	all, leats = cpuTime(ofProcess)-all, time.Duration(w.meter.spent.Load())-leats
	b.ReportMetric(100*float64(leats)/float64(all), "%leat")
	b.ReportMetric(float64(all.Microseconds())/float64(b.N), "cpu-µs/op")
}

// ways runs a benchmark over a socket and without one.
func ways(b *testing.B, run func(b *testing.B, w *whole)) {
	b.Run("socket", func(b *testing.B) { run(b, newWhole(b, true)) })
	b.Run("memory", func(b *testing.B) { run(b, newWhole(b, false)) })
}

// BenchmarkWholeCycle sends, receives and deletes a message of 1 KiB: three calls.
func BenchmarkWholeCycle(b *testing.B) {
	for _, clients := range []int{1, 16} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			ways(b, func(b *testing.B, w *whole) {
				url := createQueue(b, awssqs.NewFromConfig(w.config), "q", nil)
				w.measure(b, clients, func() func() error { return sendReceiveDelete(awssqs.NewFromConfig(w.config), url) })
			})
		})
	}
}

func sendReceiveDelete(c *awssqs.Client, url *string) func() error {
	ctx := context.Background()
	return func() error {
		if _, err := c.SendMessage(ctx, &awssqs.SendMessageInput{QueueUrl: url, MessageBody: &wholeBody}); err != nil {
			return err
		}
		out, err := c.ReceiveMessage(ctx, &awssqs.ReceiveMessageInput{QueueUrl: url})
		if err != nil {
			return err
		}
		if len(out.Messages) != 1 {
			return fmt.Errorf("received %d messages", len(out.Messages))
		}
		_, err = c.DeleteMessage(ctx, &awssqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: out.Messages[0].ReceiptHandle})
		return err
	}
}

// BenchmarkWholePublish publishes 1 KiB to a topic with three queues, in envelopes.
func BenchmarkWholePublish(b *testing.B) {
	ways(b, func(b *testing.B, w *whole) {
		topic, err := w.cloud.SNS().CreateTopic("t", sns.Config{})
		if err != nil {
			b.Fatal(err)
		}
		var queues []*sqs.LocalQueue
		for _, name := range []string{"a", "b", "c"} {
			q, err := w.cloud.SQS().CreateQueue(name, sqs.Config{})
			if err != nil {
				b.Fatal(err)
			}
			if _, err := topic.Subscribe(b.Context(), sns.Subscription{Protocol: sns.ProtocolSQS, Address: q.ARN()}); err != nil {
				b.Fatal(err)
			}
			queues = append(queues, q)
		}
		c, n := awssns.NewFromConfig(w.config), 0
		w.measure(b, 1, func() func() error {
			return func() error {
				if n++; n%1000 == 0 {
					if err := emptied(b.Context(), queues, 1000); err != nil {
						return err
					}
				}
				_, err := c.Publish(context.Background(), &awssns.PublishInput{TopicArn: aws.String(topic.ARN()), Message: &wholeBody})
				return err
			}
		})
	})
}

// emptied deletes what is in the queues, so that memory does not grow with the benchmark.
func emptied(ctx context.Context, queues []*sqs.LocalQueue, most int) error {
	for _, q := range queues {
		messages, err := q.Receive(ctx, sqs.ReceiveRequest{MaxMessages: most, Wait: new(time.Duration(0))})
		if err != nil {
			return err
		}
		var handles []string
		for _, m := range messages {
			handles = append(handles, m.ReceiptHandle)
		}
		if err := q.Delete(ctx, handles...); err != nil {
			return err
		}
	}
	return nil
}

// BenchmarkWholePutRecords puts 500 records of 1 KiB at a time.
func BenchmarkWholePutRecords(b *testing.B) {
	const records = 500
	entries := make([]kinesistypes.PutRecordsRequestEntry, records)
	for i := range entries {
		entries[i] = kinesistypes.PutRecordsRequestEntry{Data: []byte(wholeBody), PartitionKey: aws.String(fmt.Sprint("key-", i))}
	}
	ways(b, func(b *testing.B, w *whole) {
		if _, err := w.cloud.Kinesis().CreateStream("s", kinesis.Config{ShardCount: 4, RetentionBytes: 64 << 20}); err != nil {
			b.Fatal(err)
		}
		c := awskinesis.NewFromConfig(w.config)
		w.measure(b, 1, func() func() error {
			return func() error {
				out, err := c.PutRecords(context.Background(), &awskinesis.PutRecordsInput{StreamName: aws.String("s"), Records: entries})
				if err == nil && *out.FailedRecordCount > 0 {
					err = fmt.Errorf("%d records failed", *out.FailedRecordCount)
				}
				return err
			}
		})
		b.ReportMetric(float64(b.N)*records/b.Elapsed().Seconds(), "records/s")
	})
}

// BenchmarkWholeMemory is what 100,000 messages of 1 KiB hold of the heap, sent by the SDK
// one at a time and in batches of ten, against their bytes.
func BenchmarkWholeMemory(b *testing.B) {
	const messages = 100_000
	for _, batch := range []int{1, 10} {
		b.Run(fmt.Sprintf("batch=%d", batch), func(b *testing.B) {
			for b.Loop() {
				w := newWhole(b, false)
				c := awssqs.NewFromConfig(w.config)
				url := createQueue(b, c, "q", nil)
				before := liveHeap()
				for n := 0; n < messages; n += batch {
					if err := sendBatch(c, url, n, batch); err != nil {
						b.Fatal(err)
					}
				}
				held := liveHeap() - before
				b.ReportMetric(float64(held)/messages/float64(len(wholeBody)), "×bytes")
				runtime.KeepAlive(w)
			}
		})
	}
}

// sendBatch sends messages numbered from n on, each with a text of its own.
func sendBatch(c *awssqs.Client, url *string, n, batch int) error {
	body := func(i int) *string { return aws.String(fmt.Sprintf("%-*d", len(wholeBody), n+i)) }
	if batch == 1 {
		_, err := c.SendMessage(context.Background(), &awssqs.SendMessageInput{QueueUrl: url, MessageBody: body(0)})
		return err
	}
	entries := make([]sqstypes.SendMessageBatchRequestEntry, batch)
	for i := range entries {
		entries[i] = sqstypes.SendMessageBatchRequestEntry{Id: aws.String(fmt.Sprint(i)), MessageBody: body(i)}
	}
	out, err := c.SendMessageBatch(context.Background(), &awssqs.SendMessageBatchInput{QueueUrl: url, Entries: entries})
	if err == nil && len(out.Successful) != batch {
		err = fmt.Errorf("%d of %d were sent", len(out.Successful), batch)
	}
	return err
}

// liveHeap is the heap in use after a collection.
func liveHeap() int64 {
	runtime.GC()
	runtime.GC() // what the first one finalized
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
