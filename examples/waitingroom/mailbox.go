package main

import (
	"context"
	"sync/atomic"

	"github.com/leat-go/leat/sns"
)

// mailbox is where mails end: it shows what they are about. A program of your own has a
// Mailer that sends them, as package sns/ses does.
type mailbox struct {
	show          *display
	confirmations chan sns.Mail // that ask for one

	asked, alerts atomic.Int64 // mails
}

// SendMail implements sns.Mailer.
func (b *mailbox) SendMail(ctx context.Context, m sns.Mail) error {
	b.show.say("mail for the administrator: " + m.Subject)
	if m.UnsubscribeURL != "" {
		b.alerts.Add(1)
		return nil
	}
	b.asked.Add(1)
	select {
	case b.confirmations <- m:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
