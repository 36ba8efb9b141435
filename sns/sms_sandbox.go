package sns

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"regexp"
	"slices"

	"github.com/google/uuid"
)

const (
	maxTesters      = 10
	sandboxPageSize = 100
)

// SMSSandboxPhoneNumber is a phone number that a sandbox may send text messages to, or
// is to.
type SMSSandboxPhoneNumber struct {
	PhoneNumber string
	Status      string // "Pending" or "Verified"
}

// tester is a phone number of a sandbox.
type tester struct {
	password string // the one-time password that verifies it; empty once it did
}

func (t *tester) verified() bool { return t != nil && t.password == "" }

var (
	sandboxLanguages = []string{
		"", "en-US", "en-GB", "es-419", "es-ES", "de-DE", "fr-CA", "fr-FR", "it-IT", "ja-JP", "pt-BR", "kr-KR", "zh-CN", "zh-TW",
	}
	passwordSyntax = regexp.MustCompile(`^[0-9]{5,8}$`)
)

// SMSSandbox tells whether the account is in the SMS sandbox, where text messages are
// sent to verified phone numbers only. (GetSMSSandboxAccountStatus.)
func (s *Service) SMSSandbox() (sandbox bool) {
	_ = s.registry.admin.with(place{s.account, s.region}, func(h *holdings) error {
		sandbox = h.sandbox
		return nil
	})
	return sandbox
}

// SetSMSSandbox puts the account into the SMS sandbox, where every account on AWS
// begins, or out of it, where one begins here. A service that is closed, or can not store
// it, may stay as it is.
func (s *Service) SetSMSSandbox(sandbox bool) {
	_ = s.alter("SetSMSSandbox", "", func(h *holdings) error {
		h.sandbox = sandbox
		h.touch(factAccount, "")
		return nil
	})
}

// CreateSMSSandboxPhoneNumber adds a phone number to the sandbox, at most ten, and
// sends it a one-time password, another one if it was added before. The language is
// one that the API reference lists; empty means "en-US". The text is English in any.
// It fails with ErrInvalidParameter, ErrValidation, ErrOptedOut, or with ErrUser if
// there are too many numbers or this one is verified. If the password can not be sent
// it fails with what the SMSSender says, and can be called again. (CreateSMSSandboxPhoneNumber.)
func (s *Service) CreateSMSSandboxPhoneNumber(phoneNumber, languageCode string) error {
	password := oneTimePassword()
	var recipient string
	err := s.alterNumber("CreateSMSSandboxPhoneNumber", phoneNumber, func(h *holdings, number string) error {
		recipient = number
		switch old := h.testers[number]; {
		case !slices.Contains(sandboxLanguages, languageCode):
			return violated("'"+languageCode+"'", "languageCode", fmt.Sprintf("satisfy enum value set: %v", sandboxLanguages[1:]))
		case h.optedOut[number]:
			return &Error{Err: ErrOptedOut}
		case old.verified():
			return &Error{Err: ErrUser, Message: "The phone number is verified already."}
		case old == nil && len(h.testers) == maxTesters:
			return &Error{Err: ErrUser, Message: "The SMS sandbox has ten phone numbers, and can have no more."}
		}
		h.testers[number] = &tester{password}
		h.touch(factAccount, "")
		return nil
	})
	if err != nil {
		return err
	}
	if err := s.sendPassword(recipient, password); err != nil {
		return &Error{Op: "CreateSMSSandboxPhoneNumber", Resource: phoneNumber, Err: err}
	}
	return nil
}

func (s *Service) sendPassword(recipient, password string) error {
	var sender SMSSender = s.Outbox()
	if s.registry.config.SMS != nil {
		sender = s.registry.config.SMS
	}
	send := EndpointFunc(func(ctx context.Context, n Notification) error {
		return sender.SendSMS(ctx, SMS{PhoneNumber: recipient, Message: n.Message, MessageID: n.MessageID, SMSType: "Transactional"})
	})
	return contain(context.Background(), send, Notification{
		MessageID: uuid.NewString(),
		Message:   password + " is your verification code for the SMS sandbox.",
	})
}

// oneTimePassword draws six digits.
func oneTimePassword() string {
	n, _ := rand.Int(rand.Reader, big.NewInt(1_000_000)) // never fails
	return fmt.Sprintf("%06d", n)
}

// VerifySMSSandboxPhoneNumber verifies a phone number of the sandbox by the password
// that it was sent. It fails with ErrInvalidParameter, ErrValidation,
// ErrResourceNotFound, or with ErrVerification if the password is another one or was
// used. (VerifySMSSandboxPhoneNumber.)
func (s *Service) VerifySMSSandboxPhoneNumber(phoneNumber, oneTimePassword string) error {
	return s.alterNumber("VerifySMSSandboxPhoneNumber", phoneNumber, func(h *holdings, number string) error {
		t := h.testers[number]
		switch {
		case !passwordSyntax.MatchString(oneTimePassword):
			return violated("'"+oneTimePassword+"'", "oneTimePassword", "satisfy regular expression pattern: ^[0-9]{5,8}$")
		case t == nil:
			return unknownNumber()
		case t.password != oneTimePassword:
			return &Error{Err: ErrVerification}
		}
		t.password = ""
		h.touch(factAccount, "")
		return nil
	})
}

// DeleteSMSSandboxPhoneNumber removes a phone number from the sandbox, verified or not.
// (AWS makes one wait for 24 hours after its verification.) It fails with
// ErrInvalidParameter or ErrResourceNotFound. (DeleteSMSSandboxPhoneNumber.)
func (s *Service) DeleteSMSSandboxPhoneNumber(phoneNumber string) error {
	return s.alterNumber("DeleteSMSSandboxPhoneNumber", phoneNumber, func(h *holdings, number string) error {
		if h.testers[number] == nil {
			return unknownNumber()
		}
		delete(h.testers, number)
		h.touch(factAccount, "")
		return nil
	})
}

func unknownNumber() *Error {
	return &Error{Err: ErrResourceNotFound, Message: "The phone number is not in the SMS sandbox."}
}

// ListSMSSandboxPhoneNumbers returns a page of the sandbox's phone numbers, in order,
// as ListTopics does, but of at most maxResults: 1 to 100, and zero means 100. It
// fails with ErrValidation, too. (ListSMSSandboxPhoneNumbers.)
func (s *Service) ListSMSSandboxPhoneNumbers(maxResults int, token string) (page []SMSSandboxPhoneNumber, next string, err error) {
	err = s.administer("ListSMSSandboxPhoneNumbers", "", func(h *holdings) error {
		size, err := checkPageSize(maxResults, sandboxPageSize)
		if err != nil {
			return err
		}
		var all []SMSSandboxPhoneNumber
		for number, t := range h.testers {
			status := "Pending"
			if t.verified() {
				status = "Verified"
			}
			all = append(all, SMSSandboxPhoneNumber{number, status})
		}
		page, next, err = paginate(all, func(n SMSSandboxPhoneNumber) string { return n.PhoneNumber }, token, size)
		return err
	})
	return page, next, err
}

// checkPageSize returns the length of a page when a caller asks for n; zero asks for
// the most.
func checkPageSize(n, most int) (int, error) {
	switch {
	case n == 0:
		return most, nil
	case n < 0:
		return 0, violated(fmt.Sprintf("'%d'", n), "maxResults", "have value greater than or equal to 1")
	case n > most:
		return 0, violated(fmt.Sprintf("'%d'", n), "maxResults", fmt.Sprintf("have value less than or equal to %d", most))
	}
	return n, nil
}
