package http1

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// assemble puts the request's head into x.out, and decides on how the body is sent. Nothing
// that is wrong gets on the wire: a line end in a value would make two requests of one.
func (x *Exchange) assemble(req *Request) error {
	if !isToken(req.Method) || req.Method == http.MethodConnect {
		return fmt.Errorf("%w: method %q", ErrRequest, req.Method)
	}
	if req.Target == "" || !isVisible(req.Target) {
		return fmt.Errorf("%w: target %q", ErrRequest, req.Target)
	}
	if !isVisible(req.Host) {
		return fmt.Errorf("%w: host %q", ErrRequest, req.Host)
	}
	b := append(x.out[:0], req.Method...)
	b = append(b, ' ')
	b = append(b, req.Target...)
	b = append(b, " HTTP/1.1\r\nHost: "...)
	b = append(b, req.Host...)
	b = append(b, "\r\n"...)
	var err error
	if b, err = appendFields(b, req); err != nil {
		return err
	}
	if b, err = x.appendFraming(b, req); err != nil {
		return err
	}
	if b, err = appendConnection(b, req); err != nil {
		return err
	}
	x.out = append(b, "\r\n"...)
	return nil
}

// appendFields appends the fields that the client sent for the target, and those that are set.
func appendFields(b []byte, req *Request) ([]byte, error) {
	hop := Nominated(req.Header["Connection"])
	for name, values := range req.Header {
		canonical := canonicalName(name)
		if canonical == "" {
			return nil, fmt.Errorf("%w: field name %q", ErrRequest, name)
		}
		if isFraming(canonical) || isSet(req.Set, canonical) || hop[canonical] ||
			req.Skip != nil && req.Skip(canonical) {
			continue
		}
		for _, value := range values {
			var ok bool
			if b, ok = appendField(b, canonical, value); !ok {
				return nil, fmt.Errorf("%w: value of %s: %q", ErrRequest, canonical, value)
			}
		}
	}
	for _, f := range req.Set {
		if f.Name == "" || canonicalName(f.Name) != f.Name || isFraming(f.Name) {
			return nil, fmt.Errorf("%w: field %q set", ErrRequest, f.Name)
		}
		if f.Value == "" {
			continue
		}
		var ok bool
		if b, ok = appendField(b, f.Name, f.Value); !ok {
			return nil, fmt.Errorf("%w: value of %s: %q", ErrRequest, f.Name, f.Value)
		}
	}
	return b, nil
}

// appendField appends a field. It tells whether the value is one.
func appendField(b []byte, name, value string) ([]byte, bool) {
	b = append(b, name...)
	b = append(b, ": "...)
	at := len(b)
	b = append(b, value...)
	ok := isText(b[at:])
	return append(b, "\r\n"...), ok
}

func isSet(set []Field, name string) bool {
	for i := range set {
		if set[i].Name == name {
			return true
		}
	}
	return false
}

// appendFraming appends what tells where the request ends.
func (x *Exchange) appendFraming(b []byte, req *Request) ([]byte, error) {
	switch {
	case req.Body == nil || req.Body == http.NoBody || req.ContentLength == 0:
		if req.ContentLength > 0 {
			return nil, fmt.Errorf("%w: no body of %d bytes", ErrRequest, req.ContentLength)
		}
		x.body = noBody
		switch req.Method {
		case http.MethodPost, http.MethodPut, http.MethodPatch:
			b = append(b, "Content-Length: 0\r\n"...)
		}
		return b, nil
	case req.ContentLength > 0:
		x.body = sizedBody
		b = append(b, "Content-Length: "...)
		b = strconv.AppendInt(b, req.ContentLength, 10)
		b = append(b, "\r\n"...)
	default:
		x.body = chunkedBody
		b = append(b, "Transfer-Encoding: chunked\r\n"...)
		var names []string
		for name := range req.Trailer {
			if name = canonicalName(name); mayTrail(req, name) {
				names = append(names, name)
			}
		}
		if len(names) > 0 {
			slices.Sort(names)
			b = append(b, "Trailer: "...)
			b = append(b, strings.Join(names, ", ")...)
			b = append(b, "\r\n"...)
		}
	}
	if req.Expect {
		b = append(b, "Expect: 100-continue\r\n"...)
	}
	return b, nil
}

// appendConnection appends the fields that are for this connection.
func appendConnection(b []byte, req *Request) ([]byte, error) {
	te := IsListed(req.Header["Te"], "trailers")
	if req.Upgrade != "" {
		var ok bool
		if b, ok = appendField(b, "Upgrade", req.Upgrade); !ok {
			return nil, fmt.Errorf("%w: upgrade %q", ErrRequest, req.Upgrade)
		}
	}
	if te {
		b = append(b, "Te: trailers\r\n"...)
	}
	switch {
	case te && req.Upgrade != "":
		b = append(b, "Connection: Upgrade, Te\r\n"...)
	case te:
		b = append(b, "Connection: Te\r\n"...)
	case req.Upgrade != "":
		b = append(b, "Connection: Upgrade\r\n"...)
	}
	return b, nil
}
