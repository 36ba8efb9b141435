package main

import (
	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sns/ses"
	"github.com/leat-go/leat/sqs"
)

// wiring is what connects the parts of the shop.
type wiring struct {
	queues         *sqs.Service
	topics         *sns.Service
	orders, alerts *sns.LocalTopic
	mail           *mailServer
}

func newWiring() (*wiring, error) {
	w := &wiring{mail: newMailServer(administratorsAddress)}
	var err error
	if w.queues, err = sqs.NewService(sqs.ServiceConfig{}); err != nil {
		return nil, err
	}
	mailer, err := newMailer(w.mail)
	if err != nil {
		return nil, err
	}
	if w.topics, err = sns.NewService(sns.ServiceConfig{Mailer: mailer}); err != nil {
		return nil, err
	}
	if w.orders, err = w.topics.CreateTopic("orders", sns.Config{}); err != nil {
		return nil, err
	}
	// The display name is the sender that mails show.
	w.alerts, err = w.topics.CreateTopic("alerts", sns.Config{DisplayName: "Order processing"})
	return w, err
}

// newMailer returns what mail goes through. The ses.Mailer has the rules of Amazon SES:
// only verified senders, and so many mails a second. What it lets through, ses.SMTP
// brings to the server. With an Addr on the net, and no Dial, that is any server.
func newMailer(server *mailServer) (sns.Mailer, error) {
	return ses.New(ses.Config{
		Next:       &ses.SMTP{Addr: "mail.shop.example:25", Mode: ses.NoTLS, Dial: server.dial},
		From:       "orders@shop.example",
		Identities: []string{"shop.example"},
		Production: true, // in SES's sandbox one mail a second would be all
	})
}
