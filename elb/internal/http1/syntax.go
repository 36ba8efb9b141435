package http1

import (
	"encoding/binary"
	"net/http"
	"strings"
)

// isTokenByte tells which bytes a token, such as the name of a field, consists of (RFC 9110,
// section 5.6.2).
var isTokenByte = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
	}
	for _, c := range []byte("!#$%&'*+-.^_`|~") {
		t[c] = true
	}
	return t
}()

func isToken(s string) bool {
	for i := range len(s) {
		if !isTokenByte[s[i]] {
			return false
		}
	}
	return s != ""
}

// canonicalize brings the name of a field into canonical form, in place. It tells whether
// it is a name.
func canonicalize(name []byte) bool {
	upper := true
	for i, c := range name {
		if !isTokenByte[c] {
			return false
		}
		if upper && c >= 'a' && c <= 'z' || !upper && c >= 'A' && c <= 'Z' {
			name[i] = c ^ 0x20
		}
		upper = c == '-'
	}
	return len(name) > 0
}

// canonicalName returns the canonical form of a field's name, which nearly always is the name
// itself; empty if it is no name.
func canonicalName(name string) string {
	upper, same := true, true
	for i := range len(name) {
		c := name[i]
		if !isTokenByte[c] {
			return ""
		}
		if upper && c >= 'a' && c <= 'z' || !upper && c >= 'A' && c <= 'Z' {
			same = false
		}
		upper = c == '-'
	}
	if !same {
		return http.CanonicalHeaderKey(name)
	}
	return name
}

const (
	lows  = 0x0101010101010101 // 1 in each byte of a word
	highs = lows << 7
)

// isText tells whether all of b may stand in a field's value or a reason phrase: visible
// characters, obs-text, spaces and tabs (RFC 9110, section 5.5).
func isText(b []byte) bool {
	for ; len(b) >= 8; b = b[8:] {
		w := binary.LittleEndian.Uint64(b)
		del := w ^ 0x7F*lows
		// Where a byte is below 0x20, or is DEL, the subtraction sets its high bit.
		if ((w-0x20*lows)&^w|(del-lows)&^del)&highs != 0 && !isTextSlow(b[:8]) {
			return false
		}
	}
	return isTextSlow(b)
}

func isTextSlow(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\t' || c == 0x7F {
			return false
		}
	}
	return true
}

// isVisible tells whether s has no spaces and no control characters.
func isVisible(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] == 0x7F {
			return false
		}
	}
	return true
}

// IsHopByHop tells whether a field, by its canonical name, is meant for the next hop only (RFC
// 9110, sections 7.6.1 and 11.7; RFC 9112, appendix C.2.2).
func IsHopByHop(name string) bool {
	switch name {
	case "Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authentication-Info", "Proxy-Authorization",
		"Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade":
		return true
	}
	return false
}

// isFraming tells whether a field says where a message goes or ends, so that it can
// be neither set nor sent in a trailer (RFC 9110, section 6.5.1).
func isFraming(name string) bool {
	return IsHopByHop(name) || name == "Content-Length" || name == "Host" || name == "Expect"
}

// elements yields the elements of a list, without those that are empty (RFC 9110, section
// 5.6.1).
func elements(list string, yield func(string) bool) {
	for more := true; more; {
		var e string
		e, list, more = strings.Cut(list, ",")
		if e = strings.Trim(e, " \t"); e != "" && !yield(e) {
			return
		}
	}
}

// lists tells whether a list has an element, in any case.
func lists(list, element string) (found bool) {
	elements(list, func(e string) bool {
		found = strings.EqualFold(e, element)
		return !found
	})
	return found
}

// IsListed tells whether one of a header's lists has an element, in any case.
func IsListed(values []string, name string) bool {
	for _, list := range values {
		if lists(list, name) {
			return true
		}
	}
	return false
}

// Nominated returns the fields, by their canonical names, that values of Connection declare to be
// for the next hop only, beyond those that are so in any case; nil if there are none. It is a map,
// as either side may send thousands of names and thousands of fields.
func Nominated(connection []string) (names map[string]bool) {
	for _, list := range connection {
		elements(list, func(e string) bool {
			switch {
			case strings.EqualFold(e, "close"), strings.EqualFold(e, "keep-alive"), strings.EqualFold(e, "upgrade"), strings.EqualFold(e, "te"):
				return true
			}
			if e = canonicalName(e); e != "" {
				if names == nil {
					names = make(map[string]bool)
				}
				names[e] = true
			}
			return true
		})
	}
	return names
}
