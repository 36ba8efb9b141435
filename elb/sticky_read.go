package elb

import (
	"strings"
	"time"
)

// maxSealedCookies is how many cookies of a name are looked at: the balancer sets two, and
// a client may have those of another path, too. Opening takes time, which no client
// should have much of.
const maxSealedCookies = 4

// find returns the first cookie of a name, or of that name with "CORS" after it, that
// opens and is not over. Invalid tells that there is none but one that does not open.
func (s *cookieSeal) find(lines []string, name string, kind cookieKind, group string, now time.Time) (found openedCookie, invalid bool) {
	tries := maxSealedCookies
	for _, line := range lines {
		for at := 0; tries > 0; tries-- {
			var value string
			if value, at = nextCookie(line, name, "CORS", at); at < 0 {
				break
			}
			switch c, ok := s.open(kind, group, value, now); {
			case !ok:
				invalid = true
			case !c.over:
				return c, false
			}
		}
	}
	return openedCookie{}, invalid
}

// hasCookie tells whether Cookie header lines have a cookie of a name.
func hasCookie(lines []string, name string) bool {
	for _, line := range lines {
		if _, at := nextCookie(line, name, "", 0); at >= 0 {
			return true
		}
	}
	return false
}

// nextCookie returns the value of the next cookie of a name, or of the name and a suffix,
// in a line of a Cookie header from an offset on, and the offset after it, -1 if there is
// none. It looks for the name alone, as most requests do not have it.
func nextCookie(line, name, suffix string, from int) (value string, next int) {
	for {
		at := strings.Index(line[from:], name)
		if at < 0 {
			return "", -1
		}
		start := from + at
		from = start + len(name)
		rest := line[from:]
		if suffix != "" {
			rest = strings.TrimPrefix(rest, suffix)
		}
		if before := strings.TrimRight(line[:start], " \t"); before != "" && before[len(before)-1] != ';' {
			continue
		}
		if rest == "" || rest[0] != '=' {
			continue
		}
		value, rest, _ = strings.Cut(rest[1:], ";")
		return strings.Trim(value, " \t"), len(line) - len(rest)
	}
}

// setCookie returns the attributes of the cookie of a name that Set-Cookie header lines
// set: what comes after the first ";".
func setCookie(lines []string, name string) (attributes string, ok bool) {
	for _, line := range lines {
		pair, attributes, _ := strings.Cut(line, ";")
		if key, _, equals := strings.Cut(pair, "="); equals && strings.Trim(key, " \t") == name {
			return attributes, true
		}
	}
	return "", false
}
