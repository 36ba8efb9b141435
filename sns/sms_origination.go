package sns

import (
	"maps"
	"slices"
	"time"
)

const originationPageSize = 30

// OriginationNumber is a number that the account's text messages can come from. (The
// data type PhoneNumberInformation in the SNS API reference.)
type OriginationNumber struct {
	PhoneNumber        string    // in the form "+15555550100"
	Status             string    // "ACTIVE", …
	ISO2CountryCode    string    // "US"
	RouteType          string    // "Transactional", "Promotional" or "Premium"
	NumberCapabilities []string  // of "SMS", "MMS" and "VOICE"
	CreatedAt          time.Time // when the account got it
}

// SetOriginationNumbers replaces the numbers that ListOriginationNumbers returns. On
// AWS they are bought elsewhere; here they are kept and have no effect. It fails with
// ErrInvalidParameter if a phone number is malformed, and then changes nothing.
func (s *Service) SetOriginationNumbers(numbers ...OriginationNumber) error {
	return s.alter("SetOriginationNumbers", "", func(h *holdings) error {
		origins := map[string]OriginationNumber{}
		for _, n := range numbers {
			number, ok := phoneNumber(n.PhoneNumber)
			if !ok {
				return invalid("PhoneNumber Reason: input incorrectly formatted")
			}
			if year := n.CreatedAt.Year(); year < 0 || year > 9999 {
				return invalid("CreatedAt Reason: a year must be from 0 to 9999")
			}
			n.PhoneNumber, n.NumberCapabilities = number, slices.Clone(n.NumberCapabilities)
			origins[number] = n
		}
		h.origins = origins
		h.touch(factAccount, "")
		return nil
	})
}

// ListOriginationNumbers returns a page of the account's origination numbers, in order,
// as ListTopics does, but of at most maxResults: 1 to 30, and zero means 30. It fails
// with ErrValidation, too. (ListOriginationNumbers.)
func (s *Service) ListOriginationNumbers(maxResults int, token string) (page []OriginationNumber, next string, err error) {
	err = s.administer("ListOriginationNumbers", "", func(h *holdings) error {
		size, err := checkPageSize(maxResults, originationPageSize)
		if err != nil {
			return err
		}
		all := slices.Collect(maps.Values(h.origins))
		page, next, err = paginate(all, func(n OriginationNumber) string { return n.PhoneNumber }, token, size)
		page = slices.Clone(page)
		for i := range page {
			page[i].NumberCapabilities = slices.Clone(page[i].NumberCapabilities)
		}
		return err
	})
	return page, next, err
}
