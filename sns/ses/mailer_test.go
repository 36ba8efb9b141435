package ses_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sns/ses"
)

func newMailer(t testing.TB, cfg ses.Config) (*ses.Mailer, *sns.Outbox) {
	var outbox sns.Outbox
	cfg.Next = &outbox
	m, err := ses.New(cfg)
	require.NoError(t, err)
	return m, &outbox
}

func TestMailerChecksIdentities(t *testing.T) {
	const rejected = "Email address is not verified. The following identities failed the check in region US-EAST-1: "
	for name, c := range map[string]struct {
		cfg      ses.Config
		from, to string
		failed   string // identities; none if the mail is let through
	}{
		"addresses":                     {cfg: ses.Config{Identities: []string{"a@example.com", "b@example.org"}}, from: "a@example.com", to: "b@example.org"},
		"a name before":                 {cfg: ses.Config{Identities: []string{"a@example.com", "b@example.org"}}, from: "A <a@example.com>", to: "B <b@example.org>"},
		"a domain":                      {cfg: ses.Config{Identities: []string{"example.com"}}, from: "a@example.com", to: "b@example.com"},
		"a domain below":                {cfg: ses.Config{Identities: []string{"example.com"}}, from: "a@mail.example.com", to: "b@a.b.example.com"},
		"case of the domain":            {cfg: ses.Config{Identities: []string{"Example.com", "b@EXAMPLE.org"}}, from: "a@eXample.com", to: "b@example.Org"},
		"to the simulator":              {cfg: ses.Config{Identities: []string{"example.com"}}, from: "a@example.com", to: "success@simulator.amazonses.com"},
		"to anyone, out of the sandbox": {cfg: ses.Config{Production: true, Identities: []string{"example.com"}}, from: "a@example.com", to: "b@example.org"},
		"another sender":                {cfg: ses.Config{From: "x@example.com", Identities: []string{"example.com"}}, from: "no-reply@sns.amazonaws.com", to: "b@example.com"},

		"nothing":                        {from: "a@example.com", to: "b@example.org", failed: "a@example.com, b@example.org"},
		"the sender":                     {cfg: ses.Config{Identities: []string{"b@example.org"}}, from: "A <a@example.com>", to: "b@example.org", failed: "a@example.com"},
		"the recipient":                  {cfg: ses.Config{Identities: []string{"a@example.com"}}, from: "a@example.com", to: "b@example.org", failed: "b@example.org"},
		"the sender, out of the sandbox": {cfg: ses.Config{Production: true}, from: "a@example.com", to: "b@example.org", failed: "a@example.com"},
		"case of the mailbox":            {cfg: ses.Config{Identities: []string{"a@example.com"}}, from: "A@example.com", to: "a@example.com", failed: "A@example.com"},
		"the domain above":               {cfg: ses.Config{Identities: []string{"mail.example.com"}}, from: "a@example.com", to: "a@mail.example.com", failed: "a@example.com"},
		"a domain with the same end":     {cfg: ses.Config{Identities: []string{"example.com"}}, from: "a@badexample.com", to: "a@example.com", failed: "a@badexample.com"},
		"from the simulator":             {cfg: ses.Config{Identities: []string{"example.com"}}, from: "a@simulator.amazonses.com", to: "a@example.com", failed: "a@simulator.amazonses.com"},
	} {
		t.Run(name, func(t *testing.T) {
			m, outbox := newMailer(t, c.cfg)
			err := m.SendMail(t.Context(), sns.Mail{From: c.from, To: c.to, Body: "x"})
			if c.failed == "" {
				require.NoError(t, err)
				require.Len(t, outbox.Mails(), 1)
				return
			}
			require.ErrorIs(t, err, ses.ErrMessageRejected)
			require.True(t, isPermanent(t, err))
			refusal, ok := errors.AsType[*ses.Error](err)
			require.True(t, ok)
			require.Equal(t, "MessageRejected", refusal.ErrorCode())
			require.Equal(t, rejected+c.failed, refusal.ErrorMessage())
			require.Empty(t, outbox.Mails())
			require.Zero(t, m.SendQuota().SentLast24Hours)
		})
	}
}

func TestMailerNamesItsRegion(t *testing.T) {
	m, _ := newMailer(t, ses.Config{Region: "eu-west-1"})
	require.ErrorContains(t, m.SendMail(t.Context(), aMail()), "in region EU-WEST-1: ")
}

func TestMailerRefusesAddressesThatAreNone(t *testing.T) {
	m, _ := newMailer(t, ses.Config{})
	for _, mail := range []sns.Mail{{To: "a@example.com"}, {From: "a@example.com"}, {From: "a@example.com", To: "b"}} {
		require.True(t, isPermanent(t, m.SendMail(t.Context(), mail)))
	}
}

func TestMailerReplacesTheSender(t *testing.T) {
	m, outbox := newMailer(t, ses.Config{Production: true, From: "Shop <notices@example.com>", Identities: []string{"example.com"}})
	require.NoError(t, m.SendMail(t.Context(), sns.Mail{From: `"Orders" <no-reply@sns.amazonaws.com>`, To: "a@example.com"}))
	require.NoError(t, m.SendMail(t.Context(), sns.Mail{From: "no-reply@sns.amazonaws.com", To: "a@example.com"}))
	require.Equal(t, `"Orders" <notices@example.com>`, outbox.Mails()[0].From)
	require.Equal(t, `"Shop" <notices@example.com>`, outbox.Mails()[1].From)
}

func TestVerifyAndForget(t *testing.T) {
	m, _ := newMailer(t, ses.Config{MaxSendRate: 100})
	send := func() error { return m.SendMail(t.Context(), sns.Mail{From: "a@example.com", To: "a@example.com"}) }
	require.Error(t, send())
	require.NoError(t, m.Verify("a@Example.com"))
	require.NoError(t, send())
	m.Forget("a@example.COM")
	m.Forget("never@example.com")
	require.Error(t, send())
	for _, identity := range []string{"", ".", " ", "A <a@example.com>", "a@", "@example.com", "a b", "example.com\r\n"} {
		require.Error(t, m.Verify(identity), identity)
	}
}

func TestNewNamesEveryFault(t *testing.T) {
	_, err := ses.New(ses.Config{From: "x", Identities: []string{"a b"}, MaxSendRate: -1})
	require.ErrorContains(t, err, "no Next")
	require.ErrorContains(t, err, "From")
	require.ErrorContains(t, err, `"a b"`)
	require.ErrorContains(t, err, "less than zero")
}

func TestQuotaOfASecond(t *testing.T) {
	for name, c := range map[string]struct {
		cfg  ses.Config
		rate int
	}{
		"sandbox":    {rate: 1},
		"production": {cfg: ses.Config{Production: true}, rate: 14},
		"of its own": {cfg: ses.Config{MaxSendRate: 3}, rate: 3},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c.cfg.Identities, c.cfg.RefuseOverRate = []string{"example.com"}, true
				m, outbox := newMailer(t, c.cfg)
				send := func() error { return m.SendMail(t.Context(), sns.Mail{From: "a@example.com", To: "a@example.com"}) }
				refused := func() {
					err := send()
					require.ErrorIs(t, err, ses.ErrSendRate)
					require.False(t, isPermanent(t, err))
					refusal, ok := errors.AsType[*ses.Error](err)
					require.True(t, ok)
					require.Equal(t, "Throttling", refusal.ErrorCode())
					require.Equal(t, "Maximum sending rate exceeded.", refusal.ErrorMessage())
				}
				require.Equal(t, c.rate, m.SendQuota().MaxSendRate)
				for range c.rate {
					require.NoError(t, send())
				}
				refused()
				time.Sleep(time.Second - 1)
				refused()
				time.Sleep(time.Nanosecond)
				for range c.rate {
					require.NoError(t, send())
				}
				refused()
				require.Len(t, outbox.Mails(), 2*c.rate)
			})
		})
	}
}

// TestMailWaitsForItsTurn: a burst goes out at the rate, in order, and nothing more
// than the rate's time is spent on it.
func TestMailWaitsForItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, outbox := newMailer(t, ses.Config{Production: true, Identities: []string{"example.com"}})
		began := time.Now()
		for i := range 100 {
			require.NoError(t, m.SendMail(t.Context(), sns.Mail{From: "a@example.com", To: "a@example.com", Subject: fmt.Sprint(i)}))
			require.Equal(t, time.Duration(i/14)*time.Second, time.Since(began))
		}
		for i, mail := range outbox.Mails() {
			require.Equal(t, fmt.Sprint(i), mail.Subject)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second/2)
		defer cancel()
		for range 12 {
			require.NoError(t, m.SendMail(ctx, sns.Mail{From: "a@example.com", To: "a@example.com"}))
		}
		require.ErrorIs(t, m.SendMail(ctx, sns.Mail{From: "a@example.com", To: "a@example.com"}), ses.ErrSendRate)
		require.Equal(t, time.Second/2, time.Since(began)-7*time.Second)
	})
}

func TestQuotaOfADay(t *testing.T) {
	for name, c := range map[string]struct {
		cfg   ses.Config
		quota int
	}{
		"sandbox":    {quota: 200},
		"production": {cfg: ses.Config{Production: true}, quota: 50_000},
		"of its own": {cfg: ses.Config{Max24HourSend: 3}, quota: 3},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c.cfg.Identities = []string{"example.com"}
				m, _ := newMailer(t, c.cfg)
				send := func() error { return m.SendMail(t.Context(), sns.Mail{From: "a@example.com", To: "a@example.com"}) }
				require.Equal(t, c.quota, m.SendQuota().Max24HourSend)
				for range c.quota {
					require.NoError(t, send())
					time.Sleep(time.Second)
				}
				require.Equal(t, c.quota, m.SendQuota().SentLast24Hours)
				err := send()
				require.ErrorIs(t, err, ses.ErrDailyQuota)
				require.ErrorContains(t, err, "Throttling: Daily message quota exceeded.")
				require.False(t, isPermanent(t, err))

				// The first one's day ends, and there is room for one.
				time.Sleep(24*time.Hour - time.Duration(c.quota)*time.Second)
				require.NoError(t, send())
				require.ErrorIs(t, send(), ses.ErrDailyQuota)
				time.Sleep(24 * time.Hour)
				require.Zero(t, m.SendQuota().SentLast24Hours)
				require.NoError(t, send())
			})
		})
	}
}

// next is a Mailer that fails.
type next struct{ err error }

func (n next) SendMail(context.Context, sns.Mail) error { return n.err }

func TestMailerReturnsWhatTheNextOneSays(t *testing.T) {
	busy := errors.New("busy")
	m, err := ses.New(ses.Config{Next: next{busy}, Identities: []string{"example.com"}})
	require.NoError(t, err)
	require.Equal(t, busy, m.SendMail(t.Context(), sns.Mail{From: "a@example.com", To: "a@example.com"}))
	require.Equal(t, 1, m.SendQuota().SentLast24Hours)
}

func TestMailerConcurrently(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, outbox := newMailer(t, ses.Config{Production: true, Identities: []string{"example.com"}})
		began := time.Now()
		var senders sync.WaitGroup
		for range 8 {
			senders.Go(func() {
				for i := range 10 {
					_ = m.SendMail(context.Background(), sns.Mail{From: "a@example.com", To: "b@example.org"})
					_ = m.Verify(fmt.Sprintf("%d.example.net", i))
					m.Forget(fmt.Sprintf("%d.example.net", i))
					_ = m.SendQuota()
				}
			})
		}
		senders.Wait()
		require.Len(t, outbox.Mails(), 80)
		require.Equal(t, 5*time.Second, time.Since(began), "14 a second")
	})
}
