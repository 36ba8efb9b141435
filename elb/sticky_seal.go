package elb

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// cookieKind is what a cookie of the balancer's is for.
type cookieKind byte

const (
	targetCookie      cookieKind = 't'
	applicationCookie cookieKind = 'a'
	classicCookie     cookieKind = 'c'
	groupCookie       cookieKind = 'g'
)

const (
	minSecret   = 16 // bytes
	sealVersion = 1
	sealLife    = 7 * 24 * time.Hour // of a drawn key, until it is replaced
	expirySize  = 8
	maxSealed   = 4096 // bytes of a cookie's value; browsers keep no more

	// sealLabel sets the keys apart from others that are made of the same secrets.
	sealLabel = "leat elb stickiness cookie"
)

// cookieSeal seals what stickiness cookies say, so that clients can neither read nor
// choose it: AES-256 in Galois/Counter Mode with random nonces. A sealed value belongs to
// a kind of cookie and to a target group, and does not open as another's. It may be used
// concurrently.
//
// Random nonces are good for 2³² values of a key (NIST SP 800-38D, section 8.3): a drawn
// key has its week for 7,000 a second.
type cookieSeal struct {
	drawing sync.Mutex               // one draw at a time
	keys    atomic.Pointer[sealKeys] // nil until one is drawn
}

// sealKeys is a set of keys, of which the first seals and all open. It does not change.
type sealKeys struct {
	keys  []cipher.AEAD
	until time.Time // when the first is replaced; zero if it is not
}

// newCookieSeal returns a seal with keys that are derived from secrets. Without secrets it
// draws one when it is first used, and replaces that every week. It fails if a secret is
// shorter than 16 bytes.
func newCookieSeal(secrets [][]byte) (*cookieSeal, error) {
	s := &cookieSeal{}
	if len(secrets) == 0 {
		return s, nil
	}
	given := &sealKeys{}
	for i, secret := range secrets {
		if len(secret) < minSecret {
			return nil, fmt.Errorf("key %d has %d bytes, fewer than %d", i, len(secret), minSecret)
		}
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(sealLabel))
		given.keys = append(given.keys, newSealKey(mac.Sum(nil)))
	}
	s.keys.Store(given)
	return s, nil
}

func drawSealKey() cipher.AEAD {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // which never fails
	return newSealKey(key)
}

func newSealKey(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // not with 32 bytes
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // not with AES
	}
	return aead
}

// current returns the keys at a time. A key that was replaced stays for as long as
// a cookie that it has sealed may last.
func (s *cookieSeal) current(now time.Time) *sealKeys {
	if keys := s.keys.Load(); keys.serve(now) {
		return keys
	}
	s.drawing.Lock()
	defer s.drawing.Unlock()
	keys := s.keys.Load()
	if keys.serve(now) {
		return keys // another has drawn
	}
	next := &sealKeys{keys: []cipher.AEAD{drawSealKey()}, until: now.Add(sealLife)}
	if keys != nil && now.Before(keys.until.Add(maxStickiness)) {
		next.keys = append(next.keys, keys.keys[0])
	}
	s.keys.Store(next)
	return next
}

// serve tells whether these keys are there, and are those of a time.
func (k *sealKeys) serve(now time.Time) bool {
	return k != nil && (k.until.IsZero() || now.Before(k.until))
}

// seal returns the value of a cookie of a group that names a target or a group, and is
// over at a time, or never if that is zero.
func (s *cookieSeal) seal(kind cookieKind, group, name string, expires, now time.Time) string {
	key := s.current(now).keys[0]
	size := expirySize + len(name)
	space := make([]byte, expirySize, 2*size+key.Overhead()+bindingSize+len(group))
	if !expires.IsZero() {
		binary.BigEndian.PutUint64(space, uint64(expires.UnixMilli()))
	}
	space = append(space, name...)
	space = appendBinding(space, kind, group)
	sealed := key.Seal(space[len(space):], nil, space[:size], space[size:])
	return base64.RawURLEncoding.EncodeToString(sealed)
}

const bindingSize = 2 // and the group's name

// appendBinding appends what a sealed value is bound to.
func appendBinding(to []byte, kind cookieKind, group string) []byte {
	return append(append(to, sealVersion, byte(kind)), group...)
}

// openedCookie is what a sealed value says.
type openedCookie struct {
	name  string // of the target or the group; not empty
	over  bool   // it has expired
	stale bool   // its key has been replaced
}

// open opens a value. It reports false if that was not sealed with these keys, or is of
// another kind or another group.
func (s *cookieSeal) open(kind cookieKind, group, value string, now time.Time) (openedCookie, bool) {
	if len(value) > maxSealed {
		return openedCookie{}, false
	}
	sealed, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil {
		return openedCookie{}, false
	}
	binding := appendBinding(nil, kind, group)
	for i, key := range s.current(now).keys {
		plain, err := key.Open(nil, nil, sealed, binding)
		if err != nil || len(plain) <= expirySize {
			continue
		}
		expires := int64(binary.BigEndian.Uint64(plain))
		return openedCookie{
			name:  string(plain[expirySize:]),
			over:  expires != 0 && now.UnixMilli() >= expires,
			stale: i > 0,
		}, true
	}
	return openedCookie{}, false
}
