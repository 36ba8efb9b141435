package snstest

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/leat-go/leat/sns"
)

// gate is an endpoint's reaction that waits until somebody opens, but not for ever: a
// topic that waits with it must come to an end too.
type gate struct {
	open    chan struct{}
	release func() // may be called again
}

func newGate(c *checker) gate {
	open := make(chan struct{})
	g := gate{open, sync.OnceFunc(func() { close(open) })}
	c.Cleanup(g.release)
	return g
}

func (g gate) wait(sns.Notification) error {
	select {
	case <-g.open:
	case <-time.After(30 * time.Second):
	}
	return nil
}

var slowRules = []rule{{
	name:  "slow subscribers/do not delay Publish",
	says:  "Publish returns before any endpoint has taken the message.",
	needs: Functions,
	verify: func(c *checker) {
		topic, g := c.topic(sns.Config{}), newGate(c)
		in := c.reacting(topic, sns.Subscription{}, g.wait)
		done := make(chan error, 1)
		go func() {
			for _, text := range []string{"1", "2", "3"} {
				if _, err := topic.Publish(c.Context(), entries(text)...); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
		select {
		case err := <-done:
			if err != nil {
				c.Fatalf("Publish: %v", err)
			}
		case <-time.After(10 * time.Second):
			c.Fatal("Publish waits for an endpoint")
		}
		g.release()
		in.expect("1", "2", "3")
	},
}, {
	name:  "slow subscribers/do not delay others",
	says:  "While an endpoint takes its time the other subscribers get everything.",
	needs: Functions,
	verify: func(c *checker) {
		topic, g := c.topic(sns.Config{}), newGate(c)
		slow := c.reacting(topic, sns.Subscription{}, g.wait)
		other := c.inbox(topic, sns.Subscription{})
		c.publishTexts(topic, "1", "2", "3")
		other.arrive(3)
		c.publishTexts(topic, "4")
		other.arrive(4)
		g.release()
		slow.expect("1", "2", "3", "4")
		other.expect("1", "2", "3", "4")
	},
}, {
	name:  "slow subscribers/are called once at a time",
	says:  "A subscription does not call its endpoint again before the last call has returned.",
	needs: Functions,
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		var inside, most atomic.Int64
		in := c.reacting(topic, sns.Subscription{}, func(sns.Notification) error {
			n := inside.Add(1)
			defer inside.Add(-1)
			most.Store(max(n, most.Load()))
			time.Sleep(10 * time.Millisecond)
			return nil
		})
		c.publishTexts(topic, "1", "2", "3", "4", "5")
		in.expect("1", "2", "3", "4", "5")
		if most.Load() > 1 {
			c.Fatalf("up to %d calls of one endpoint at a time", most.Load())
		}
	},
}, {
	name:  "slow subscribers/are told to stop",
	says:  "The context of a delivery ends when its subscription does, and what waited behind it is not delivered.",
	needs: Functions,
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		in := &inbox{c: c, topic: topic}
		stopped := make(chan error, 10) // more than there will be
		id := c.subscribe(topic, sns.Subscription{Endpoint: sns.EndpointFunc(func(ctx context.Context, n sns.Notification) error {
			in.deliver(ctx, n)
			select {
			case <-ctx.Done():
			case <-time.After(10 * time.Second):
			}
			stopped <- ctx.Err()
			return ctx.Err()
		})})
		c.publishTexts(topic, "1", "2")
		in.arrive(1)
		c.unsubscribe(topic, id)
		if err := <-stopped; err == nil {
			c.Fatal("after Unsubscribe the context of a delivery went on")
		}
		in.expect("1")
	},
}}
