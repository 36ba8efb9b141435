package sns

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// phoneSyntax is that of a phone number in E.164, in which AWS lets single '.', '/' and
// '-' stand between digits.
var phoneSyntax = regexp.MustCompile(`^\+?[1-9]([./-]?[0-9]){1,14}$`)

// phoneNumber returns a phone number as E.164 writes it: "+15555550100".
func phoneNumber(s string) (number string, ok bool) {
	if !phoneSyntax.MatchString(s) {
		return "", false
	}
	return "+" + strings.NewReplacer("+", "", ".", "", "/", "", "-", "").Replace(s), true
}

// senderIDSyntax is 1 to 11 letters and digits, a letter among them.
var senderIDSyntax = regexp.MustCompile(`^[0-9]*[A-Za-z][A-Za-z0-9]*$`)

// SetSMSAttributes changes how the account's text messages are sent: DefaultSenderID,
// the sender that is shown where a message names none, 1 to 11 letters and digits with
// a letter among them; and DefaultSMSType, "Promotional" or "Transactional". Kept
// without effect are MonthlySpendLimit in whole US dollars,
// DeliveryStatusSuccessSamplingRate in percent, DeliveryStatusIAMRole and
// UsageReportS3Bucket. An empty value removes one. It fails with ErrInvalidParameter,
// and then changes none. (SetSMSAttributes.)
func (s *Service) SetSMSAttributes(attributes map[string]string) error {
	return s.alter("SetSMSAttributes", "", func(h *holdings) error {
		for _, name := range slices.Sorted(maps.Keys(attributes)) {
			if fault := smsFault(name, attributes[name]); fault != "" {
				return &Error{Err: ErrInvalidParameter, Message: fault} // without the usual prefix
			}
		}
		h.sms = merged(h.sms, attributes)
		h.touch(factAccount, "")
		return nil
	})
}

func smsFault(name, value string) string {
	switch name {
	case "DeliveryStatusIAMRole", "UsageReportS3Bucket":
		return ""
	case "MonthlySpendLimit":
		if _, err := strconv.ParseUint(value, 10, 32); value != "" && err != nil {
			return "MonthlySpendLimit is invalid"
		}
	case "DeliveryStatusSuccessSamplingRate":
		if value != "" && !isPercentage(value) {
			return "DeliveryStatusSuccessSamplingRate is not an integer between 0-100"
		}
	case "DefaultSenderID":
		if value != "" && (len(value) > 11 || !senderIDSyntax.MatchString(value)) {
			return "DefaultSenderID is invalid"
		}
	case "DefaultSMSType":
		if value != "" && value != "Promotional" && value != "Transactional" {
			return "DefaultSMSType is invalid"
		}
	default:
		return name + " is not a valid attribute"
	}
	return ""
}

// SMSAttributes returns the account's SMS attributes that are set, those of the given
// names or all of them; the map is the caller's. MonthlySpendLimit is 1 at first. (GetSMSAttributes.)
func (s *Service) SMSAttributes(names ...string) (attributes map[string]string, err error) {
	err = s.administer("GetSMSAttributes", "", func(h *holdings) error {
		attributes = merged(h.sms, nil)
		if len(names) > 0 {
			maps.DeleteFunc(attributes, func(name, _ string) bool { return !slices.Contains(names, name) })
		}
		return nil
	})
	return attributes, err
}

// CheckIfPhoneNumberIsOptedOut tells whether a phone gets no text messages from the
// account because its owner said so. It fails with ErrInvalidParameter.
// (CheckIfPhoneNumberIsOptedOut.)
func (s *Service) CheckIfPhoneNumberIsOptedOut(phoneNumber string) (optedOut bool, err error) {
	err = s.withNumber("CheckIfPhoneNumberIsOptedOut", phoneNumber, func(h *holdings, number string) error {
		optedOut = h.optedOut[number]
		return nil
	})
	return optedOut, err
}

// OptInPhoneNumber lets a phone that is opted out get text messages again. (AWS
// allows it once in 30 days; here it is allowed always.) It fails with
// ErrInvalidParameter. (OptInPhoneNumber.)
func (s *Service) OptInPhoneNumber(phoneNumber string) error {
	return s.alterNumber("OptInPhoneNumber", phoneNumber, func(h *holdings, number string) error {
		delete(h.optedOut, number)
		h.touch(factAccount, "")
		return nil
	})
}

// OptOutPhoneNumber does what the answer STOP from a phone does on AWS: the account's
// text messages to it fail with ErrOptedOut. It fails with ErrInvalidParameter.
func (s *Service) OptOutPhoneNumber(phoneNumber string) error {
	return s.alterNumber("OptOutPhoneNumber", phoneNumber, func(h *holdings, number string) error {
		h.optedOut[number] = true
		h.touch(factAccount, "")
		return nil
	})
}

// ListPhoneNumbersOptedOut returns a page of the numbers that are opted out, in order,
// as ListTopics does. (ListPhoneNumbersOptedOut.)
func (s *Service) ListPhoneNumbersOptedOut(token string) (page []string, next string, err error) {
	err = s.administer("ListPhoneNumbersOptedOut", "", func(h *holdings) error {
		all := slices.Collect(maps.Keys(h.optedOut))
		page, next, err = paginate(all, func(number string) string { return number }, token, pageSize)
		return err
	})
	return page, next, err
}

// withNumber is administer for what is about one phone number.
func (s *Service) withNumber(op, phone string, f func(h *holdings, number string) error) error {
	return s.administer(op, phone, numbered(phone, f))
}

// alterNumber is alter for what is about one phone number.
func (s *Service) alterNumber(op, phone string, f func(h *holdings, number string) error) error {
	return s.alter(op, phone, numbered(phone, f))
}

func numbered(phone string, f func(h *holdings, number string) error) func(h *holdings) error {
	return func(h *holdings) error {
		number, ok := phoneNumber(phone)
		if !ok {
			return invalid("PhoneNumber Reason: input incorrectly formatted")
		}
		return f(h, number)
	}
}

// checkRecipient returns a phone number that may be sent text messages, as E.164
// writes it. Its errors are permanent: ErrInvalidParameter, ErrOptedOut, and ErrUser
// for a number that the sandbox has not verified.
func (s *Service) checkRecipient(phone string) (number string, err error) {
	err = s.withNumber("Publish", phone, func(h *holdings, e164 string) error {
		number = e164
		switch {
		case h.optedOut[number]:
			return &Error{Err: ErrOptedOut}
		case h.sandbox && !h.testers[number].verified():
			return &Error{Err: ErrUser, Message: "The phone number is not verified, which the SMS sandbox requires."}
		}
		return nil
	})
	return number, Permanent(err)
}
