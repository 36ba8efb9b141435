package ses

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/smtp"
	"net/textproto"
	"strings"
	"time"

	"github.com/leat-go/leat/sns"
)

// SMTP is an sns.Mailer that hands each mail to a server, over a connection of its
// own. Its fields are not to be changed while it is used; SendMail may be called
// concurrently.
//
// It is built on net/smtp. That package takes no new features, but it is kept in order
// with the rest of the standard library, and has what this needs: EHLO, STARTTLS, AUTH
// PLAIN and dot-stuffing. What it lacks, a context, is made up for with the
// connection's deadline. A library with more to it would be a dependency for everyone.
type SMTP struct {
	// Addr is the server's "host:port". Required.
	Addr string

	// Username and Password log in, by AUTH PLAIN. An empty Username means not to.
	// They are only sent under TLS, or to localhost.
	Username, Password string

	// Mode says how the connection comes under TLS. Zero means STARTTLS, and no mail
	// where the server does not offer it.
	Mode TLSMode
	// TLS configures it. Nil means the system's roots and the host of Addr.
	TLS *tls.Config

	// Dial opens connections. Nil means a net.Dialer.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)

	// Hello is the name of this host for the server. Empty means "localhost".
	Hello string

	// From, if not empty, is the address that all mail comes from; the names before
	// the addresses stay.
	From string

	// Timeout bounds the sending of one mail. Zero means a minute; the context may
	// make it less.
	Timeout time.Duration
}

// TLSMode is how a connection to a server comes under TLS.
type TLSMode int

// The ways to TLS.
const (
	StartTLS    TLSMode = iota // begin in the clear, then STARTTLS: ports 25 and 587
	ImplicitTLS                // TLS from the first byte: port 465
	NoTLS                      // never, for a sink on this host
)

var errNoStartTLS = errors.New("ses: the server offers no STARTTLS; set Mode to NoTLS if that is right")

// SendMail hands a mail over. It returns when the server has taken it or refused, or
// ctx has ended. Addresses that are none, line breaks in a subject, and replies of 500
// and above are for good, and marked by sns.Permanent.
func (s *SMTP) SendMail(ctx context.Context, m sns.Mail) error {
	from, to, text, err := s.compose(m)
	if err != nil {
		return sns.Permanent(err)
	}
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(s.Timeout, time.Minute))
	defer cancel()
	err = s.send(ctx, from, to, text)
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		err = errors.Join(context.Cause(ctx), err) // the deadline's doing, more likely than not
	}
	err = fmt.Errorf("ses: mail by %s: %w", s.Addr, err)
	if reply, ok := errors.AsType[*textproto.Error](err); ok && reply.Code >= 500 || errors.Is(err, errNoStartTLS) {
		return sns.Permanent(err)
	}
	return err
}

// compose reads the addresses and writes the message.
func (s *SMTP) compose(m sns.Mail) (from, to string, text []byte, err error) {
	sender, err := mail.ParseAddress(m.From)
	if err != nil {
		return "", "", nil, fmt.Errorf("ses: From: %w", err)
	}
	if s.From != "" {
		own, err := mail.ParseAddress(s.From)
		if err != nil {
			return "", "", nil, fmt.Errorf("ses: SMTP.From: %w", err)
		}
		sender.Address, sender.Name = own.Address, cmp.Or(sender.Name, own.Name)
	}
	recipient, err := mail.ParseAddress(m.To)
	if err != nil {
		return "", "", nil, fmt.Errorf("ses: To: %w", err)
	}
	text, err = message(sender, recipient, m, time.Now())
	return path(sender), path(recipient), text, err
}

// path is an address as the commands of SMTP have it, without the brackets.
func path(a *mail.Address) string {
	return strings.TrimSuffix(strings.TrimPrefix((&mail.Address{Address: a.Address}).String(), "<"), ">")
}

func (s *SMTP) send(ctx context.Context, from, to string, text []byte) error {
	host, _, err := net.SplitHostPort(s.Addr)
	if err != nil {
		return err
	}
	dial := s.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	conn, err := dial(ctx, "tcp", s.Addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	// When ctx ends, whatever waits for the server no longer does.
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if s.Mode == ImplicitTLS {
		conn = tls.Client(conn, s.tlsConfig(host))
	}
	c, err := smtp.NewClient(conn, host)
	if err != nil {
		return err
	}
	if err := s.greet(c, host); err != nil {
		return err
	}
	if err := deliver(c, from, to, text); err != nil {
		return err
	}
	_ = c.Quit() // the mail is taken
	return nil
}

// greet brings a new connection to where mail can be sent.
func (s *SMTP) greet(c *smtp.Client, host string) error {
	if err := c.Hello(cmp.Or(s.Hello, "localhost")); err != nil {
		return err
	}
	if s.Mode == StartTLS {
		if offered, _ := c.Extension("STARTTLS"); !offered {
			return errNoStartTLS
		}
		if err := c.StartTLS(s.tlsConfig(host)); err != nil {
			return err
		}
	}
	if s.Username == "" {
		return nil
	}
	return c.Auth(smtp.PlainAuth("", s.Username, s.Password, host))
}

func (s *SMTP) tlsConfig(host string) *tls.Config {
	cfg := s.TLS.Clone()
	if cfg == nil {
		cfg = &tls.Config{}
	}
	if cfg.ServerName == "" {
		cfg.ServerName = host
	}
	return cfg
}

func deliver(c *smtp.Client, from, to string, text []byte) error {
	if err := c.Mail(from); err != nil {
		return err
	}
	if err := c.Rcpt(to); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	return w.Close()
}
