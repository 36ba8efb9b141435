package sns

import (
	"context"
	"errors"
	"net/mail"
	"testing"

	"github.com/stretchr/testify/require"
)

const subscribeLink = linkToAWS + "/?Action=ConfirmSubscription&TopicArn=" + ordersARN + "&Token=2336412f37"

func TestMail(t *testing.T) {
	const footer = "\n\n--\nIf you wish to stop receiving notifications from this topic, please click or visit the link below to unsubscribe:\n" +
		unsubscribeLink + "\n\nPlease do not reply directly to this email.\n"
	for name, c := range map[string]struct {
		topic  Config
		change func(n *Notification)
		want   Mail
	}{
		"notification": {
			change: func(n *Notification) { n.Raw = true },
			want: Mail{
				From: `"AWS Notifications" <no-reply@sns.amazonaws.com>`, Subject: "AWS Notification Message",
				Body: "silver & größer" + footer, UnsubscribeURL: unsubscribeLink,
			},
		},
		"with a subject and a name": {
			topic:  Config{DisplayName: `Orders "R" us`},
			change: func(n *Notification) { n.Subject = "An order" },
			want: Mail{
				From: `"Orders \"R\" us" <no-reply@sns.amazonaws.com>`, Subject: "An order",
				Body: "silver & größer" + footer, UnsubscribeURL: unsubscribeLink,
			},
		},
		"subscription confirmation": {
			change: func(n *Notification) {
				n.Type, n.Token, n.Subject = TypeSubscriptionConfirmation, "2336412f37", "not this"
			},
			want: Mail{
				From: `"AWS Notifications" <no-reply@sns.amazonaws.com>`, Subject: "AWS Notification - Subscription Confirmation",
				Body: "You have chosen to subscribe to the topic:\n" + ordersARN +
					"\n\nTo confirm this subscription, click or visit the link below (If this was in error no action is necessary):\n" + subscribeLink + "\n",
			},
		},
		"unsubscribe confirmation": {
			change: func(n *Notification) { n.Type, n.Token = TypeUnsubscribeConfirmation, "2336412f37" },
			want: Mail{
				From: `"AWS Notifications" <no-reply@sns.amazonaws.com>`, Subject: "AWS Notification - Unsubscribe Confirmation",
				Body: "Your subscription to the topic below has been deactivated:\n" + ordersARN +
					"\n\nIf this was in error or you wish to resubscribe, click or visit the link below:\n" + subscribeLink + "\n",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			topic := endpointTopic(t, ServiceConfig{}, "orders", c.topic)
			n := published(topic, &message{content: content{text: "silver & größer"}})
			c.change(&n)
			deliverTo(t, topic, ProtocolEmail, "admin@example.com", n)
			mails := topic.service.Outbox().Mails()
			c.want.To, c.want.MessageID = "admin@example.com", n.MessageID
			require.Equal(t, []Mail{c.want}, mails)
			_, err := mail.ParseAddress(mails[0].From)
			require.NoError(t, err)

			deliverTo(t, topic, ProtocolEmailJSON, "admin@example.com", n)
			envelope, err := n.envelope(true)
			require.NoError(t, err)
			c.want.Body = envelope
			require.Equal(t, c.want, topic.service.Outbox().Mails()[1])
			require.NotContains(t, envelope, `"Signature" : ""`)
		})
	}
}

func deliverTo(t *testing.T, topic *LocalTopic, protocol Protocol, address string, n Notification) {
	e, err := topic.service.endpointFor(protocol, address)
	require.NoError(t, err)
	require.NoError(t, e.Deliver(t.Context(), n))
}

// failing is a sender of everything that fails.
type failing struct{ err error }

func (f failing) SendMail(context.Context, Mail) error { return f.err }
func (f failing) SendSMS(context.Context, SMS) error   { return f.err }
func (f failing) SendPush(context.Context, Push) error { return f.err }

func TestSendersOfTheUsersOwn(t *testing.T) {
	for _, err := range []error{errors.New("busy"), Permanent(errors.New("no such mailbox")), nil} {
		sender := failing{err}
		topic := endpointTopic(t, ServiceConfig{Mailer: sender, SMS: sender, Push: sender}, "orders", Config{})
		for protocol, address := range map[Protocol]string{
			ProtocolEmail: "admin@example.com", ProtocolEmailJSON: "admin@example.com", ProtocolSMS: "+15555550100",
			ProtocolApplication: anEndpoint(t, topic.service),
		} {
			e, made := topic.service.endpointFor(protocol, address)
			require.NoError(t, made)
			require.Equal(t, err, e.Deliver(t.Context(), published(topic, &message{content: content{text: "x"}})), protocol)
		}
		outbox := topic.service.Outbox()
		require.Empty(t, outbox.Mails())
		require.Empty(t, outbox.SMS())
		require.Empty(t, outbox.Pushes())
	}
}
