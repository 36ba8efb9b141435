package main

import (
	"context"
	"fmt"
	"math"
	"net/url"
	"regexp"

	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

const administratorsAddress = "admin@shop.example"

// administrator reads the mail, and sees to it that what it reports is mended.
type administrator struct {
	mailbox <-chan letter
	show    *display
	asked   int // for a confirmation
}

var link = regexp.MustCompile(`https://\S+`)

// subscribe subscribes the mailbox to the alerts. Anybody could do that for any
// mailbox; so the topic sends it nothing but one mail, until somebody who can read that
// mail confirms, within two days.
func (a *administrator) subscribe(ctx context.Context, w *wiring) error {
	if _, err := w.alerts.Subscribe(ctx, sns.Subscription{
		Protocol: sns.ProtocolEmail, Address: administratorsAddress,
	}); err != nil {
		return err
	}
	a.asked++
	mail, err := a.read(ctx)
	if err != nil {
		return err
	}
	visited, err := url.Parse(link.FindString(mail.text))
	if err != nil {
		return err
	}
	// The link leads to SNS, where package snshttp would do what follows.
	query := visited.Query()
	_, err = w.topics.ConfirmSubscription(query.Get("TopicArn"), query.Get("Token"), false)
	return err
}

// read waits for the next mail.
func (a *administrator) read(ctx context.Context) (letter, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("no mail came for %v", patience))
	defer cancel()
	select {
	case mail := <-a.mailbox:
		a.show.mail(mail)
		return mail, nil
	case <-ctx.Done():
		return letter{}, context.Cause(ctx)
	}
}

// mend looks at the dead letters, without receiving them, removes the cause, and has
// them moved back to the queue that they come from.
func (a *administrator) mend(queues *sqs.Service, dead *sqs.LocalQueue, shop *shop) error {
	missing := map[string]int{}
	for _, letter := range dead.Peek(math.MaxInt) {
		if o, err := parse(letter.Body); err == nil {
			missing[o.Article]++
			shop.mend(o)
		}
	}
	a.show.mended(missing)
	_, err := queues.StartMessageMoveTask(sqs.MoveRequest{SourceARN: dead.ARN()})
	return err
}
