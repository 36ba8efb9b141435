package sqs_test

import (
	"fmt"
	"time"

	"github.com/leat-go/leat/sqs"
)

// When messages of a standard queue name groups, more than one order is fair. Then
// the model does not say what a receive returns, it judges what the engine returned.

const (
	modelNoisyShare = 10              // a noisy tenant holds more than one in so many of those in flight
	modelNoisyLeast = 30              // and no fewer than this of its own,
	modelNoisyFor   = 5 * time.Minute // if it has sent something that recently
)

// judge takes the messages with these ids, one after the other, and says what was
// unfair about it; nothing if it is empty.
func (q *model) judge(now time.Time, ids []string, limit int, timeout time.Duration) (taken []*modelMessage, unfair string) {
	q.advance(now)
	want := min(limit, q.count(sqs.StateVisible), q.limit-q.count(sqs.StateInFlight))
	if len(ids) != want {
		return nil, fmt.Sprintf("%d messages instead of %d", len(ids), want)
	}
	for _, id := range ids {
		var m *modelMessage
		for _, x := range q.messages {
			if x.id == id && x.state == sqs.StateVisible {
				m = x
			}
		}
		if m == nil {
			return nil, id + " is not visible"
		}
		yielded := false
		for _, x := range q.line() {
			switch {
			case x.place < m.place && q.noisy(now, x) && !q.noisy(now, m):
				yielded = true
			case x.group == m.group && m.group != "" && x.place < m.place:
				return nil, fmt.Sprintf("%s overtakes %s of its own group", m.body, x.body)
			case q.noisy(now, m) && !q.noisy(now, x):
				return nil, fmt.Sprintf("%s is of a noisy group, %s is not", m.body, x.body)
			case q.noisy(now, m) && q.held(x) < q.held(m):
				return nil, fmt.Sprintf("%s is of a noisier group than %s", m.body, x.body)
			}
		}
		if yielded {
			q.yielded++
		}
		q.take(now, m, timeout)
		taken = append(taken, m)
	}
	q.advance(now)
	return taken, ""
}

func (q *model) noisy(now time.Time, m *modelMessage) bool {
	held := q.held(m)
	return held >= modelNoisyLeast && held*modelNoisyShare > q.count(sqs.StateInFlight) &&
		q.served[m.group] && now.Before(q.lastSent[m.group].Add(modelNoisyFor))
}

// held counts what the tenant of a message has in flight. A message without a group
// is a tenant of its own.
func (q *model) held(m *modelMessage) int {
	n := 0
	for _, x := range q.messages {
		if m.group != "" && x.group == m.group && x.state == sqs.StateInFlight {
			n++
		}
	}
	return n
}
