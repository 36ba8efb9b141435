package main

import (
	"context"
	"encoding/json"
	"sync/atomic"
	"time"

	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/sqs"
)

// checker looks at each token every 10 s. For each there is a message on a queue, which
// the delay of the queue keeps away for that long.
type checker struct {
	queue    sqs.Queue
	room     *room
	patience time.Duration
	stream   kinesis.Stream

	scheduled, made atomic.Int64 // checks
}

// checkup is the message: a token, when it was seen last as of the check before, and how many
// checks in a row have found no sign of life.
type checkup struct {
	Token  string    `json:"token"`
	Seen   time.Time `json:"seen"`
	Missed int       `json:"missed"`
}

// schedule has a token looked at when the delay is over.
func (c *checker) schedule(ctx context.Context, next checkup) error {
	body, err := json.Marshal(next)
	if err == nil {
		_, err = c.queue.Send(ctx, sqs.Entry{Body: string(body)})
	}
	if err == nil {
		c.scheduled.Add(1)
	}
	return err
}

// handle looks at the token of a message, and sends another until the token is gone. That
// comes last: if anything failed after it the old message would come again, and the token be
// looked at twice as often from then on.
func (c *checker) handle(ctx context.Context, m sqs.Message) error {
	var now checkup
	if err := json.Unmarshal([]byte(m.Body), &now); err != nil {
		return err
	}
	if seen, ok := c.room.seen(now.Token); ok {
		next := now.after(seen)
		if err := c.judge(ctx, next); err != nil {
			return err
		}
		if err := c.schedule(ctx, next); err != nil {
			return err
		}
	}
	c.made.Add(1)
	return nil
}

// after returns the next check of a token that was seen at a time.
func (c checkup) after(seen time.Time) checkup {
	if seen.Equal(c.Seen) {
		return checkup{c.Token, c.Seen, c.Missed + 1}
	}
	return checkup{c.Token, seen, 0}
}

// judge says if a token seems silent. It takes two checks in a row, however long ago the
// token was seen: when the program was held up for a while that is long for everybody, and
// they need a chance to show that they are there.
//
// It is only said to the stream. There may be a sign of life in it that the room has not read
// yet, so the room decides, when it comes to this place.
func (c *checker) judge(ctx context.Context, found checkup) error {
	if found.Missed < 2 || time.Since(found.Seen) < c.patience {
		return nil
	}
	_, err := put(ctx, c.stream, event{Kind: silent, Token: found.Token})
	return err
}
