package leat

import (
	"errors"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/leat-go/leat/cloudwatch"
	"github.com/leat-go/leat/console"
	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/firehose"
	"github.com/leat-go/leat/kinesis/firehose/firehosehttp"
	"github.com/leat-go/leat/kinesis/kinesishttp"
	"github.com/leat-go/leat/lambda"
	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sns/snshttp"
	"github.com/leat-go/leat/sqs"
	"github.com/leat-go/leat/sqs/sqshttp"
)

// Cloud is queues, topics, streams, delivery streams and functions that know each
// other by their ARNs, as those of one cloud do: topics deliver to queues, functions and
// delivery streams, streams feed delivery streams. It has any number of accounts and
// regions; the services that it returns are as Config's account sees them in Config's
// region, and their As methods give the other views.
//
// It is in memory, or keeps queues, topics and streams in a directory, as Config.Dir says; then
// it needs a Close.
//
// All methods may be called concurrently. Two Clouds share nothing.
type Cloud struct {
	config Config
	now    atomic.Pointer[generation]
	dir    *directory    // nil in memory
	turn   chan struct{} // has room for the one Reset at a time of a Cloud with a dir

	mu     sync.Mutex     // held while one generation takes the place of another, not while one ends
	closed bool           // guarded by mu
	resets sync.WaitGroup // what Close waits for; increased under mu while not closed
}

// Handlers are the front ends of the services, for those who want to inject faults or
// to serve one alone.
type Handlers struct {
	SQS      *sqshttp.Handler
	SNS      *snshttp.Handler
	Kinesis  *kinesishttp.Handler
	Firehose *firehosehttp.Handler
}

// New returns an empty cloud, or what is in Config.Dir. It fails with the errors of the
// services' NewService if the account or the region is malformed, or TransitionTime is
// negative. With a Dir it also fails with durable.ErrLocked if somebody has it open, and as
// the services' Open do; then nothing stays open.
func New(cfg Config) (c *Cloud, err error) {
	c = &Cloud{config: cfg, turn: make(chan struct{}, 1)}
	if cfg.Dir != "" {
		if c.dir, err = openDirectory(cfg.Dir); err != nil {
			return nil, err
		}
	}
	g, err := newGeneration(&c.config)
	if err != nil {
		if c.dir != nil {
			c.dir.close()
		}
		return nil, err
	}
	c.now.Store(g)
	return c, nil
}

// SQS returns the queues.
func (c *Cloud) SQS() *sqs.Service { return c.now.Load().queues }

// SNS returns the topics.
func (c *Cloud) SNS() *sns.Service { return c.now.Load().topics }

// Kinesis returns the streams.
func (c *Cloud) Kinesis() *kinesis.Service { return c.now.Load().streams }

// Firehose returns the delivery streams.
func (c *Cloud) Firehose() *firehose.Service { return c.now.Load().deliveries }

// Functions returns the functions that topics and delivery streams find by their ARNs.
func (c *Cloud) Functions() *lambda.Functions { return c.now.Load().functions }

// Metrics returns what the services count, under CloudWatch's names, and the alarms. It
// has the account and region of Config, and the metrics of another view belong in a registry
// of their own; balancers are added by those who have them.
func (c *Cloud) Metrics() *cloudwatch.Registry { return c.now.Load().metrics }

// Console returns a page for people that shows the services, and the alarms of Metrics. The
// services of cfg.Sources are set by the Cloud, also after a Reset; what else it has, such as
// balancers, is shown as well.
func (c *Cloud) Console(cfg console.Config) http.Handler {
	others := cfg.Sources
	cfg.Sources = func() console.Sources {
		var s console.Sources
		if others != nil {
			s = others()
		}
		g := c.now.Load()
		s.Queues, s.Topics, s.Streams, s.DeliveryStreams = g.queues, g.topics, g.streams, g.deliveries
		s.Alarms = append(s.Alarms, g.metrics.Alarms()...)
		return s
	}
	return console.New(cfg)
}

// Handlers returns the front ends of the services.
func (c *Cloud) Handlers() Handlers { return c.now.Load().handlers }

// Reset ends everything there is and begins anew with nothing: no queues, topics,
// streams, functions, faults, metrics or alarms; the files in Config.Objects stay. Who waits
// on something of before gets an error. What Handler, RoundTripper, HTTPClient and Console
// returned goes on, and serves what is new; what the other methods returned is of before.
// Reset returns when all has ended; it must not be called by what it waits for, as a
// function or an alarm's OnChange. After Close it fails with ErrClosed.
//
// With a Config.Dir it removes what is in the services' subdirectories for good, and nothing else.
// Until that is done requests are answered as by closed services. If it can not be
// done the Cloud stays like that; Reset may be called again, and a New with the directory
// ends what was begun.
func (c *Cloud) Reset() error {
	if c.dir != nil {
		return c.resetDir()
	}
	before, err := c.renew()
	if err != nil {
		return err
	}
	defer c.resets.Done()
	_, err = before.end() // nobody wants what was not delivered
	return err
}

// renew puts a new generation in the place of the one before, which it returns. The caller
// ends that, and then calls c.resets.Done.
func (c *Cloud) renew() (before *generation, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, ErrClosed
	}
	g, err := newGeneration(&c.config)
	if err != nil {
		return nil, err
	}
	c.resets.Add(1)
	return c.now.Swap(g), nil
}

// resetDir is Reset for a Cloud with a directory, which two generations can not share.
func (c *Cloud) resetDir() error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return ErrClosed
	}
	c.resets.Add(1)
	c.mu.Unlock()
	defer c.resets.Done()
	c.turn <- struct{}{}
	defer func() { <-c.turn }()
	if c.isClosed() {
		return ErrClosed
	}

	// What ends with an error is removed all the same.
	_, ended := c.now.Load().end()
	if err := c.dir.erase(); err != nil {
		return errors.Join(ended, err)
	}
	g, err := newGeneration(&c.config)
	if err != nil {
		return errors.Join(ended, err)
	}
	if !c.install(g) {
		_, err = g.end()
		return errors.Join(ended, err)
	}
	return ended
}

func (c *Cloud) isClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

// install puts a generation in the place of the one before, unless the Cloud is closed.
func (c *Cloud) install(g *generation) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.now.Store(g)
	}
	return !c.closed
}

// ErrClosed is the error of a Cloud that was closed.
var ErrClosed = errors.New("leat: the cloud is closed")

// Close ends everything there is; later operations fail. It may be called again, but not by
// what it waits for, see Reset. Records that delivery streams had accepted and not delivered
// are an error here, which wraps firehose.ErrUndelivered; Firehose().Shutdown before lets
// them arrive, as SNS().Shutdown does for notifications; those of a Cloud with a Dir go on when
// it is opened again. With a Dir, Close returns when all is written and synced, and the directory
// is free.
func (c *Cloud) Close() error {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	undelivered, err := c.now.Load().end()
	c.resets.Wait()
	if c.dir != nil {
		c.dir.close()
	}
	return errors.Join(err, undelivered)
}
