package main

import (
	"context"

	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

// alarm does for a queue what a CloudWatch alarm does on AWS: when there are messages
// on it, it publishes a notice, once, and another when there are none any more.
type alarm struct {
	queue  *sqs.LocalQueue
	topic  sns.Publisher
	raised bool

	alarms, allClear int // notices
}

// check looks at the queue. It is to be called now and then.
func (a *alarm) check(ctx context.Context) error {
	letters := a.queue.Metrics().ApproximateNumberOfMessagesVisible > 0
	if letters == a.raised {
		return nil
	}
	notice := sns.Entry{
		Subject: "ALARM: there are dead letters on " + a.queue.Name(),
		Message: "Orders failed again and again, and were put aside.\nThe others are shipped meanwhile.",
	}
	if !letters {
		notice = sns.Entry{
			Subject: "OK: there are no dead letters on " + a.queue.Name(),
			Message: "Nothing is put aside any more.",
		}
	}
	if _, err := a.topic.Publish(ctx, notice); err != nil {
		return err
	}
	a.raised = letters
	if letters {
		a.alarms++
	} else {
		a.allClear++
	}
	return nil
}
