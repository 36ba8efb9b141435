package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/lambda"
	"github.com/leat-go/leat/sqs"
)

// story is one run of the program.
type story struct {
	plan   plan
	stream *kinesis.LocalStream // of events
	queue  *sqs.LocalQueue      // of checks

	room       *room
	checker    *checker
	statistics *statistics
	watch      *watch
	crowd      *crowd
	show       *display

	deciding, counting *lambda.EventSource // of the stream
	checking           *lambda.EventSource // of the queue

	streams *kinesis.Service
	queues  *sqs.Service
	over    bool // everybody is gone, and nothing interrupted the story
}

// newStory wires everything.
func newStory(p plan, stdout, stderr io.Writer) (*story, error) {
	s := &story{plan: p, show: &display{stdout: stdout, stderr: stderr}}
	var err error
	if s.streams, err = kinesis.NewService(kinesis.ServiceConfig{}); err != nil {
		return nil, err
	}
	if s.queues, err = sqs.NewService(sqs.ServiceConfig{}); err != nil {
		return nil, err
	}
	// One shard has one order. Where that is not enough, tickets need a stream of their own.
	if s.stream, err = s.streams.CreateStream("tokens", kinesis.Config{ShardCount: 1}); err != nil {
		return nil, err
	}
	if s.queue, err = s.queues.CreateQueue("checks", sqs.Config{Delay: p.takes(checkEvery)}); err != nil {
		return nil, err
	}
	if s.watch, err = newWatch(s.queues, s.streams, s.show); err != nil {
		return nil, err
	}
	s.room = newRoom(p.places, p.patience(), s.stream)
	s.checker = &checker{queue: s.queue, room: s.room, patience: p.patience(), stream: s.stream}
	s.room.scheduler = s.checker
	s.statistics = newStatistics(p.visitors, s.watch.waiting, s.watch.inside)
	s.crowd = &crowd{plan: p, stream: s.stream, room: s.room}
	return s, s.connect()
}

// connect makes functions of the parts: two that read the stream, each at its own pace,
// and one for the queue.
func (s *story) connect() (err error) {
	if s.deciding, err = lambda.FromStream(s.stream, s.room.handle, lambda.StreamConfig{OnError: s.show.complain}); err != nil {
		return err
	}
	if s.counting, err = lambda.FromStream(s.stream, s.statistics.handle, lambda.StreamConfig{OnError: s.show.complain}); err != nil {
		return err
	}
	s.checking, err = lambda.FromQueue(s.queue, sqs.Each(s.checker.handle), lambda.QueueConfig{OnError: s.show.complain})
	return err
}

// tell lets it happen. Whatever does, even an interruption, it ends with an account.
func (s *story) tell(ctx context.Context) error {
	unhurried := context.WithoutCancel(ctx) // what was said is read, interrupted or not
	var running errgroup.Group
	for _, source := range s.sources() {
		running.Go(func() error { return source.Run(unhurried) })
	}
	stopMetrics := s.watch.every(s.plan, s.show)
	err := s.happen(ctx)
	stopMetrics()
	err = errors.Join(err, s.end(unhurried), running.Wait())

	s.show.table(s.statistics.table())
	s.show.say(fmt.Sprintf("\nat most %d of %d places were taken", s.statistics.now().mostInside, s.plan.places))
	account, moment := s.account(), s.moment()
	s.show.account(account)
	s.show.figures(s.plan, s.statistics.now(), moment)
	return errors.Join(err, check(append(account, moment...)), s.crowded())
}

func (s *story) sources() []*lambda.EventSource {
	return []*lambda.EventSource{s.deciding, s.counting, s.checking}
}

// happen is what happens, if nothing interrupts it.
func (s *story) happen(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // the visits end, whatever went wrong
	if err := s.watch.subscribe(ctx); err != nil {
		return err
	}
	s.show.say(fmt.Sprintf("the shop opens, with %d places; %d visitors come in %v", s.plan.places, s.plan.visitors, rush))
	if err := s.watch.begin(s.plan); err != nil {
		return err
	}
	if err := s.crowd.come(ctx); err != nil {
		return err
	}
	if err := s.wait(ctx, s.quiet); err != nil {
		return err
	}
	s.over = true
	s.show.say("the last visitor is gone")
	return nil
}

// quiet tells whether everybody is gone, and the alarm is over and its mails are there.
func (s *story) quiet() bool {
	tickets, waiting, inside := s.room.count()
	return s.crowd.gone() == s.plan.visitors && tickets == s.plan.visitors && waiting+inside == 0 &&
		s.caughtUp() && s.watch.quiet()
}

// caughtUp tells whether both functions have read everything in the stream.
func (s *story) caughtUp() bool {
	records := int(s.stream.Summary().Records)
	return s.room.progress() == records && s.statistics.now().all == records
}

// patience is how long nothing may change before the story is given up: far longer than a
// token may be silent, or the alarm takes to be over.
func (s *story) patience() time.Duration { return 10*time.Second + s.plan.takes(2*time.Minute) }

// wait returns when done holds, or ctx ends, or nobody has left for too long.
func (s *story) wait(ctx context.Context, done func() bool) error {
	before, changed := -1, time.Now()
	for !done() {
		f := s.statistics.now()
		switch now := f.left + f.expiredWaiting + f.expiredInside + s.watch.changes(); {
		case now != before:
			before, changed = now, time.Now()
		case time.Since(changed) > s.patience():
			return fmt.Errorf("nothing changed for %v", s.patience())
		}
		if !sleep(ctx, s.plan.takes(resolution)) {
			return context.Cause(ctx)
		}
	}
	return nil
}

// end lets what is under way arrive: nobody says anything any more, no token is looked at,
// the functions read the rest of the stream, and the mails are sent.
func (s *story) end(ctx context.Context) error {
	err := errors.Join(s.crowd.visits.Wait(), s.checking.Shutdown(ctx), s.wait(ctx, s.caughtUp))
	err = errors.Join(err, s.deciding.Shutdown(ctx), s.counting.Shutdown(ctx))
	limited, cancel := context.WithTimeout(ctx, s.patience())
	defer cancel()
	return errors.Join(err, s.watch.end(limited))
}

// close removes what the story leaves behind.
func (s *story) close() error {
	errs := []error{s.watch.close(), s.streams.Close(), s.queues.Close()}
	for _, source := range s.sources() {
		errs = append(errs, source.Close())
	}
	return errors.Join(errs...)
}
