package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/leat-go/leat/kinesis"
)

// crowd is the visitors, and what they say of themselves.
type crowd struct {
	plan   plan
	stream kinesis.Stream
	room   *room
	visits errgroup.Group

	came        atomic.Int64
	shopped     atomic.Int64 // and left
	closed      atomic.Int64 // the page, at once
	vanished    atomic.Int64 // while inside, without a word
	turnedAway  atomic.Int64 // were removed while they waited, and there
	interrupted atomic.Int64
}

// visitor is what a visitor is like.
type visitor struct {
	token    string
	manner   manner
	shopping time.Duration // in the story
}

type manner int

const (
	patient  manner = iota
	closes          // closes the page at once
	vanishes        // has enough halfway through, and says nothing
)

// people makes the visitors of a plan, always the same ones. Who comes last sees a long
// line, and some do not wait.
func people(p plan) []visitor {
	random := rand.New(rand.NewPCG(p.seed, 0))
	visitors := make([]visitor, p.visitors)
	for i := range visitors {
		v := &visitors[i]
		v.token = fmt.Sprintf("visitor-%d", i+1)
		v.shopping = 4*time.Second + time.Duration(random.Int64N(int64(4*time.Second)))
		switch chance := random.Float64(); {
		case chance < 0.06:
			v.manner = vanishes
		case chance < 0.3 && i >= p.visitors*4/5:
			v.manner = closes
		}
	}
	return visitors
}

// come has the visitors come one after the other.
func (c *crowd) come(ctx context.Context) error {
	began, pause := time.Now(), c.plan.takes(rush)/time.Duration(c.plan.visitors)
	for i, v := range people(c.plan) {
		if !sleep(ctx, time.Until(began.Add(time.Duration(i)*pause))) {
			return context.Cause(ctx)
		}
		arrival, err := c.say(arrived, v)
		if err != nil {
			return err
		}
		c.came.Add(1)
		c.visits.Go(func() error { return c.visit(ctx, v, arrival) })
	}
	return nil
}

// visit waits to be let in. As a browser would it asks again and again, which is the sign
// of life, too.
func (c *crowd) visit(ctx context.Context, v visitor, arrival kinesis.SequenceNumber) error {
	if v.manner == closes {
		c.closed.Add(1)
		return nil
	}
	for {
		if !sleep(ctx, c.plan.takes(heartbeat)) {
			c.interrupted.Add(1)
			return nil
		}
		if _, err := c.say(seen, v); err != nil {
			return err
		}
		switch c.room.ask(v.token, arrival) {
		case inside:
			return c.shop(ctx, v)
		case gone:
			c.turnedAway.Add(1)
			return nil
		}
	}
}

func (c *crowd) shop(ctx context.Context, v visitor) error {
	rest := v.shopping
	if v.manner == vanishes {
		rest /= 2
	}
	for ; rest > 0; rest -= heartbeat {
		if !sleep(ctx, c.plan.takes(min(rest, heartbeat))) {
			c.interrupted.Add(1)
			return nil
		}
		if rest > heartbeat {
			if _, err := c.say(seen, v); err != nil {
				return err
			}
		}
	}
	if v.manner == vanishes {
		c.vanished.Add(1)
		return nil
	}
	_, err := c.say(left, v)
	if err == nil {
		c.shopped.Add(1)
	}
	return err
}

// say puts an event into the stream. An interruption does not concern it: it is said or not.
func (c *crowd) say(k kind, v visitor) (kinesis.SequenceNumber, error) {
	return put(context.Background(), c.stream, event{Kind: k, Token: v.token})
}

// gone counts those who have nothing to say any more.
func (c *crowd) gone() int {
	return int(c.shopped.Load() + c.closed.Load() + c.vanished.Load() + c.turnedAway.Load() + c.interrupted.Load())
}

// sleep waits; it returns false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
