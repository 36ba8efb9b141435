package leat_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/lambda"
	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

// fill makes a queue with a message, a topic that delivers to it, and a stream with a
// record.
func fill(t *testing.T, c *leat.Cloud) {
	t.Helper()
	ctx := t.Context()
	queue, err := c.SQS().CreateQueue("jobs", sqs.Config{})
	require.NoError(t, err)
	_, err = queue.Send(ctx, sqs.Entry{Body: "wash the car"})
	require.NoError(t, err)
	topic, err := c.SNS().CreateTopic("chores", sns.Config{})
	require.NoError(t, err)
	_, err = topic.Subscribe(ctx, sns.Subscription{Protocol: sns.ProtocolSQS, Address: queue.ARN(), RawMessageDelivery: true})
	require.NoError(t, err)
	stream, err := c.Kinesis().CreateStream("clicks", kinesis.Config{})
	require.NoError(t, err)
	_, err = stream.Put(ctx, kinesis.Entry{PartitionKey: "ann", Data: []byte("home")})
	require.NoError(t, err)
}

// requireFilled: what fill made is there, and the topic still finds the queue.
func requireFilled(t *testing.T, c *leat.Cloud) {
	t.Helper()
	ctx := t.Context()
	topic, err := c.SNS().Topic("chores")
	require.NoError(t, err)
	_, err = topic.Publish(ctx, sns.Entry{Message: "cook"})
	require.NoError(t, err)
	require.NoError(t, c.SNS().Flush(ctx))
	queue, err := c.SQS().Queue("jobs")
	require.NoError(t, err)
	messages, err := queue.Receive(ctx, sqs.ReceiveRequest{MaxMessages: 10})
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"wash the car", "cook"}, bodies(messages))
	stream, err := c.Kinesis().Stream("clicks")
	require.NoError(t, err)
	shards, err := stream.Shards(ctx)
	require.NoError(t, err)
	batch, err := stream.Read(ctx, kinesis.ReadRequest{ShardID: shards[0].ID})
	require.NoError(t, err)
	require.Len(t, batch.Records, 1)
	require.Equal(t, "home", string(batch.Records[0].Data))
}

func bodies(messages []sqs.Message) (all []string) {
	for _, m := range messages {
		all = append(all, m.Body)
	}
	return all
}

func TestReopen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := leat.Config{Dir: filepath.Join(t.TempDir(), "a", "b")}
		c := newCloud(t, cfg)
		fill(t, c)
		_, err := leat.New(cfg)
		require.ErrorIs(t, err, durable.ErrLocked)
		require.NoError(t, c.Close())
		require.NoError(t, c.Close())
		require.ErrorIs(t, c.Backup(t.Context(), t.TempDir()), leat.ErrClosed)

		var told []durable.Progress
		cfg.Durable.Progress = func(p durable.Progress) { told = append(told, p) }
		c = newCloud(t, cfg)
		requireFilled(t, c)
		require.Zero(t, c.Recovery())
		require.NotEmpty(t, told)
		last := durable.Progress{}
		for _, p := range told {
			require.GreaterOrEqual(t, p.Bytes, last.Bytes)
			require.LessOrEqual(t, p.Bytes, p.Total)
			last = p
		}
		require.Equal(t, last.Total, last.Bytes)
		require.Positive(t, last.Total)
	})
}

// TestPendingDeliveries: what was published when the Cloud ended reaches the queue, and the
// function when that is there again.
func TestPendingDeliveries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cfg := t.Context(), leat.Config{Dir: t.TempDir()}
		c := newCloud(t, cfg)
		fill(t, c)
		topic, err := c.SNS().Topic("chores")
		require.NoError(t, err)
		called := make(chan string, 100)
		register := func(c *leat.Cloud) *lambda.LocalFunction {
			f, err := c.Functions().Register("count", func(_ context.Context, payload []byte) ([]byte, error) {
				called <- string(payload)
				return []byte("null"), nil
			}, lambda.FunctionConfig{})
			require.NoError(t, err)
			return f
		}
		f := register(c)
		_, err = topic.Subscribe(ctx, sns.Subscription{Protocol: sns.ProtocolLambda, Address: f.ARN()})
		require.NoError(t, err)
		c.Functions().Reset()
		for i := range 20 {
			_, err = topic.Publish(ctx, sns.Entry{Message: fmt.Sprint("number ", i)})
			require.NoError(t, err)
		}
		require.NoError(t, c.Close())

		c = newCloud(t, cfg)
		queue, err := c.SQS().Queue("jobs")
		require.NoError(t, err)
		found := map[string]bool{}
		for {
			messages, err := queue.Receive(ctx, sqs.ReceiveRequest{MaxMessages: 10, Wait: new(time.Second)})
			require.NoError(t, err)
			if len(messages) == 0 {
				break
			}
			for _, m := range messages {
				found[m.Body] = true
			}
		}
		require.Len(t, found, 21)
		time.Sleep(10 * time.Minute) // nobody knows the function yet
		require.Empty(t, called)
		register(c)
		time.Sleep(time.Hour)
		require.Len(t, called, 20)
	})
}

// TestResetOfADirectory: it removes what the services have, for good, and nothing else.
func TestResetOfADirectory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := leat.Config{Dir: t.TempDir()}
		require.NoError(t, os.MkdirAll(filepath.Join(cfg.Dir, "mine"), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(cfg.Dir, "mine", "file"), []byte("x"), 0o600))
		c := newCloud(t, cfg)
		handler := c.HTTPClient()
		for range 3 {
			fill(t, c) // nothing is there, not even the names
			before := c.SQS()
			require.NoError(t, c.Reset())
			require.NotSame(t, before, c.SQS())
			_, err := before.CreateQueue("other", sqs.Config{})
			require.ErrorIs(t, err, sqs.ErrClosed)
			response, err := handler.Do(request(t, anywhere, `{}`, json10, "X-Amz-Target: AmazonSQS.ListQueues"))
			require.NoError(t, err)
			require.NoError(t, response.Body.Close())
			_, err = leat.New(cfg)
			require.ErrorIs(t, err, durable.ErrLocked)
		}
		require.NoError(t, c.Close())
		require.ErrorIs(t, c.Reset(), leat.ErrClosed)
		c = newCloud(t, cfg)
		_, err := c.SQS().Queue("jobs")
		require.ErrorIs(t, err, sqs.ErrQueueDoesNotExist)
		text, err := os.ReadFile(filepath.Join(cfg.Dir, "mine", "file"))
		require.NoError(t, err)
		require.Equal(t, "x", string(text))
	})
}

// TestResetThatWasBrokenOff: what a crash in the middle of a Reset has left is no damage.
func TestResetThatWasBrokenOff(t *testing.T) {
	cfg := leat.Config{Dir: t.TempDir()}
	c := newCloud(t, cfg)
	fill(t, c)
	require.NoError(t, c.Close())
	require.NoError(t, os.Remove(filepath.Join(cfg.Dir, "sqs", "manifest")))
	_, err := leat.New(cfg)
	require.ErrorIs(t, err, durable.ErrCorrupt)

	require.NoError(t, os.WriteFile(filepath.Join(cfg.Dir, "resetting"), nil, 0o600))
	c = newCloud(t, cfg)
	fill(t, c)
	require.NoError(t, c.Close())
	c = newCloud(t, cfg)
	requireFilled(t, c)
}

// TestResetsAndClose of a Cloud with a directory may be at the same time.
func TestResetsAndClose(t *testing.T) {
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			cfg := leat.Config{Dir: t.TempDir()}
			c := newCloud(t, cfg)
			results := make(chan error, 4)
			for range cap(results) {
				go func() { results <- c.Reset() }()
			}
			require.NoError(t, c.Close())
			for range cap(results) {
				if err := <-results; err != nil {
					require.ErrorIs(t, err, leat.ErrClosed)
				}
			}
			_, err := c.SQS().CreateQueue("jobs", sqs.Config{})
			require.ErrorIs(t, err, sqs.ErrClosed)
			fill(t, newCloud(t, cfg))
		})
	}
}

// TestAFailedNew closes what it had opened.
func TestAFailedNew(t *testing.T) {
	for _, name := range []string{"sqs", "kinesis", "sns"} {
		cfg := leat.Config{Dir: t.TempDir()}
		c := newCloud(t, cfg)
		fill(t, c)
		require.NoError(t, c.Close())
		manifest := filepath.Join(cfg.Dir, name, "manifest")
		good, err := os.ReadFile(manifest)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(manifest, []byte("nonsense"), 0o600))
		_, err = leat.New(cfg)
		require.ErrorIs(t, err, durable.ErrCorrupt, name)
		require.NoError(t, os.WriteFile(manifest, good, 0o600))
		_, err = leat.New(leat.Config{Dir: cfg.Dir, TransitionTime: -1})
		require.Error(t, err)
		c = newCloud(t, cfg)
		requireFilled(t, c)
	}
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := leat.New(leat.Config{Dir: file})
	require.ErrorContains(t, err, file)
}

func TestBackup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, leat.Config{Dir: t.TempDir()})
		fill(t, c)
		copied := filepath.Join(t.TempDir(), "copy")
		require.NoError(t, c.Backup(t.Context(), copied))
		require.ErrorIs(t, c.Backup(t.Context(), copied), durable.ErrInvalid, "it is not empty")
		cancelled, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, c.Backup(cancelled, t.TempDir()), context.Canceled)
		for _, name := range []string{"sqs", "sns", "kinesis"} {
			_, err := durable.Verify(t.Context(), filepath.Join(copied, name), nil)
			require.NoError(t, err, name)
		}
		requireFilled(t, newCloud(t, leat.Config{Dir: copied}))
		requireFilled(t, c)

		memory := newCloud(t, leat.Config{})
		require.ErrorIs(t, memory.Backup(t.Context(), t.TempDir()), durable.ErrInvalid)
		require.Zero(t, memory.Recovery())
	})
}

// TestBackupDuringDeliveries: whether or not a notification was delivered when each of the
// services was copied, it is in the copy.
func TestBackupDuringDeliveries(t *testing.T) {
	c := newCloud(t, leat.Config{Dir: t.TempDir(), Durable: durable.Options{Sync: durable.SyncNever}})
	fill(t, c)
	topic, err := c.SNS().Topic("chores")
	require.NoError(t, err)
	batch := []sns.Entry{}
	for i := range 5_000 {
		batch = append(batch, sns.Entry{Message: fmt.Sprint(i)})
	}
	_, err = topic.Publish(t.Context(), batch...)
	require.NoError(t, err)
	copied := t.TempDir()
	require.NoError(t, c.Backup(t.Context(), copied))

	c = newCloud(t, leat.Config{Dir: copied})
	require.NoError(t, c.SNS().Flush(t.Context()))
	queue, err := c.SQS().Queue("jobs")
	require.NoError(t, err)
	found := map[string]bool{}
	for _, m := range queue.Peek(1 << 30) {
		found[m.Body] = true
	}
	for _, e := range batch {
		require.True(t, found[e.Message], e.Message)
	}
}

// TestRecovery: what is damaged is refused, and named by its place when it was dropped.
func TestRecovery(t *testing.T) {
	cfg := leat.Config{Dir: t.TempDir(), Durable: durable.Options{SegmentSize: 512}}
	c := newCloud(t, cfg)
	fill(t, c)
	queue, err := c.SQS().Queue("jobs")
	require.NoError(t, err)
	for i := range 40 {
		_, err := queue.Send(t.Context(), sqs.Entry{Body: fmt.Sprint("number ", i)})
		require.NoError(t, err)
	}
	require.NoError(t, c.Close())
	segments, err := filepath.Glob(filepath.Join(cfg.Dir, "sqs", "segment-*"))
	require.NoError(t, err)
	require.Greater(t, len(segments), 2)
	damaged := segments[1]
	content, err := os.ReadFile(damaged)
	require.NoError(t, err)
	content[100]++
	require.NoError(t, os.WriteFile(damaged, content, 0o600))
	_, err = leat.New(cfg)
	require.ErrorIs(t, err, durable.ErrCorrupt)
	require.ErrorContains(t, err, filepath.Base(damaged))

	cfg.Durable.Salvage = true
	c = newCloud(t, cfg)
	dropped := c.Recovery().Dropped
	require.NotEmpty(t, dropped)
	require.Equal(t, "sqs/"+filepath.Base(damaged), dropped[0].File)
	queue, err = c.SQS().Queue("jobs")
	require.NoError(t, err)
	require.Greater(t, len(queue.Peek(100)), 20)
}
