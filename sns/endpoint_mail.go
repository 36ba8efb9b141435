package sns

import (
	"context"
	"net/mail"
)

// mailEndpoint sends notifications to a mailbox, as text or as envelopes.
type mailEndpoint struct {
	service *Service
	address string
	json    bool
}

// Deliver sends n by the service's Mailer, else to its Outbox.
func (e *mailEndpoint) Deliver(ctx context.Context, n Notification) error {
	m, err := e.mail(&n)
	if err != nil {
		return err
	}
	if mailer := e.service.registry.config.Mailer; mailer != nil {
		return mailer.SendMail(ctx, m)
	}
	return e.service.Outbox().SendMail(ctx, m)
}

func (e *mailEndpoint) mail(n *Notification) (Mail, error) {
	m := Mail{From: n.sender(), To: e.address, Subject: n.Subject, MessageID: n.MessageID}
	if e.json {
		var err error
		if m.Body, err = n.envelope(true); err != nil {
			return Mail{}, err
		}
	}
	text := ""
	switch n.Type {
	case TypeSubscriptionConfirmation:
		m.Subject = "AWS Notification - Subscription Confirmation"
		text = "You have chosen to subscribe to the topic:\n" + n.TopicARN +
			"\n\nTo confirm this subscription, click or visit the link below (If this was in error no action is necessary):\n" +
			n.subscribeURL() + "\n"
	case TypeUnsubscribeConfirmation:
		m.Subject = "AWS Notification - Unsubscribe Confirmation"
		text = "Your subscription to the topic below has been deactivated:\n" + n.TopicARN +
			"\n\nIf this was in error or you wish to resubscribe, click or visit the link below:\n" +
			n.subscribeURL() + "\n"
	default:
		m.UnsubscribeURL = n.unsubscribeURL()
		if m.Subject == "" {
			m.Subject = "AWS Notification Message"
		}
		text = n.Message + "\n\n--\nIf you wish to stop receiving notifications from this topic, please click or visit the link below to unsubscribe:\n" +
			m.UnsubscribeURL + "\n\nPlease do not reply directly to this email.\n"
	}
	if !e.json {
		m.Body = text
	}
	return m, nil
}

// sender is the topic's name before AWS's address.
func (n *Notification) sender() string {
	name := "AWS Notifications"
	if n.topic != nil {
		if display := n.topic.config.Load().DisplayName; display != "" {
			name = display
		}
	}
	return (&mail.Address{Name: name, Address: "no-reply@sns.amazonaws.com"}).String()
}
