package firehose

import (
	"slices"
	"time"
)

const (
	ownedKey    = "AWS_OWNED_CMK"
	customerKey = "CUSTOMER_MANAGED_CMK"

	maxRekeyings = 25 // a day, starts and stops together

	sourceEncryption = "Encryption is that of the source, as the delivery stream has one."
)

// Encryption returns how records are encrypted at rest: two empty strings if they are
// not. leat keeps this, and encrypts nothing.
func (s *DeliveryStream) Encryption() (keyType, keyARN string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keyType, s.keyARN
}

// StartEncryption sets the key: keyType is "AWS_OWNED_CMK", which empty means too, or
// "CUSTOMER_MANAGED_CMK", which needs keyARN. It fails with ErrInvalidArgument, also if
// there is a Source, with ErrResourceInUse unless the status is ACTIVE, and with
// ErrLimitExceeded after 25 calls, with those of StopEncryption, in 24 hours.
// (StartDeliveryStreamEncryption.)
func (s *DeliveryStream) StartEncryption(keyType, keyARN string) error {
	orElse(&keyType, ownedKey)
	return s.encrypt("StartEncryption", keyType, keyARN)
}

// StopEncryption is the opposite, and fails for the same reasons.
// (StopDeliveryStreamEncryption.)
func (s *DeliveryStream) StopEncryption() error { return s.encrypt("StopEncryption", "", "") }

func (s *DeliveryStream) encrypt(op, keyType, keyARN string) error {
	if s.feed != nil {
		return located(op, s.name, invalid(sourceEncryption))
	}
	if keyType != "" {
		if err := checkKey(keyType, keyARN); err != nil {
			return located(op, s.name, err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.active(op); err != nil {
		return err
	}
	now := time.Unix(0, s.registry.now())
	s.rekeyed = slices.DeleteFunc(s.rekeyed, func(t time.Time) bool { return now.Sub(t) >= 24*time.Hour })
	if len(s.rekeyed) >= maxRekeyings && !s.settings.Load().cfg.Relaxed {
		return s.err(op, ErrLimitExceeded)
	}
	if len(s.rekeyed) < maxRekeyings {
		s.rekeyed = append(s.rekeyed, now)
	}
	s.keyType, s.keyARN = keyType, keyARN
	return nil
}

func checkKey(keyType, keyARN string) error {
	switch {
	case keyType != ownedKey && keyType != customerKey:
		return invalid("KeyType is %.50q; it must be %s or %s.", keyType, ownedKey, customerKey)
	case keyType == ownedKey && keyARN != "":
		return invalid("KeyARN is only for keys of type %s.", customerKey)
	case keyType == customerKey && keyARN == "":
		return invalid("KeyARN is missing.")
	}
	return nil
}
