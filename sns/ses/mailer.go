package ses

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"sync"
	"time"

	"github.com/leat-go/leat/sns"
)

// Config says what a [Mailer] lets through. Its zero value, but for Next, is a new
// account: in the sandbox, with nothing verified.
type Config struct {
	// Next sends what is let through. Required.
	Next sns.Mailer

	// From, if not empty, is the address that all mail comes from; the names before
	// the addresses stay. Topics need it: SNS's own address, no-reply@sns.amazonaws.com,
	// is hardly anybody's to send from, and refused unless it is verified.
	From string

	// Identities are the verified addresses and domains to begin with. A domain
	// stands for all addresses in it and in the domains below it.
	Identities []string

	// Production takes the account out of the sandbox: mail goes to anyone.
	Production bool

	// MaxSendRate bounds the mails of any one second. Zero means 1 in the sandbox, else
	// 14. A mail that is over it waits for its turn.
	MaxSendRate int
	// RefuseOverRate refuses such a mail instead, as SES does: with ErrSendRate.
	RefuseOverRate bool
	// Max24HourSend bounds the mails of any 24 hours. Zero means 200 in the sandbox,
	// else 50,000.
	Max24HourSend int

	// Region is named in errors. Empty means us-east-1.
	Region string
}

// Mailer is an sns.Mailer that keeps SES's rules. All methods may be called
// concurrently.
type Mailer struct {
	next   sns.Mailer
	from   *mail.Address // nil if mail keeps its own
	region string

	sandbox, refuse bool
	start           time.Time

	mu         sync.Mutex          // guards all below
	identities map[string]struct{} // as normal makes them
	sent       window
}

// SendQuota says how much an account may send, and has. (GetSendQuota in the SES API
// reference.)
type SendQuota struct {
	Max24HourSend   int // mails in 24 hours
	MaxSendRate     int // mails in a second
	SentLast24Hours int
}

// New makes a Mailer. Its error names everything that is wrong with the configuration.
func New(cfg Config) (*Mailer, error) {
	var errs []error
	m := &Mailer{
		next:       cfg.Next,
		region:     strings.ToUpper(cmp.Or(cfg.Region, "us-east-1")),
		sandbox:    !cfg.Production,
		refuse:     cfg.RefuseOverRate,
		start:      time.Now(),
		identities: make(map[string]struct{}),
	}
	if cfg.Next == nil {
		errs = append(errs, errors.New("there is no Next"))
	}
	if cfg.MaxSendRate < 0 || cfg.Max24HourSend < 0 {
		errs = append(errs, errors.New("a quota is less than zero"))
	}
	if cfg.From != "" {
		var err error
		if m.from, err = mail.ParseAddress(cfg.From); err != nil {
			errs = append(errs, fmt.Errorf("bad From: %w", err))
		}
	}
	for _, identity := range cfg.Identities {
		if err := m.Verify(identity); err != nil {
			errs = append(errs, err)
		}
	}
	rate, quota := 14, 50_000
	if m.sandbox {
		rate, quota = 1, 200
	}
	m.sent.perSecond, m.sent.perDay = cmp.Or(cfg.MaxSendRate, rate), cmp.Or(cfg.Max24HourSend, quota)
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("ses: %w", err)
	}
	return m, nil
}

// SendMail hands a mail to the next Mailer if SES would take it. It counts towards the
// quotas even if the next one fails. Refusals are [*Error]s; if ctx ends while the mail
// waits for its turn, so is that, and it wraps ErrSendRate.
func (m *Mailer) SendMail(ctx context.Context, message sns.Mail) error {
	from, err := mail.ParseAddress(message.From)
	if err != nil {
		return sns.Permanent(fmt.Errorf("ses: From: %w", err))
	}
	if m.from != nil {
		from.Address = m.from.Address
		from.Name = cmp.Or(from.Name, m.from.Name)
		message.From = from.String()
	}
	to, err := mail.ParseAddress(message.To)
	if err != nil {
		return sns.Permanent(fmt.Errorf("ses: To: %w", err))
	}
	for {
		wait, err := m.admit(from.Address, to.Address)
		if err != nil {
			return err
		}
		if wait == 0 {
			return m.next.SendMail(ctx, message)
		}
		turn := time.NewTimer(wait)
		select {
		case <-turn.C:
		case <-ctx.Done():
			turn.Stop()
			return overRate()
		}
	}
}

func overRate() error { return &Error{ErrSendRate, "Maximum sending rate exceeded."} }

// Verify makes an address or a domain a verified identity. A mailbox owner or a DNS
// record confirms it on AWS; here the call does.
func (m *Mailer) Verify(identity string) error {
	name := normal(identity)
	if address, err := mail.ParseAddress(identity); strings.Contains(identity, "@") && (err != nil || address.Address != identity) ||
		strings.ContainsAny(identity, " \t\r\n") || strings.Trim(identity, ".") == "" {
		return fmt.Errorf("ses: identity %q is neither an address nor a domain", identity)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.identities[name] = struct{}{}
	return nil
}

// Forget makes an identity unverified again. It does nothing if it was not verified.
func (m *Mailer) Forget(identity string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.identities, normal(identity))
}

// SendQuota returns the quotas, and what has been sent of them.
func (m *Mailer) SendQuota() SendQuota {
	m.mu.Lock()
	defer m.mu.Unlock()
	return SendQuota{
		Max24HourSend:   m.sent.perDay,
		MaxSendRate:     m.sent.perSecond,
		SentLast24Hours: m.sent.count(time.Since(m.start)),
	}
}

// admit counts a mail if it may be sent, or returns how long it has to wait.
func (m *Mailer) admit(from, to string) (wait time.Duration, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var failed []string
	if !m.verified(from) {
		failed = append(failed, from)
	}
	// In the sandbox, the mailbox simulator takes mail from all.
	if m.sandbox && !m.verified(to) && !strings.HasSuffix(normal(to), "@simulator.amazonses.com") {
		failed = append(failed, to)
	}
	if len(failed) > 0 {
		return 0, sns.Permanent(&Error{ErrMessageRejected, "Email address is not verified. The following identities failed the check in region " +
			m.region + ": " + strings.Join(failed, ", ")})
	}
	wait, ok := m.sent.add(time.Since(m.start))
	switch {
	case !ok:
		return 0, &Error{ErrDailyQuota, "Daily message quota exceeded."}
	case wait > 0 && m.refuse:
		return 0, overRate()
	}
	return wait, nil
}

// verified tells whether an address is a verified identity, or in one. The caller
// holds mu.
func (m *Mailer) verified(address string) bool {
	name := normal(address)
	if _, ok := m.identities[name]; ok {
		return true
	}
	domain := name[strings.LastIndexByte(name, '@')+1:]
	for domain != "" {
		if _, ok := m.identities[domain]; ok {
			return true
		}
		_, domain, _ = strings.Cut(domain, ".")
	}
	return false
}

// normal is an identity in the form in which two are compared: case counts before
// the @ and not after it.
func normal(identity string) string {
	at := strings.LastIndexByte(identity, '@') + 1
	return identity[:at] + strings.ToLower(identity[at:])
}
