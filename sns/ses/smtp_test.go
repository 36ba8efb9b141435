package ses_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sns/ses"
)

func aMail() sns.Mail {
	return sns.Mail{
		From: `"Orders" <no-reply@sns.amazonaws.com>`, To: "admin@example.com", Subject: "An order", Body: "silver\n", MessageID: "22b80b92",
		UnsubscribeURL: "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=a",
	}
}

// isPermanent tells how SNS understands an error: whether it gives up at once.
func isPermanent(t *testing.T, err error) bool {
	t.Helper()
	require.Error(t, err)
	return fmt.Sprintf("%T", err) == fmt.Sprintf("%T", sns.Permanent(errors.New("x")))
}

func TestSMTPOnTheLoopback(t *testing.T) {
	var sink server
	s := &ses.SMTP{Addr: sink.listen(t), Mode: ses.NoTLS}
	require.NoError(t, s.SendMail(t.Context(), aMail()))
	commands, mails := sink.seen()
	require.Equal(t, []string{"EHLO localhost", "MAIL FROM:<no-reply@sns.amazonaws.com>", "RCPT TO:<admin@example.com>", "DATA", "QUIT"}, commands)
	require.Len(t, mails, 1)

	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, nobody.Close())
	err = (&ses.SMTP{Addr: nobody.Addr().String(), Mode: ses.NoTLS}).SendMail(t.Context(), aMail())
	require.False(t, isPermanent(t, err), "a server that is down may come up")
}

// What arrives is read by the standard library's parsers.
func TestSMTPMessage(t *testing.T) {
	long := strings.Repeat("Gr\u00f6\u00dfe 💧 ", 12)
	for name, c := range map[string]struct {
		smtp     ses.SMTP
		change   func(m *sns.Mail)
		from, to string // as the header says; the usual ones if empty
		subject  string
		body     string // as the reader sees it, lines ended by \n
	}{
		"plain":            {body: "silver\n"},
		"no line at all":   {change: func(m *sns.Mail) { m.Body = "" }, body: ""},
		"no end of line":   {change: func(m *sns.Mail) { m.Body = "a\nb" }, body: "a\nb"},
		"dots":             {change: func(m *sns.Mail) { m.Body = ".\n..\n.a\nb\n.\n" }, body: ".\n..\n.a\nb\n.\n"},
		"other line ends":  {change: func(m *sns.Mail) { m.Body = "a\r\nb\nc" }, body: "a\nb\nc"},
		"other characters": {change: func(m *sns.Mail) { m.Body = "größer = 💧\t \n" }, body: "größer = 💧\t \n"},
		"a long line":      {change: func(m *sns.Mail) { m.Body = strings.Repeat("x", 5000) }, body: strings.Repeat("x", 5000)},
		"a long subject":   {change: func(m *sns.Mail) { m.Subject = long }, subject: long, body: "silver\n"},
		"another sender": {
			smtp: ses.SMTP{From: "Shop <notices@example.com>"},
			from: `"Orders" <notices@example.com>`, body: "silver\n",
		},
		"another sender's name": {
			smtp:   ses.SMTP{From: "Shop <notices@example.com>"},
			change: func(m *sns.Mail) { m.From = "no-reply@sns.amazonaws.com" },
			from:   `"Shop" <notices@example.com>`, body: "silver\n",
		},
		"names": {
			change: func(m *sns.Mail) { m.From, m.To = `"Größe, Ltd" <a@example.com>`, `"b c"@example.com` },
			from:   `"Größe, Ltd" <a@example.com>`, to: `<"b c"@example.com>`, body: "silver\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var sink server
			c.smtp.Addr, c.smtp.Mode, c.smtp.Dial = "mail.example.com:25", ses.NoTLS, sink.dial
			m := aMail()
			if c.change != nil {
				c.change(&m)
			}
			require.NoError(t, c.smtp.SendMail(t.Context(), m))
			_, mails := sink.seen()
			require.Len(t, mails, 1)
			for line := range strings.Lines(mails[0]) {
				require.Less(t, len(line), 998)
			}
			got, err := mail.ReadMessage(strings.NewReader(mails[0]))
			require.NoError(t, err)
			address := func(header, want, usual string) {
				parsed, err := got.Header.AddressList(header)
				require.NoError(t, err)
				if want == "" {
					want = usual
				}
				expected, err := mail.ParseAddress(want)
				require.NoError(t, err)
				require.Equal(t, []*mail.Address{expected}, parsed)
			}
			address("From", c.from, m.From)
			address("To", c.to, m.To)
			subject, err := new(mime.WordDecoder).DecodeHeader(got.Header.Get("Subject"))
			require.NoError(t, err)
			if c.subject == "" {
				c.subject = m.Subject
			}
			require.Equal(t, c.subject, subject)
			date, err := got.Header.Date()
			require.NoError(t, err)
			require.WithinDuration(t, time.Now(), date, time.Minute)
			require.Regexp(t, `^<[0-9a-f-]{36}@[a-z.]+>$`, got.Header.Get("Message-ID"))
			require.Equal(t, "<"+m.UnsubscribeURL+">", got.Header.Get("List-Unsubscribe"))
			require.Equal(t, "text/plain; charset=UTF-8", got.Header.Get("Content-Type"))
			require.Equal(t, "quoted-printable", got.Header.Get("Content-Transfer-Encoding"))
			require.Equal(t, "1.0", got.Header.Get("MIME-Version"))
			body, err := io.ReadAll(quotedprintable.NewReader(got.Body))
			require.NoError(t, err)
			// The line of the final dot begins on a line of its own.
			require.Equal(t, strings.TrimSuffix(c.body, "\n"), strings.TrimSuffix(string(body), "\n"))
		})
	}
}

func TestSMTPMessageIDs(t *testing.T) {
	var sink server
	s := &ses.SMTP{Addr: "mail.example.com:25", Mode: ses.NoTLS, Dial: sink.dial}
	first, other, anonymous := aMail(), aMail(), aMail()
	other.To, anonymous.MessageID = "other@example.com", ""
	for _, m := range []sns.Mail{first, first, other, anonymous, anonymous} {
		require.NoError(t, s.SendMail(t.Context(), m))
	}
	_, mails := sink.seen()
	ids := make(map[string]int)
	for _, text := range mails {
		m, err := mail.ReadMessage(strings.NewReader(text))
		require.NoError(t, err)
		ids[m.Header.Get("Message-ID")]++
	}
	require.Len(t, ids, 4, "one for a mail and its repetition, one for each other")
}

func TestSMTPRefusesWhatIsNoMail(t *testing.T) {
	var sink server
	for name, c := range map[string]struct {
		smtp   ses.SMTP
		change func(m *sns.Mail)
	}{
		"no sender":                   {change: func(m *sns.Mail) { m.From = "" }},
		"no recipient":                {change: func(m *sns.Mail) { m.To = "" }},
		"a recipient that is none":    {change: func(m *sns.Mail) { m.To = "admin" }},
		"two recipients":              {change: func(m *sns.Mail) { m.To = "a@example.com, b@example.com" }},
		"a header in the recipient":   {change: func(m *sns.Mail) { m.To = "a@example.com\r\nBcc: b@example.com" }},
		"a header in the sender":      {change: func(m *sns.Mail) { m.From = "\"x\r\nBcc: b@example.com\" <a@example.com>" }},
		"a header in the subject":     {change: func(m *sns.Mail) { m.Subject = "x\r\nBcc: b@example.com" }},
		"half a header":               {change: func(m *sns.Mail) { m.Subject = "x\nBcc: b@example.com" }},
		"another sender that is none": {smtp: ses.SMTP{From: "notices"}},
	} {
		t.Run(name, func(t *testing.T) {
			c.smtp.Addr, c.smtp.Mode, c.smtp.Dial = "mail.example.com:25", ses.NoTLS, sink.dial
			m := aMail()
			if c.change != nil {
				c.change(&m)
			}
			require.True(t, isPermanent(t, c.smtp.SendMail(t.Context(), m)))
		})
	}
	commands, _ := sink.seen()
	require.Empty(t, commands)
}

func TestSMTPLeavesOutAnUnsubscribeLinkThatIsNone(t *testing.T) {
	var sink server
	s := &ses.SMTP{Addr: "mail.example.com:25", Mode: ses.NoTLS, Dial: sink.dial}
	m := aMail()
	m.UnsubscribeURL = "https://example.com/>\r\nBcc: b@example.com"
	require.NoError(t, s.SendMail(t.Context(), m))
	_, mails := sink.seen()
	require.NotContains(t, mails[0], "Unsubscribe")
	require.NotContains(t, mails[0], "Bcc")
}

func TestSMTPReplies(t *testing.T) {
	for _, c := range []struct {
		command, reply string
		permanent      bool
	}{
		{"CONNECT", "554 go away", true},
		{"CONNECT", "421 not now", false},
		{"CONNECT", "nonsense", false},
		{"EHLO", "500 what?", true},
		{"MAIL", "550 not you", true},
		{"MAIL", "451 not now", false},
		{"RCPT", "550 nobody here", true},
		{"RCPT", "450 greylisted", false},
		{"RCPT", "454 Throttling failure: Maximum sending rate exceeded", false},
		{"DATA", "554 no", true},
		{"DATA", "452 no room", false},
		{".", "554 spam", true},
		{".", "554 Message rejected: Email address is not verified.", true},
		{".", "451 not now", false},
	} {
		t.Run(c.command+" "+c.reply, func(t *testing.T) {
			sink := server{replies: map[string]string{c.command: c.reply}}
			if c.command == "EHLO" {
				sink.replies["HELO"] = c.reply
			}
			s := &ses.SMTP{Addr: "mail.example.com:25", Mode: ses.NoTLS, Dial: sink.dial}
			err := s.SendMail(t.Context(), aMail())
			require.Equal(t, c.permanent, isPermanent(t, err), "%v", err)
			_, mails := sink.seen()
			require.Empty(t, mails)
		})
	}
	sink := server{replies: map[string]string{"QUIT": "500 I do not know that"}}
	require.NoError(t, (&ses.SMTP{Addr: "mail.example.com:25", Mode: ses.NoTLS, Dial: sink.dial}).SendMail(t.Context(), aMail()), "the mail was taken")
}

func TestSMTPUnderTLS(t *testing.T) {
	serverTLS, clientTLS := certificate(t)
	const login = "leat:secret"
	for name, c := range map[string]struct {
		server *server
		smtp   ses.SMTP
		want   string // of the error; none if empty
	}{
		"STARTTLS":                 {server: &server{startTLS: serverTLS}, smtp: ses.SMTP{TLS: clientTLS}},
		"STARTTLS and a login":     {server: &server{startTLS: serverTLS, login: login}, smtp: ses.SMTP{TLS: clientTLS, Username: "leat", Password: "secret", Hello: "me.example.com"}},
		"implicit TLS and a login": {server: &server{implicit: serverTLS, login: login}, smtp: ses.SMTP{TLS: clientTLS, Mode: ses.ImplicitTLS, Username: "leat", Password: "secret"}},

		"STARTTLS not offered":   {server: &server{}, smtp: ses.SMTP{TLS: clientTLS}, want: "permanent"},
		"another password":       {server: &server{startTLS: serverTLS, login: login}, smtp: ses.SMTP{TLS: clientTLS, Username: "leat", Password: "guess"}, want: "permanent"},
		"no login":               {server: &server{startTLS: serverTLS, login: login}, smtp: ses.SMTP{TLS: clientTLS}, want: "permanent"},
		"an unknown certificate": {server: &server{startTLS: serverTLS}, want: "certificate"},
		"another's certificate":  {server: &server{startTLS: serverTLS}, smtp: ses.SMTP{TLS: clientTLS, Addr: "other.example.com:587"}, want: "certificate"},
		"a login in the clear":   {server: &server{login: login}, smtp: ses.SMTP{Mode: ses.NoTLS, Username: "leat", Password: "secret"}, want: "unencrypted"},
	} {
		t.Run(name, func(t *testing.T) {
			c.smtp.Dial = c.server.dial
			if c.smtp.Addr == "" {
				c.smtp.Addr = "mail.example.com:587"
			}
			err := c.smtp.SendMail(t.Context(), aMail())
			commands, mails := c.server.seen()
			if c.want == "" {
				require.NoError(t, err)
				require.Len(t, mails, 1)
				hello := "EHLO localhost"
				if c.smtp.Hello != "" {
					hello = "EHLO " + c.smtp.Hello
				}
				require.Contains(t, commands, hello)
				return
			}
			require.Empty(t, mails)
			require.Equal(t, c.want == "permanent", isPermanent(t, err), "%v", err)
			if c.want != "permanent" {
				require.ErrorContains(t, err, c.want)
			}
		})
	}
	require.Empty(t, clientTLS.ServerName, "the configuration is the caller's")
}

func TestSMTPWaitsNoLongerThanItIsTold(t *testing.T) {
	for _, at := range []string{"CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "."} {
		for name, c := range map[string]struct {
			timeout, deadline, want time.Duration
		}{
			"default":  {want: time.Minute},
			"timeout":  {timeout: 5 * time.Second, want: 5 * time.Second},
			"deadline": {deadline: 3 * time.Second, want: 3 * time.Second},
		} {
			t.Run(at+" "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					sink := server{silentAt: at}
					ctx := t.Context()
					if c.deadline > 0 {
						var cancel context.CancelFunc
						ctx, cancel = context.WithTimeout(ctx, c.deadline)
						defer cancel()
					}
					s := &ses.SMTP{Addr: "mail.example.com:25", Mode: ses.NoTLS, Dial: sink.dial, Timeout: c.timeout}
					start := time.Now()
					err := s.SendMail(ctx, aMail())
					require.ErrorIs(t, err, context.DeadlineExceeded)
					require.False(t, isPermanent(t, err))
					require.Equal(t, c.want, time.Since(start))
				})
			})
		}
	}
}

func TestSMTPCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := server{silentAt: "MAIL"}
		ctx, cancel := context.WithCancelCause(t.Context())
		why := errors.New("the topic is closed")
		time.AfterFunc(time.Second, func() { cancel(why) })
		start := time.Now()
		err := (&ses.SMTP{Addr: "mail.example.com:25", Mode: ses.NoTLS, Dial: sink.dial}).SendMail(ctx, aMail())
		require.ErrorIs(t, err, why)
		require.Equal(t, time.Second, time.Since(start))
	})
}

func TestSMTPNeedsAnAddress(t *testing.T) {
	err := (&ses.SMTP{}).SendMail(t.Context(), aMail())
	require.ErrorContains(t, err, "missing port")
}
