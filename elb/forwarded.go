package elb

import (
	"net/http"
	"net/netip"
	"strconv"
	"strings"

	"github.com/leat-go/leat/elb/internal/http1"
)

// forwarder knows what a listener tells targets about where a request comes from. It
// does not change, nor does what it is asked about. ("HTTP headers and Application Load
// Balancers" and "Host header preservation" in the User Guide for Application Load
// Balancers.)
type forwarder struct {
	mode         ForwardedForMode
	clientPort   bool
	preserveHost bool
	tls          bool
	proto, port  string // X-Forwarded-Proto and X-Forwarded-Port
	usual        bool   // the port is one that hosts are named without
}

// newForwarder returns the forwarder of a listener, which has its defaults, as the
// load balancer has.
func newForwarder(c *LoadBalancerConfig, l *Listener) forwarder {
	return forwarder{
		mode:         c.ForwardedFor,
		clientPort:   c.ForwardedClientPort,
		preserveHost: c.PreserveHost,
		tls:          c.TLSHeaders,
		proto:        strings.ToLower(string(l.Protocol)),
		port:         strconv.Itoa(l.Port),
		usual:        l.Port == 80 || l.Port == 443,
	}
}

// replaces tells whether a request's fields of a canonical name are left out, as fields
// or traceID has others, or the target shall see none.
func (f *forwarder) replaces(name string) bool {
	switch name {
	case "X-Forwarded-For":
		return f.mode != ForwardedPreserve
	case "X-Forwarded-Proto", "X-Forwarded-Port", traceHeader:
		return true
	case "X-Amzn-Tls-Version", "X-Amzn-Tls-Cipher-Suite":
		return f.tls // also without TLS, when they would be the client's
	}
	return false
}

// fields appends the fields that a request gets, which has come from a client.
func (f *forwarder) fields(to []http1.Field, r *http.Request, client netip.AddrPort) []http1.Field {
	if f.mode == ForwardedAppend {
		to = append(to, http1.Field{Name: "X-Forwarded-For", Value: f.forwardedFor(r.Header["X-Forwarded-For"], client)})
	}
	to = append(to, http1.Field{Name: "X-Forwarded-Proto", Value: f.proto}, http1.Field{Name: "X-Forwarded-Port", Value: f.port})
	if f.tls && r.TLS != nil {
		protocol, cipher := tlsNames(r.TLS)
		to = append(to, http1.Field{Name: "X-Amzn-Tls-Version", Value: protocol}, http1.Field{Name: "X-Amzn-Tls-Cipher-Suite", Value: cipher})
	}
	return to
}

// forwardedFor appends the client to the lines that there are.
func (f *forwarder) forwardedFor(lines []string, client netip.AddrPort) string {
	var space [len("[0000:0000:0000:0000:0000:0000:0000:0000]:65535")]byte
	address := client.Addr().Unmap().WithZone("") // a zone means nothing to another host
	text := address.AppendTo(space[:0])
	if f.clientPort {
		text = netip.AddrPortFrom(address, client.Port()).AppendTo(space[:0])
	}
	size := len(text)
	for _, line := range lines {
		size += len(line) + len(", ")
	}
	var all strings.Builder
	all.Grow(size)
	for _, line := range lines {
		if line = strings.Trim(line, " \t"); line != "" {
			all.WriteString(line)
			all.WriteString(", ")
		}
	}
	all.Write(text)
	return all.String()
}

// host returns the Host that a request goes on with, of that which the client sent and
// that which a rule has made of it, or the same. It always is named without the port at
// ports 80 and 443, where that is the client's, and with the port elsewhere.
func (f *forwarder) host(sent, made string) string {
	if f.preserveHost || made == "" {
		return made
	}
	name, port := splitHost(made)
	switch {
	case port == "" && !f.usual:
		return name + ":" + f.port
	case port == "" || !f.usual:
		return strings.TrimSuffix(made, ":")
	}
	if _, clients := splitHost(sent); port == clients {
		return name
	}
	return made
}

// forwardedAddresses counts the addresses in the X-Forwarded-For lines of a header.
func forwardedAddresses(h http.Header) (n int) {
	for _, line := range h["X-Forwarded-For"] {
		inside := false // in an address
		for i := range len(line) {
			switch line[i] {
			case ',':
				inside = false
			case ' ', '\t':
			default:
				if !inside {
					inside = true
					n++
				}
			}
		}
	}
	return n
}

// isPlainFieldName tells whether a header field has a name of letters, digits and
// hyphens, and stays where DropInvalidHeaders.
func isPlainFieldName(name string) bool {
	for i := range len(name) {
		if c := name[i] | 0x20; (c < 'a' || c > 'z') && !isDigit(name[i]) && name[i] != '-' {
			return false
		}
	}
	return name != ""
}
