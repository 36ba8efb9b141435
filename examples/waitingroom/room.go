package main

import (
	"context"
	"sync"
	"time"

	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/lambda"
)

// room is the function that gives out tickets and lets visitors in. It decides by nothing
// but the records of the stream, in their order: whoever reads the stream from its beginning
// comes to the same decisions.
//
// The stream hands it each record at least once. One that comes again is left out, as the
// sequence number tells. What it decides stays in the outbox until it is put.
type room struct {
	places    int
	patience  time.Duration // with silent tokens
	stream    kinesis.Stream
	scheduler scheduler

	// The outbox. Only handle has it, which runs once at a time: there is one shard.
	decided []event
	checks  []checkup

	mu      sync.Mutex
	tokens  map[string]*token      // of those who wait or are inside; guarded by mu
	line    []*token               // those who wait, by ticket, and some who are gone; guarded by mu
	inside  int                    // guarded by mu
	tickets int                    // given out; guarded by mu
	handled int                    // records; guarded by mu
	last    kinesis.SequenceNumber // of these; guarded by mu
}

// scheduler has a token looked at after a while.
type scheduler interface {
	schedule(ctx context.Context, next checkup) error
}

// token stands for a visitor.
type token struct {
	name   string
	ticket int       // 1 for who came first
	seen   time.Time // when there last was a sign of life
	inside bool
	told   bool // that it is inside: the stream has it
	gone   bool
}

func newRoom(places int, patience time.Duration, stream kinesis.Stream) *room {
	return &room{places: places, patience: patience, stream: stream, tokens: map[string]*token{}}
}

// handle is the function.
func (r *room) handle(ctx context.Context, batch lambda.StreamEvent) error {
	for _, record := range batch.Records {
		e, err := parse(record)
		if err != nil {
			return err
		}
		r.apply(record.SequenceNumber, record.ArrivalTime, e)
	}
	return r.publish(ctx)
}

// apply takes a record, unless it did so before, and notes what follows from it.
func (r *room) apply(number kinesis.SequenceNumber, at time.Time, e event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if number.Compare(r.last) <= 0 {
		return
	}
	r.last = number
	r.handled++
	t := r.tokens[e.Token]
	switch {
	case t == nil && e.Kind == arrived:
		r.issue(e.Token, at)
	case t == nil: // somebody who is gone
	case e.Kind == seen:
		t.seen = at
	case e.Kind == left:
		r.remove(t)
	case e.Kind == silent && at.Sub(t.seen) >= r.patience:
		r.decided = append(r.decided, event{Kind: expired, Token: t.name, Ticket: t.ticket})
		r.remove(t)
	}
	r.admit()
}

// issue gives out a ticket. The caller holds mu.
func (r *room) issue(name string, at time.Time) {
	r.tickets++
	t := &token{name: name, ticket: r.tickets, seen: at}
	r.tokens[name] = t
	r.line = append(r.line, t)
	r.checks = append(r.checks, checkup{Token: name, Seen: at})
}

// remove frees the place of a token, inside or in the line. The caller holds mu.
func (r *room) remove(t *token) {
	if t.inside {
		r.inside--
	}
	t.gone = true
	delete(r.tokens, t.name)
}

// admit lets in as many as there are places for. The caller holds mu.
func (r *room) admit() {
	for r.inside < r.places && len(r.line) > 0 {
		t := r.line[0]
		r.line = r.line[1:]
		if t.gone {
			continue
		}
		t.inside = true
		r.inside++
		r.decided = append(r.decided, event{Kind: admitted, Token: t.name, Ticket: t.ticket})
	}
}

// publish empties the outbox. One decision is put after the other, so that their order in
// the stream is theirs. What fails is left there, and the function fails: it is called
// again with the same records, which change nothing any more.
func (r *room) publish(ctx context.Context) error {
	for len(r.decided) > 0 {
		if _, err := put(ctx, r.stream, r.decided[0]); err != nil {
			return err
		}
		r.tell(r.decided[0])
		r.decided = r.decided[1:]
	}
	for len(r.checks) > 0 {
		if err := r.scheduler.schedule(ctx, r.checks[0]); err != nil {
			return err
		}
		r.checks = r.checks[1:]
	}
	return nil
}

// tell lets a visitor know who is let in. Nobody knows before the stream does: who leaves
// does so after that.
func (r *room) tell(e event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if t := r.tokens[e.Token]; t != nil && e.Kind == admitted {
		t.told = true
	}
}

// where is where a visitor is.
type where int

const (
	waiting where = iota
	inside
	gone
)

// ask tells a visitor where she is. By the place of her arrival in the stream the room
// knows whether it has heard of her.
func (r *room) ask(name string, arrival kinesis.SequenceNumber) where {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch t := r.tokens[name]; {
	case arrival.Compare(r.last) > 0:
		return waiting
	case t == nil:
		return gone
	case t.told:
		return inside
	default:
		return waiting
	}
}

// seen returns when there last was a sign of life from a token; ok is false if it is gone.
func (r *room) seen(name string) (at time.Time, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := r.tokens[name]
	if t == nil {
		return time.Time{}, false
	}
	return t.seen, true
}

// count returns the tickets given out and the tokens that are not gone.
func (r *room) count() (tickets, waiting, inside int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.tickets, len(r.tokens) - r.inside, r.inside
}

// progress returns how many records were handled.
func (r *room) progress() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.handled
}
