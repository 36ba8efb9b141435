package sns

import (
	"maps"
	"sync"
)

// admin is what a Service keeps besides topics. Its zero value is ready for use.
type admin struct {
	mu       sync.Mutex // guards all that belongs to it; taken last
	holdings map[place]*holdings
}

// place is where an account has things.
type place struct{ account, region string }

// holdings is what an account has in a region.
type holdings struct {
	applications map[string]*application      // by ARN
	devices      map[string]*device           // by ARN
	sms          map[string]string            // SMS attributes
	optedOut     map[string]bool              // by phone number
	sandbox      bool                         // only numbers in testers may be sent text messages
	testers      map[string]*tester           // by phone number
	origins      map[string]OriginationNumber // by phone number
	touched      []metaKey                    // by the operation under way
}

// with runs f, under the lock, on what there is at a place. A place where nothing is
// takes no memory: any request may name a new one.
func (a *admin) with(p place, f func(h *holdings) error) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	h := a.holdings[p]
	if h == nil {
		h = &holdings{
			applications: map[string]*application{},
			devices:      map[string]*device{},
			sms:          maps.Clone(initialSMS),
			optedOut:     map[string]bool{},
			testers:      map[string]*tester{},
			origins:      map[string]OriginationNumber{},
		}
	}
	err := f(h)
	switch {
	case h.empty():
		delete(a.holdings, p)
	case a.holdings == nil:
		a.holdings = map[place]*holdings{p: h}
	default:
		a.holdings[p] = h
	}
	return err
}

var initialSMS = map[string]string{"MonthlySpendLimit": "1"}

func (h *holdings) empty() bool {
	return len(h.applications)+len(h.devices)+len(h.optedOut)+len(h.testers)+len(h.origins) == 0 &&
		!h.sandbox && maps.Equal(h.sms, initialSMS)
}

// administer runs f, under the lock, on what the account has in the region, and says
// of its error which operation on what it is of.
func (s *Service) administer(op, resource string, f func(h *holdings) error) error {
	if err := s.registry.open(op); err != nil {
		return err
	}
	return located(op, resource, s.registry.admin.with(place{s.account, s.region}, f))
}

// merged returns a copy of old with what changes holds, but for empty values, which
// remove.
func merged(old, changes map[string]string) map[string]string {
	all := maps.Clone(old)
	if all == nil {
		all = map[string]string{}
	}
	for name, value := range changes {
		if value == "" {
			delete(all, name)
		} else {
			all[name] = value
		}
	}
	return all
}

// notFound is the error for a thing that is not there.
func notFound(what string) *Error {
	return &Error{Err: ErrNotFound, Message: what + " does not exist"}
}

// violated is the error of a parameter that breaks a constraint of the service model.
func violated(value, member, constraint string) *Error {
	return &Error{
		Err:     ErrValidation,
		Message: "1 validation error detected: Value " + value + " at '" + member + "' failed to satisfy constraint: Member must " + constraint,
	}
}
