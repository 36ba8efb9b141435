package desync

import (
	"bytes"
	"net/http"
	"net/url"
	"strconv"
)

// status returns what a request is refused with, or zero for one that is routed.
func (a *assessment) status(h *Head, mode Mode) int {
	switch {
	case a.unknown:
		return http.StatusHTTPVersionNotSupported
	case mode.blocks(a.class):
		return http.StatusBadRequest
	case a.methodBad, a.bad, a.malformed, a.codingBad, a.lengthBad, !a.parsable(h):
		return http.StatusBadRequest
	case a.unsupported:
		return http.StatusNotImplemented
	case a.expects:
		return http.StatusExpectationFailed
	default:
		return 0
	}
}

// closes tells whether a request that is routed must be the last on its connection.
func (a *assessment) closes(h *Head, mode Mode) bool {
	if a.class == Ambiguous && mode != Monitor {
		return true
	}
	for i := range h.Fields {
		if a.minor < 1 && h.Fields[i].kind == kindTransferEncoding {
			return true
		}
	}
	return false
}

// parsable tells whether net/http can parse the target. Most are paths, of which all that
// it looks at is the percent encoding before the query.
func (a *assessment) parsable(h *Head) bool {
	if len(h.Target) == 0 || h.Target[0] != '/' {
		target := string(appendTarget(nil, h.Target))
		if string(h.Method) == http.MethodConnect {
			target = "http://" + target
		}
		_, err := url.ParseRequestURI(target)
		return err == nil
	}
	for rest := h.Target; len(rest) > 0; rest = rest[1:] {
		switch c := rest[0]; {
		case c == '?':
			return true
		case c == '%' && (len(rest) < 3 || !isHex(rest[1]) || !isHex(rest[2])):
			return false
		}
	}
	return true
}

func isHex(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

// relined tells whether the request line is not passed as it is.
func (a *assessment) relined(h *Head) bool {
	return a.targetBad || a.minor < 0 || a.spaces || len(h.Target) == 0 || h.mended
}

// appendHead appends the head that the server gets instead of one that it would not take,
// or would take for something else.
func (a *assessment) appendHead(b []byte, h *Head, closes bool) []byte {
	b = append(append(b, h.Method...), ' ')
	b = append(appendTarget(b, h.Target), ' ')
	switch a.minor {
	case -1:
		b = append(b, "HTTP/1.0\r\n"...)
		closes = true
	default:
		b = append(append(b, trimSpace(h.Version)...), "\r\n"...)
	}
	for i := range h.Fields {
		f := &h.Fields[i]
		if f.drop || f.kind == kindContentLength || f.kind == kindTransferEncoding {
			continue
		}
		b = append(append(b, f.Name...), ": "...)
		start := len(b)
		b = append(b, trimSpace(f.Value)...)
		if f.mend {
			for i, c := range b[start:] {
				if c < ' ' && c != '\t' || c == 0x7f {
					b[start+i] = ' '
				}
			}
		}
		b = append(b, "\r\n"...)
	}
	switch {
	case a.chunked:
		b = append(b, "Transfer-Encoding: chunked\r\n"...)
	case a.hasLength:
		b = append(strconv.AppendInt(append(b, "Content-Length: "...), a.length, 10), "\r\n"...)
	}
	if closes {
		b = append(b, "Connection: close\r\n"...)
	}
	return append(b, "\r\n"...)
}

// appendTarget percent-encodes what can not be in a target. None at all means the root.
func appendTarget(b, target []byte) []byte {
	if len(target) == 0 {
		return append(b, '/')
	}
	for _, c := range target {
		if c > ' ' && c != 0x7f {
			b = append(b, c)
		} else {
			b = append(b, '%', "0123456789ABCDEF"[c>>4], "0123456789ABCDEF"[c&15])
		}
	}
	return b
}

// scanner finds the end of a head whose bytes come bit by bit.
type scanner struct {
	line int // where the line begins that is looked at
	next int // where to look for its end
}

// The balancer's limits on heads, in bytes; not of the ends of lines.
const (
	lineLimit = 16 << 10 // the request line, or one header field
	headLimit = 64 << 10 // the whole head
)

// scan returns the length of the head that data begins with, or zero if it is not whole;
// or the status to refuse it with.
func (s *scanner) scan(data []byte) (end, status int) {
	for {
		i := bytes.IndexByte(data[s.next:], '\n')
		n := len(data) - s.line
		if i >= 0 {
			n = s.next + i - s.line
		}
		if n > 0 && data[s.line+n-1] == '\r' {
			n--
		}
		switch {
		case n > lineLimit && s.line == 0:
			return 0, http.StatusRequestURITooLong
		case n > lineLimit, s.line+n > headLimit:
			return 0, http.StatusRequestHeaderFieldsTooLarge
		case i < 0:
			s.next = len(data)
			return 0, 0
		case n == 0:
			return s.next + i + 1, 0
		}
		s.next += i + 1
		s.line = s.next
	}
}
