package http1

import (
	"math"
	"net/http"
	"strings"
)

// framing is how the end of the answer's body is found.
type framing int

const (
	unframed    framing = iota // there is no body
	byLength                   // after so many bytes
	byChunks                   // after the last chunk
	byEndOfConn                // where the connection ends
)

// frame finds out from the header how long the body is, and whether the connection can be
// kept (RFC 9112, sections 6 and 9.3). Two recipients who understand that in different ways are
// how responses get smuggled, so that all that is doubtful is an error.
func (x *Exchange) frame() Fault {
	x.length, x.rest, x.ended = -1, 0, false
	x.keepAlive, x.closes = !x.old, false
	encoded, nominated := false, false
	for i := range x.fields {
		f := &x.fields[i]
		name := f.name(x.head)
		f.hop = IsHopByHop(name)
		switch value := f.value(x.head); name {
		case "Content-Length":
			n, ok := parseLength(value)
			if !ok || x.length >= 0 {
				return BadContentLength
			}
			x.length = n
		case "Transfer-Encoding":
			if encoded || x.old || !strings.EqualFold(value, "chunked") {
				return BadTransferEncoding
			}
			encoded = true
		case "Connection":
			nominated = x.connection(value) || nominated
		}
	}
	if encoded && x.length >= 0 {
		return TwoLengths
	}
	if nominated {
		x.hideNominated()
	}
	bodiless := x.status < 200 || x.status == http.StatusNoContent
	switch {
	case bodiless:
		// These have no body and say nothing about its length; 0 is common, and harmless.
		if encoded {
			return BadTransferEncoding
		}
		if x.length > 0 {
			return BadContentLength
		}
		x.length = 0
		x.hide("Content-Length")
		fallthrough
	case x.status == http.StatusNotModified, x.req.Method == http.MethodHead:
		x.framing, x.ended = unframed, true
	case encoded:
		x.framing, x.chunk = byChunks, chunkSize
	case x.length >= 0:
		x.framing, x.rest, x.ended = byLength, x.length, x.length == 0
	default:
		x.framing, x.keepAlive = byEndOfConn, false
	}
	return ""
}

// parseLength takes the value of Content-Length.
func parseLength(value string) (n int64, ok bool) {
	for i := range len(value) {
		d := value[i] - '0'
		if d > 9 || n > (math.MaxInt64-int64(d))/10 {
			return 0, false
		}
		n = n*10 + int64(d)
	}
	return n, value != ""
}

// connection takes a value of Connection. It tells whether that names other fields.
func (x *Exchange) connection(value string) bool {
	others := false
	elements(value, func(e string) bool {
		switch {
		case strings.EqualFold(e, "close"):
			x.keepAlive, x.closes = false, true
		case strings.EqualFold(e, "keep-alive"):
			x.keepAlive = !x.closes
		case !strings.EqualFold(e, "upgrade"):
			others = true
		}
		return true
	})
	return others
}

// hideNominated hides the fields that Connection names.
func (x *Exchange) hideNominated() {
	var lists []string
	for _, f := range x.fields {
		if f.name(x.head) == "Connection" {
			lists = append(lists, f.value(x.head))
		}
	}
	hop := Nominated(lists)
	for i := range x.fields {
		f := &x.fields[i]
		f.hop = f.hop || hop[f.name(x.head)]
	}
}

// hide keeps a field from the client.
func (x *Exchange) hide(name string) {
	for i := range x.fields {
		if x.fields[i].name(x.head) == name {
			x.fields[i].hop = true
		}
	}
}

// CopyHeader adds the fields of the answer to h, but for those that are between two
// hops only: Connection and what that names, Keep-Alive, Proxy-Authenticate and the like, TE,
// Trailer, Transfer-Encoding and Upgrade. A Content-Length where there can be no body is
// left out, too. Names are canonical. The strings share memory.
func (x *Exchange) CopyHeader(h http.Header) {
	n := 0
	for i := range x.fields {
		if !x.fields[i].hop {
			n++
		}
	}
	values := make([]string, 0, n)
	for i := range x.fields {
		f := &x.fields[i]
		if f.hop {
			continue
		}
		name, value := f.name(x.head), f.value(x.head)
		if there := h[name]; len(there) > 0 {
			h[name] = append(there, value)
			continue
		}
		at := len(values)
		values = append(values, value)
		h[name] = values[at : at+1 : at+1]
	}
}

// Field returns the first value of a field of the answer; empty if there is none. The name is
// canonical.
func (x *Exchange) Field(name string) string {
	for i := range x.fields {
		if f := &x.fields[i]; f.name(x.head) == name {
			return f.value(x.head)
		}
	}
	return ""
}
