package sqstest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/leat-go/leat/sqs"
)

var concurrencyRules = []rule{{
	name:  "concurrency/standard",
	says:  "With many senders and receivers at once every message is received, and none twice while it is in flight.",
	waits: 10 * time.Second,
	verify: func(c *checker) {
		var want []string
		for _, bodies := range trafficBodies() {
			want = append(want, bodies...)
		}
		var got []string
		for _, bodies := range c.traffic(c.queue(sqs.Config{}), false) {
			got = append(got, bodies...)
		}
		c.same(want, got, "received")
	},
}, {
	name:  "concurrency/FIFO",
	says:  "With many senders and receivers at once every group of a FIFO queue keeps its order.",
	needs: FIFO,
	waits: 10 * time.Second,
	verify: func(c *checker) {
		got := c.traffic(c.queue(sqs.Config{FIFO: true}), true)
		for group, bodies := range trafficBodies() {
			c.equal(bodies, got[group], "received of the group "+group)
		}
	},
}}

// trafficBodies returns what the senders of traffic send, by their groups.
func trafficBodies() map[string][]string {
	groups := make(map[string][]string)
	for _, group := range []string{"a", "b", "c", "d"} {
		for i := range 50 {
			groups[group] = append(groups[group], fmt.Sprintf("%s%02d", group, i))
		}
	}
	return groups
}

// traffic sends and receives at once, and returns the bodies that were received, by
// group, in the order of their coming.
func (c *checker) traffic(q sqs.Queue, fifo bool) map[string][]string {
	c.Helper()
	var (
		working sync.WaitGroup
		count   atomic.Int64 // of messages received
		mu      sync.Mutex
		got     = make(map[string][]string) // guarded by mu
		problem error                       // guarded by mu
	)
	note := func(err error) (stop bool) {
		mu.Lock()
		defer mu.Unlock()
		if problem == nil {
			problem = err
		}
		return problem != nil
	}
	for group, bodies := range trafficBodies() {
		working.Go(func() {
			for chunk := range slices.Chunk(inGroup(group, bodies...), 5) {
				for i := range chunk {
					if !fifo {
						chunk[i].DeduplicationID = ""
					}
				}
				if _, err := q.Send(c.Context(), chunk...); note(err) {
					return
				}
			}
		})
	}
	for range 4 {
		working.Go(func() {
			for idle := 0; idle < 20; { // then there is nothing more to come
				messages, err := q.Receive(c.Context(), sqs.ReceiveRequest{MaxMessages: 3})
				if note(err) {
					return
				}
				if len(messages) == 0 {
					idle++
					time.Sleep(100 * time.Millisecond)
					continue
				}
				idle = 0
				mu.Lock()
				for _, m := range messages {
					got[m.GroupID] = append(got[m.GroupID], m.Body)
				}
				mu.Unlock()
				if count.Add(int64(len(messages))) > 2000 {
					note(errors.New("messages that are deleted are received again, and again"))
					return
				}
				time.Sleep(10 * time.Millisecond) // the others must not get them meanwhile
				if note(q.Delete(c.Context(), handlesOf(messages)...)) {
					return
				}
			}
		})
	}
	working.Wait()
	if problem != nil {
		c.Fatal(problem)
	}
	return got
}
