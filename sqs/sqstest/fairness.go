package sqstest

import (
	"fmt"

	"github.com/leat-go/leat/sqs"
)

var fairnessRules = []rule{{
	name:  "fair queues/a noisy group waits",
	says:  "On a standard queue a group that has at least 30 messages in flight, and more than a tenth of all, waits while other groups have any.",
	needs: FairQueues,
	verify: func(c *checker) {
		q := c.queue(sqs.Config{})
		for i := range 6 {
			batch := make([]sqs.Entry, 10)
			for k := range batch {
				batch[k] = sqs.Entry{Body: fmt.Sprint("noisy ", 10*i+k), GroupID: "noisy"}
			}
			c.send(q, batch...)
		}
		c.take(q, 30)
		c.send(q, sqs.Entry{Body: "quiet 1", GroupID: "quiet"}, sqs.Entry{Body: "quiet 2", GroupID: "quiet"}, sqs.Entry{Body: "no group"})
		c.same([]string{"quiet 1", "quiet 2", "no group"}, bodiesOf(c.take(q, 3)), "received")
		for _, m := range c.take(q, 30) {
			if m.GroupID != "noisy" {
				c.Fatalf("received %q, expected one of the noisy group", m.Body)
			}
		}
	},
}}
