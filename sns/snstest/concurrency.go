package snstest

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/leat-go/leat/sns"
)

var concurrencyRules = []rule{{
	name:  "concurrency/publishers",
	says:  "With many publishers at once every subscriber gets every message once, and those of one publisher in its order.",
	needs: Order,
	waits: 10 * time.Second,
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		inboxes := []*inbox{c.inbox(topic, sns.Subscription{}), c.inbox(topic, sns.Subscription{}), c.inbox(topic, sns.Subscription{})}
		const publishers, each = 4, 50
		c.together(publishers, func(p int) error {
			for i := range each {
				if _, err := topic.Publish(c.Context(), entries(fmt.Sprintf("%d/%02d", p, i))...); err != nil {
					return err
				}
			}
			return nil
		})
		for _, in := range inboxes {
			got := make(map[string][]string)
			for _, n := range in.get(publishers * each) {
				p, number, _ := strings.Cut(n.Message, "/")
				got[p] = append(got[p], number)
			}
			for p := range publishers {
				var want []string
				for i := range each {
					want = append(want, fmt.Sprintf("%02d", i))
				}
				c.equal(want, got[fmt.Sprint(p)], fmt.Sprint("delivered of publisher ", p))
			}
		}
	},
}, {
	name:  "concurrency/subscribers come and go",
	says:  "While subscribers come and go those that stay get every message, and one that went gets nothing more.",
	waits: 10 * time.Second,
	needs: Functions,
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		stays := c.inbox(topic, sns.Subscription{})
		const each = 40
		var texts []string
		for i := range each {
			texts = append(texts, fmt.Sprint(i))
		}
		var mu sync.Mutex
		var guests []*inbox // guarded by mu
		c.together(3, func(p int) error {
			for i := range each {
				if p == 0 {
					if _, err := topic.Publish(c.Context(), entries(texts[i])...); err != nil {
						return err
					}
					continue
				}
				guest := &inbox{c: c, topic: topic}
				id, err := topic.Subscribe(c.Context(), sns.Subscription{Endpoint: sns.EndpointFunc(guest.deliver)})
				if err == nil {
					err = topic.Unsubscribe(c.Context(), id)
				}
				if err != nil {
					return err
				}
				mu.Lock()
				guests = append(guests, guest)
				mu.Unlock()
			}
			return nil
		})
		c.settle(topic)
		stays.expect(texts...)
		before := make([]int, len(guests))
		for i, guest := range guests {
			before[i] = len(guest.notifications())
		}
		c.publishTexts(topic, "last")
		stays.expect(append(texts, "last")...)
		for i, guest := range guests {
			if got := guest.notifications(); len(got) > before[i] {
				c.Fatalf("after Unsubscribe came %q", textsOf(got[before[i]:]))
			}
		}
	},
}}

// together runs n tasks at once.
func (c *checker) together(n int, task func(p int) error) {
	c.Helper()
	var working sync.WaitGroup
	failures := make(chan error, n)
	for p := range n {
		working.Go(func() { failures <- task(p) })
	}
	working.Wait()
	for range n {
		if err := <-failures; err != nil {
			c.Fatal(err)
		}
	}
}
