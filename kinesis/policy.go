package kinesis

import (
	"encoding/json"
	"strings"

	"github.com/leat-go/leat/internal/journal"
)

// maxPolicySize is in bytes. (Developer Guide, Controlling access.)
const maxPolicySize = 20 << 10

// Policy returns the stream's resource policy, a JSON document. It fails with
// ErrResourceNotFound if it has none. (GetResourcePolicy.)
func (s *LocalStream) Policy() (string, error) {
	if err := s.open("Policy"); err != nil {
		return "", err
	}
	policy := s.config.Load().Policy
	if policy == "" {
		return "", located("Policy", s.name, noPolicy(s.ARN()))
	}
	return policy, nil
}

// PutPolicy gives the stream a resource policy, a JSON object of at most 20 KiB, in
// place of the one before. It is kept and returned, not enforced. It fails with
// ErrInvalidArgument, ErrResourceNotFound, or ErrResourceInUse unless the stream is
// ACTIVE. (PutResourcePolicy.)
func (s *LocalStream) PutPolicy(policy string) error {
	if err := checkPolicy(policy); err != nil {
		return located("PutPolicy", s.name, err)
	}
	return s.setPolicy("PutPolicy", policy)
}

// DeletePolicy takes the stream's resource policy away. It fails with
// ErrResourceNotFound if there is none, and with ErrResourceInUse unless the stream is
// ACTIVE. (DeleteResourcePolicy.)
func (s *LocalStream) DeletePolicy() error { return s.setPolicy("DeletePolicy", "") }

// setPolicy does without change: a policy does not make the stream UPDATING.
func (s *LocalStream) setPolicy(op, policy string) error {
	if err := s.storable(op); err != nil {
		return err
	}
	t, err := s.trySetPolicy(op, policy)
	if err != nil {
		return err
	}
	return s.keep(op, t)
}

func (s *LocalStream) trySetPolicy(op, policy string) (t journal.Ticket, err error) {
	s.admin.Lock()
	defer s.admin.Unlock()
	now, err := s.enter(op)
	if err != nil {
		return t, err
	}
	defer s.mu.Unlock()
	if err := s.active(op, now); err != nil {
		return t, err
	}
	cfg := s.Config()
	if policy == "" && cfg.Policy == "" {
		return t, located(op, s.name, noPolicy(s.ARN()))
	}
	cfg.Policy = policy
	if t, err = s.writeSettings(op, func(set *settings) { set.config = cfg }); err == nil {
		s.config.Store(&cfg)
	}
	return t, err
}

func noPolicy(arn string) *Error {
	return &Error{Err: ErrResourceNotFound, Message: "No resource policy found for resource ARN " + arn + "."}
}

// checkPolicy returns what is wrong with a resource policy.
func checkPolicy(policy string) error {
	switch {
	case len(policy) > maxPolicySize:
		return invalid("The policy has %d bytes. A policy must not have more than %d.", len(policy), maxPolicySize)
	case !json.Valid([]byte(policy)) || !strings.HasPrefix(strings.TrimLeft(policy, " \t\r\n"), "{"):
		return invalid("The policy is not a JSON object.")
	}
	return nil
}
