package desync

import (
	"encoding/binary"
)

const (
	octToken = 1 << iota // RFC 9110, 5.6.2
	octHost              // of a Host field; as net/http has it
	octPath              // of a target's path, without percent encoding
)

// octets has the classes of each byte.
var octets = func() (t [256]uint8) {
	for c := range 256 {
		switch b := byte(c); {
		case isDigit(b), 'a' <= b|0x20 && b|0x20 <= 'z':
			t[c] = octToken | octHost
		}
		if c > ' ' && c != 0x7f && c != '%' && c != '?' {
			t[c] |= octPath
		}
	}
	for _, c := range []byte("!#$%&'*+-.^_`|~") {
		t[c] |= octToken
	}
	for _, c := range []byte("!$%&'()*+,-.:;=[]_~") {
		t[c] |= octHost
	}
	return t
}()

func isToken(s []byte) bool {
	for _, c := range s {
		if octets[c]&octToken == 0 {
			return false
		}
	}
	return len(s) > 0
}

func validHost(s []byte) bool {
	for _, c := range s {
		if octets[c]&octHost == 0 {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// hasControl tells whether s has a control character other than a tab. It looks at eight
// bytes at once, and for these tabs count at first.
func hasControl(s []byte) bool {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	for ; len(s) >= 8; s = s[8:] {
		x := binary.LittleEndian.Uint64(s)
		below := (x - ones*0x20) &^ x & high                    // a byte below 0x20
		del := (x ^ ones*0x7f - ones) &^ (x ^ ones*0x7f) & high // a byte that is 0x7f
		if below|del != 0 && hasControlIn(s[:8]) {
			return true
		}
	}
	return hasControlIn(s)
}

func hasControlIn(s []byte) bool {
	for _, c := range s {
		if c < ' ' && c != '\t' || c == 0x7f {
			return true
		}
	}
	return false
}

// hasLineByte tells whether s has a NUL, CR or LF.
func hasLineByte(s []byte) bool {
	for _, c := range s {
		if c == 0 || c == '\r' || c == '\n' {
			return true
		}
	}
	return false
}

// trimSpace removes spaces and tabs at both ends (OWS).
func trimSpace(s []byte) []byte {
	for len(s) > 0 && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	for len(s) > 0 && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}

// equalFold tells whether s is lower but for the case of ASCII letters.
func equalFold(s []byte, lower string) bool {
	if len(s) != len(lower) {
		return false
	}
	for i, c := range s {
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// hasToken tells whether one of the elements of a list is lower, but for case.
func hasToken(list []byte, lower string) bool {
	for start, i := 0, 0; i <= len(list); i++ {
		if i == len(list) || list[i] == ',' {
			if equalFold(trimSpace(list[start:i]), lower) {
				return true
			}
			start = i + 1
		}
	}
	return false
}
