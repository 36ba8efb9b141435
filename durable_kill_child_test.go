package leat_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

// killEnv is set in a process that is there to be killed, to the JSON of a victim.
const killEnv = "LEAT_KILL"

// TestMain is that process, which TestKill has started, or runs the tests.
func TestMain(m *testing.M) {
	if text := os.Getenv(killEnv); text != "" {
		v := victim{out: os.Stdout}
		err := json.Unmarshal([]byte(text), &v)
		if err == nil {
			go func() { // whoever has started it is gone
				_, _ = io.Copy(io.Discard, os.Stdin)
				os.Exit(3)
			}()
			err = v.run()
		}
		v.say("error", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// victim uses a Cloud until it is killed, and says on its standard output what it is about to
// do, and what was acknowledged: a line for each, whose words are separated by tabs.
type victim struct {
	Dir          string
	Round        int
	Sync         durable.Policy
	SegmentSize  int64
	MemoryBudget int64
	Resets       bool // it does nothing but reset its Cloud

	mu    sync.Mutex
	out   io.Writer // guarded by mu
	cloud *leat.Cloud
}

// The things that a victim uses. Each group of queues is one in which messages move.
const (
	jobsQueue, ordersQueue, deadQueue  = "jobs", "orders.fifo", "dead.fifo"
	newsQueue, alertsQueue, eventQueue = "news", "alerts", "events.fifo"
	newsTopic, eventTopic              = "stories", "events.fifo"
	clicksStream, readersGroup         = "clicks", "readers"

	retainedBytes = 256 << 10 // of the stream
	backlog       = 150       // messages in a queue: then who sends waits
)

func (v *victim) config() leat.Config {
	return leat.Config{Dir: v.Dir, Relaxed: true, Durable: durable.Options{Sync: v.Sync, SegmentSize: v.SegmentSize, MemoryBudget: v.MemoryBudget}}
}

func (v *victim) say(words ...any) {
	line := make([]string, len(words))
	for i, w := range words {
		line[i] = fmt.Sprint(w)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	_, _ = io.WriteString(v.out, strings.Join(line, "\t")+"\n")
}

func (v *victim) run() (err error) {
	v.say("opening")
	if v.cloud, err = leat.New(v.config()); err != nil {
		return err
	}
	v.say("open")
	if v.Resets {
		return v.reset()
	}
	if err := v.create(); err != nil {
		return err
	}
	v.say("ready")
	failed := make(chan error)
	for i, work := range []func(worker int) error{
		v.send, v.send, v.receive(jobsQueue, 0.7), v.receive(jobsQueue, 1),
		v.sendOrders, v.sendOrders, v.receive(ordersQueue, 1), v.receive(deadQueue, 0.5), v.redrive,
		v.publish, v.publish, v.receive(newsQueue, 0.9), v.receive(alertsQueue, 0.9),
		v.publishEvents, v.receive(eventQueue, 0.9),
		v.put, v.put, v.readAsGroup, v.tag, v.copy,
	} {
		go func() { failed <- work(i) }()
	}
	return <-failed
}

// create makes what is not there yet. What was made once must be there.
func (v *victim) create() error {
	queue := func(name string, cfg sqs.Config) (*sqs.LocalQueue, error) {
		q, err := v.cloud.SQS().Queue(name)
		if errors.Is(err, sqs.ErrQueueDoesNotExist) {
			if q, err = v.cloud.SQS().CreateQueue(name, cfg); err == nil {
				v.say("made", "queue", name)
			}
		}
		return q, err
	}
	hidden := new(2 * time.Second)
	dead, err := queue(deadQueue, sqs.Config{FIFO: true, VisibilityTimeout: hidden})
	if err != nil {
		return err
	}
	queues := map[string]*sqs.LocalQueue{}
	for name, cfg := range map[string]sqs.Config{
		jobsQueue:   {VisibilityTimeout: hidden},
		ordersQueue: {FIFO: true, VisibilityTimeout: hidden, RedrivePolicy: &sqs.RedrivePolicy{DeadLetterTargetARN: dead.ARN(), MaxReceiveCount: 3}},
		newsQueue:   {VisibilityTimeout: hidden}, alertsQueue: {VisibilityTimeout: hidden},
		eventQueue: {FIFO: true, VisibilityTimeout: hidden},
	} {
		if queues[name], err = queue(name, cfg); err != nil {
			return err
		}
	}
	for name, to := range map[string][]string{newsTopic: {newsQueue, alertsQueue}, eventTopic: {eventQueue}} {
		topic, err := v.cloud.SNS().CreateTopic(name, sns.Config{FIFO: strings.HasSuffix(name, ".fifo")})
		if err != nil {
			return err
		}
		for _, q := range to {
			if _, err := topic.Subscribe(context.Background(), sns.Subscription{Protocol: sns.ProtocolSQS, Address: queues[q].ARN(), RawMessageDelivery: true}); err != nil {
				return err
			}
		}
		v.say("made", "topic", name)
	}
	if _, err := v.cloud.Kinesis().Stream(clicksStream); errors.Is(err, kinesis.ErrResourceNotFound) {
		if _, err := v.cloud.Kinesis().CreateStream(clicksStream, kinesis.Config{ShardCount: 2, RetentionBytes: retainedBytes}); err != nil {
			return err
		}
		v.say("made", "stream", clicksStream)
	} else if err != nil {
		return err
	}
	return nil
}

// copyOf is where the backup of a round is.
func (v *victim) copyOf() string { return fmt.Sprintf("%s-copy-%d", v.Dir, v.Round) }

// copy makes a backup at some moment.
func (v *victim) copy(int) error {
	time.Sleep(time.Duration(rand.IntN(100)) * time.Millisecond)
	v.say("copying")
	if err := v.cloud.Backup(context.Background(), v.copyOf()); err != nil {
		return err
	}
	v.say("copied")
	select {}
}

// reset makes everything, and removes it again.
func (v *victim) reset() error {
	v.say("ready")
	for {
		if err := v.create(); err != nil {
			return err
		}
		v.say("reset", "begins")
		if err := v.cloud.Reset(); err != nil {
			return err
		}
		v.say("reset", "ends")
	}
}
