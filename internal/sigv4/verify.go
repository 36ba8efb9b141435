package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"time"
)

// skew is how far a client's clock may be off, either way.
const skew = 15 * time.Minute

// Verify checks that r was signed with the secret of the access key it names, not
// long from now, and arrived unchanged. Body is the whole body that was read from
// r. SecretFor may be called once; Verify keeps nothing of what it returns. The
// error, if any, is an [*Error].
//
// A signature in the header is good for 15 minutes before and after its date. A
// presigned URL is good from 15 minutes before its date until its X-Amz-Expires has
// passed, or 15 minutes if it has none. A payload is taken as unsigned when the
// header or parameter X-Amz-Content-Sha256 says UNSIGNED-PAYLOAD, which is itself
// under the signature.
//
// Which regions and services are right is the caller's to say: see
// [ParseCredential].
func Verify(r *http.Request, body []byte, secretFor func(accessKeyID string) (secret string, ok bool), now time.Time) error {
	if err := verify(r, body, secretFor, now.UTC()); err != nil {
		return err
	}
	return nil
}

func verify(r *http.Request, body []byte, secretFor func(string) (string, bool), now time.Time) *Error {
	s, err := parseSignature(r)
	if err != nil {
		return err
	}
	secret, ok := secretFor(s.credential.accessKeyID)
	if !ok {
		return unknownKey()
	}
	if err := s.checkScope(); err != nil {
		return err
	}
	if err := s.checkTime(now); err != nil {
		return err
	}
	canonical := canonicalRequest(r, s, body)
	digest := sha256.Sum256([]byte(canonical))
	toSign := algorithm + "\n" + s.date.Format(isoBasic) + "\n" + s.credential.scope() + "\n" + hex.EncodeToString(digest[:])
	if !hmac.Equal([]byte(s.hex), []byte(hex.EncodeToString(sign(secret, s.credential, toSign)))) {
		return mismatch(canonical, toSign)
	}
	return nil
}

func (s signature) checkScope() *Error {
	if day := s.date.Format("20060102"); s.credential.date != day {
		return invalid(fmt.Sprintf("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%s' != '%s', from '%s'.",
			s.credential.date, day, s.date.Format(isoBasic)))
	}
	if s.credential.terminator != terminator {
		return invalid(fmt.Sprintf("Credential should be scoped with a valid terminator: '%s', not '%s'.", terminator, s.credential.terminator))
	}
	return nil
}

func (s signature) checkTime(now time.Time) *Error {
	lifetime := skew
	if s.lifetime > 0 {
		lifetime = s.lifetime
	}
	if oldest := now.Add(-lifetime); s.date.Before(oldest.Truncate(time.Second)) {
		return invalid(fmt.Sprintf("Signature expired: %s is now earlier than %s (%s - %s)",
			s.date.Format(isoBasic), oldest.Format(isoBasic), now.Format(isoBasic), span(lifetime)))
	}
	if newest := now.Add(skew); s.date.After(newest) {
		return invalid(fmt.Sprintf("Signature not yet current: %s is still later than %s (%s + %s)",
			s.date.Format(isoBasic), newest.Format(isoBasic), now.Format(isoBasic), span(skew)))
	}
	return nil
}

// span prints d as AWS does in these messages, "15 min.", and odd ones in seconds.
func span(d time.Duration) string {
	if d%time.Minute == 0 {
		return fmt.Sprintf("%d min.", d/time.Minute)
	}
	return fmt.Sprintf("%d sec.", d/time.Second)
}

// sign derives the key of the scope's day, region and service and signs with it.
func sign(secret string, c credential, text string) []byte {
	key := []byte("AWS4" + secret)
	for _, part := range [...]string{c.date, c.region, c.service, c.terminator, text} {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	return key
}
