package sns

import (
	"context"
	"slices"
	"sync"
)

// outboxSize is how many messages of each kind an Outbox keeps.
const outboxSize = 10_000

// Outbox is a [Mailer], [SMSSender] and [PushSender] that sends nothing and keeps
// what it was given, for a test to see: the last 10,000 messages of each kind. The
// zero value is ready for use, and all methods may be called concurrently.
type Outbox struct {
	mu     sync.Mutex // guards all below
	err    error      // what sending fails with
	mails  []Mail
	sms    []SMS
	pushes []Push
}

// SendMail keeps m. It fails only with what FailWith says, or as ctx has ended.
func (o *Outbox) SendMail(ctx context.Context, m Mail) error { return keep(ctx, o, &o.mails, m) }

// SendSMS keeps m. It fails only with what FailWith says, or as ctx has ended.
func (o *Outbox) SendSMS(ctx context.Context, m SMS) error { return keep(ctx, o, &o.sms, m) }

// SendPush keeps m. It fails only with what FailWith says, or as ctx has ended.
func (o *Outbox) SendPush(ctx context.Context, m Push) error { return keep(ctx, o, &o.pushes, m) }

// Mails returns the mails that were sent, the oldest first.
func (o *Outbox) Mails() []Mail { return kept(o, &o.mails) }

// SMS returns the text messages that were sent, the oldest first.
func (o *Outbox) SMS() []SMS { return kept(o, &o.sms) }

// Pushes returns the push notifications that were sent, the oldest first.
func (o *Outbox) Pushes() []Push { return kept(o, &o.pushes) }

// FailWith makes all sending fail with err from now on, and keep nothing. Nil makes
// it work again.
func (o *Outbox) FailWith(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.err = err
}

// Reset forgets what was sent. What FailWith said stays.
func (o *Outbox) Reset() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.mails, o.sms, o.pushes = nil, nil, nil
}

func keep[T any](ctx context.Context, o *Outbox, sent *[]T, m T) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil {
		return o.err
	}
	if len(*sent) == 2*outboxSize { // forget the oldest rarely, and many at a time
		*sent = append(make([]T, 0, 2*outboxSize), (*sent)[outboxSize:]...)
	}
	*sent = append(*sent, m)
	return nil
}

func kept[T any](o *Outbox, sent *[]T) []T {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone((*sent)[max(0, len(*sent)-outboxSize):])
}
