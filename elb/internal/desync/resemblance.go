package desync

import "unicode/utf8"

// kindOf tells what field a token names.
func kindOf(name []byte) kind {
	switch len(name) {
	case len("host"):
		if equalFold(name, "host") {
			return kindHost
		}
		return kindOther
	case len("expect"):
		if equalFold(name, "expect") {
			return kindExpect
		}
		return kindOther
	case len("upgrade"):
		switch {
		case equalFold(name, "upgrade"):
			return kindUpgrade
		case equalFold(name, "trailer"):
			return kindTrailer
		}
		return kindOther
	case len("connection"):
		if equalFold(name, "connection") {
			return kindConnection
		}
		return kindOther
	case len("content-length"):
		if equalFold(name, "content-length") {
			return kindContentLength
		}
	case len("transfer-encoding"):
		if equalFold(name, "transfer-encoding") {
			return kindTransferEncoding
		}
	}
	return resemblance(name)
}

// resemblance tells whether some server may take name for one of the fields that frame a
// body, by what is common to clean names up: remove what can not be in a name, fold case
// with Unicode's rules, and take one delimiter for another. It is for names that are not
// exact.
func resemblance(name []byte) kind {
	if len(name) < len("content-length") {
		return kindOther
	}
	switch c := name[0]; {
	case c|0x20 != 'c' && c|0x20 != 't' && 'a' <= c|0x20 && c|0x20 <= 'z', isDigit(c):
		return kindOther // most of them
	case resembles(name, "content", "length"):
		return kindLikeContentLength
	case resembles(name, "transfer", "encoding"):
		return kindLikeTransferEncoding
	default:
		return kindOther
	}
}

// resembles tells whether name is first and second with something between that is neither
// letter nor digit. There may be more of that at both ends and, unless it can be in a
// name, anywhere.
func resembles(name []byte, first, second string) bool {
	rest, matched, between, within := first, false, false, false
	for i := 0; i < len(name); {
		r, size := utf8.DecodeRune(name[i:])
		i += size
		r = foldRune(r)
		switch {
		case 'a' <= r && r <= 'z':
			if matched && rest == second && !between || rest == "" || r != rune(rest[0]) {
				return false
			}
			rest = rest[1:]
			within = true
			if rest == "" && !matched {
				matched, rest, within = true, second, false
			}
		case '0' <= r && r <= '9':
			return false
		default:
			if within && rest != "" && r < utf8.RuneSelf && octets[r]&octToken != 0 {
				return false // a delimiter in the middle of a word
			}
			between = between || matched && rest == second
		}
	}
	return matched && rest == ""
}

// foldRune is the letter in lower case that common libraries make of r.
func foldRune(r rune) rune {
	switch {
	case 'A' <= r && r <= 'Z':
		return r | 0x20
	case r == 'ſ':
		return 's'
	case r == 'ı', r == 'İ':
		return 'i'
	case '！' <= r && r <= '～': // full width forms
		return foldRune(r - '！' + '!')
	default:
		return r
	}
}
