package sns

import (
	"encoding/json"
	"maps"
	"slices"
)

// What a durable service stores of what an account has besides topics, as JSON: one fact for
// each platform application and platform endpoint, and one for the rest.
type (
	storedApplication struct {
		Account, Region, Name, Platform string
		Attributes                      map[string]string
	}
	storedDevice struct {
		Account, Region, Application string // the latter is an ARN
		Attributes                   map[string]string
	}
	storedAccount struct {
		Account, Region string
		SMS             map[string]string
		OptedOut        []string
		Sandbox         bool
		Passwords       map[string]string // of the sandbox's phone numbers
		Origins         []OriginationNumber
	}
)

// alter is administer for what changes something. f says by h.touch what.
func (s *Service) alter(op, resource string, f func(h *holdings) error) error {
	l := s.registry.ledger
	if err := l.ready(op, resource); err != nil {
		return err
	}
	var c *commit
	err := s.administer(op, resource, func(h *holdings) error {
		h.touched = h.touched[:0]
		err := f(h)
		if err == nil && l != nil {
			c = l.storeHoldings(place{s.account, s.region}, h)
		}
		return err
	})
	if err != nil {
		return err
	}
	if c == nil {
		return l.barrier(op, resource)
	}
	return l.await(op, resource, c)
}

// touch notes that an application or a device is another one now, or gone; an empty arn
// stands for the rest of what the account has.
func (h *holdings) touch(kind byte, arn string) {
	h.touched = append(h.touched, metaKey{kind: kind, name: arn})
}

// storeHoldings adds what was touched, nil if that is nothing.
func (l *ledger) storeHoldings(p place, h *holdings) *commit {
	if len(h.touched) == 0 {
		return nil
	}
	var changes []change
	for _, key := range h.touched {
		var value any
		switch key.kind {
		case factApplication:
			if a := h.applications[key.name]; a != nil {
				value = storedApplication{p.account, p.region, a.name, a.platform, a.attributes}
			}
		case factDevice:
			if d := h.devices[key.name]; d != nil {
				value = storedDevice{p.account, p.region, d.application.arn, d.attributes}
			}
		default:
			key.name = p.region + " " + p.account
			rest := storedAccount{
				Account: p.account, Region: p.region, SMS: h.sms, OptedOut: slices.Sorted(maps.Keys(h.optedOut)), Sandbox: h.sandbox,
				Passwords: map[string]string{}, Origins: slices.Collect(maps.Values(h.origins)),
			}
			for number, t := range h.testers {
				rest.Passwords[number] = t.password
			}
			value = rest
		}
		ch := change{key: key}
		if value != nil {
			text, _ := json.Marshal(value) // strings and times that a year in four digits has
			ch.record = (&adminFact{key: key, json: text}).append(nil)
		}
		changes = append(changes, ch)
	}
	c := &commit{}
	l.put(c, changes)
	return c
}

// restore makes a fact true again. Applications come before their devices.
func (a *admin) restore(f *adminFact) error {
	switch f.key.kind {
	case factApplication:
		var v storedApplication
		if err := json.Unmarshal(f.json, &v); err != nil {
			return err
		}
		return a.with(place{v.Account, v.Region}, func(h *holdings) error {
			h.applications[f.key.name] = &application{f.key.name, v.Name, v.Platform, merged(v.Attributes, nil), map[string]*device{}}
			return nil
		})
	case factDevice:
		var v storedDevice
		if err := json.Unmarshal(f.json, &v); err != nil {
			return err
		}
		return a.with(place{v.Account, v.Region}, func(h *holdings) error {
			if app := h.applications[v.Application]; app != nil {
				d := &device{f.key.name, app, merged(v.Attributes, nil)}
				h.devices[d.arn], app.devices[d.attributes["Token"]] = d, d
			}
			return nil
		})
	}
	var v storedAccount
	if err := json.Unmarshal(f.json, &v); err != nil {
		return err
	}
	return a.with(place{v.Account, v.Region}, func(h *holdings) error {
		h.sms, h.sandbox = merged(v.SMS, nil), v.Sandbox
		for _, number := range v.OptedOut {
			h.optedOut[number] = true
		}
		for number, password := range v.Passwords {
			h.testers[number] = &tester{password}
		}
		for _, n := range v.Origins {
			h.origins[n.PhoneNumber] = n
		}
		return nil
	})
}
