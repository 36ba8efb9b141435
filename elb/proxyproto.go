package elb

import (
	"encoding/binary"
	"net"
	"net/netip"
	"strings"
)

// ProxyHeader is what the PROXY protocol says about a connection before its first
// byte: who is really at its other end, where a proxy passed it on. A Network Load
// Balancer sends version 2 of it to targets that ask for it, a Classic one version 1.
// Both are read here; version 2 is written. The source is HAProxy's specification,
// doc/proxy-protocol.txt, sections 2.1 and 2.2.
//
// The zero ProxyHeader is that of a connection that the proxy made for itself, such
// as a health check.
type ProxyHeader struct {
	// Version is the version that was read, 1 or 2. What is written is always 2.
	Version int

	// Command tells whether the addresses here count, or those of the connection.
	Command ProxyCommand

	// Transport is what the client speaks to the proxy. Without one the header has no
	// addresses, and those of the connection count.
	Transport ProxyTransport

	// Source is the client's address and Destination the one that it connected to. Both
	// are IPv4 or both IPv6; an IPv4 address beside an IPv6 address is written in its
	// mapped form. They are not valid if there are paths, or no addresses at all.
	Source, Destination netip.AddrPort

	// SourcePath and DestinationPath are addresses of Unix sockets, at most 108 bytes.
	// One that starts with a NUL byte is in Linux's abstract namespace. Two empty ones
	// are written as such where Source and Destination are not valid either.
	SourcePath, DestinationPath string

	// TLVs are the further facts in the header, in its order. The checksum and padding
	// are not among them.
	TLVs []ProxyTLV

	// Checksum tells whether the header has a CRC32C. One that is wrong is an error.
	Checksum bool
}

// ProxyCommand is why there is a connection.
type ProxyCommand uint8

// The commands of version 2. Version 1 knows only ProxyRelayed.
const (
	ProxyLocal   ProxyCommand = 0 // the proxy made it for itself: "LOCAL"
	ProxyRelayed ProxyCommand = 1 // the proxy passes on another's: "PROXY"
)

// ProxyTransport is a kind of transport.
type ProxyTransport uint8

// The transports of version 2. Version 1 knows only streams.
const (
	ProxyUnspecified ProxyTransport = 0 // none that the proxy could name
	ProxyStream      ProxyTransport = 1 // TCP, or a Unix stream
	ProxyDatagram    ProxyTransport = 2 // UDP, or Unix datagrams
)

// ProxyTLV is a fact in a header: a type, and a value of up to 65,532 bytes.
type ProxyTLV struct {
	Type  byte
	Value []byte
}

// The types of facts. 0xE0 to 0xEF are for everybody's own use; AWS uses 0xEA.
const (
	ProxyTypeALPN      = 0x01 // the protocol negotiated on top, such as "h2"
	ProxyTypeAuthority = 0x02 // the host name that the client asked for: TLS's SNI
	ProxyTypeCRC32C    = 0x03 // see ProxyHeader.Checksum
	ProxyTypeNoop      = 0x04 // padding
	ProxyTypeUniqueID  = 0x05 // names the connection, at most 128 bytes
	ProxyTypeSSL       = 0x20 // see ProxySSL
	ProxyTypeNetNS     = 0x30 // the name of a network namespace
	ProxyTypeAWS       = 0xEA // see ProxyHeader.VPCEndpointID
)

// awsVPCEndpoint is the first byte of AWS's TLV that holds a VPC endpoint's id.
const awsVPCEndpoint = 0x01

// TLV returns the value of the first fact of a type.
func (h *ProxyHeader) TLV(kind byte) (value []byte, ok bool) {
	for _, tlv := range h.TLVs {
		if tlv.Type == kind {
			return tlv.Value, true
		}
	}
	return nil, false
}

// ALPN returns the protocol that the client and the proxy agreed on, such as "h2"; ""
// if the header does not say.
func (h *ProxyHeader) ALPN() string { return h.text(ProxyTypeALPN) }

// Authority returns the host name that the client asked for; "" if the header does not
// say.
func (h *ProxyHeader) Authority() string { return h.text(ProxyTypeAuthority) }

// UniqueID returns the bytes by which the proxy knows the connection; nil if the header
// does not say.
func (h *ProxyHeader) UniqueID() []byte {
	id, _ := h.TLV(ProxyTypeUniqueID)
	return id
}

// VPCEndpointID returns the id of the VPC endpoint that the connection came through,
// such as "vpce-08d2bf15fac5001c9"; "" if it came through none. (Network Load Balancer's
// guide, "Target groups", Proxy protocol.)
func (h *ProxyHeader) VPCEndpointID() string {
	for _, tlv := range h.TLVs {
		if tlv.Type == ProxyTypeAWS && len(tlv.Value) > 1 && tlv.Value[0] == awsVPCEndpoint {
			return string(tlv.Value[1:])
		}
	}
	return ""
}

func (h *ProxyHeader) text(kind byte) string {
	value, _ := h.TLV(kind)
	return string(value)
}

// ProxySSL is what a header says about the TLS between the client and the proxy.
type ProxySSL struct {
	// Client is a set of bits: 1 for a client that speaks TLS, 2 for one that showed
	// a certificate on this connection, 4 for one that did so in this session.
	Client byte
	// Verify is 0 for a certificate that was verified.
	Verify uint32
	// TLVs are the facts inside, as they came: 0x21 version, 0x22 common name, 0x23
	// cipher, 0x24 signature algorithm, 0x25 key algorithm.
	TLVs []ProxyTLV
}

// SSL returns what the header says about TLS. It is not ok if the header says nothing,
// or nothing that can be read.
func (h *ProxyHeader) SSL() (ssl ProxySSL, ok bool) {
	value, ok := h.TLV(ProxyTypeSSL)
	if !ok || len(value) < 5 {
		return ProxySSL{}, false
	}
	inner, ok := splitTLVs(value[5:])
	if !ok {
		return ProxySSL{}, false
	}
	return ProxySSL{Client: value[0], Verify: binary.BigEndian.Uint32(value[1:]), TLVs: inner}, true
}

// relayed tells whether the header's addresses take the place of the connection's.
func (h *ProxyHeader) relayed() bool {
	return h != nil && h.Command == ProxyRelayed && h.Transport != ProxyUnspecified
}

// address is one of the header's two addresses, as package net has them.
func (h *ProxyHeader) address(ip netip.AddrPort, path string) net.Addr {
	switch stream := h.Transport == ProxyStream; {
	case ip.IsValid() && stream:
		return net.TCPAddrFromAddrPort(ip)
	case ip.IsValid():
		return net.UDPAddrFromAddrPort(ip)
	case stream:
		return &net.UnixAddr{Name: goPath(path), Net: "unix"}
	default:
		return &net.UnixAddr{Name: goPath(path), Net: "unixgram"}
	}
}

// goPath is a path as package net has it, which shows the abstract namespace's NUL as @.
func goPath(path string) string {
	if rest, abstract := strings.CutPrefix(path, "\x00"); abstract {
		return "@" + rest
	}
	return path
}

// ProxyHeaderOf returns the header with which a proxy passes on a connection that it
// accepted: from its peer's address, to its own. For addresses that are neither IP nor
// Unix ones it has none.
func ProxyHeaderOf(conn net.Conn) ProxyHeader {
	h := ProxyHeader{Command: ProxyRelayed, Transport: ProxyStream}
	switch from, to := conn.RemoteAddr(), conn.LocalAddr(); from := from.(type) {
	case *net.TCPAddr:
		if to, ok := to.(*net.TCPAddr); ok {
			h.Source, h.Destination = plain(from.AddrPort()), plain(to.AddrPort())
		}
	case *net.UDPAddr:
		if to, ok := to.(*net.UDPAddr); ok {
			h.Transport = ProxyDatagram
			h.Source, h.Destination = plain(from.AddrPort()), plain(to.AddrPort())
		}
	case *net.UnixAddr:
		if to, ok := to.(*net.UnixAddr); ok {
			if from.Net != "unix" {
				h.Transport = ProxyDatagram
			}
			h.SourcePath, h.DestinationPath = wirePath(from.Name), wirePath(to.Name)
			return h
		}
	}
	if !h.Source.IsValid() || !h.Destination.IsValid() {
		return ProxyHeader{Command: ProxyRelayed}
	}
	return h
}

// plain is an address without what means nothing on another machine: a zone, and that
// a socket for both versions of IP gives IPv4 addresses in their mapped form.
func plain(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}

// wirePath undoes goPath. A lone @ is how package net shows a socket without a name.
func wirePath(name string) string {
	rest, abstract := strings.CutPrefix(name, "@")
	switch {
	case abstract && rest == "":
		return ""
	case abstract:
		return "\x00" + rest
	default:
		return name
	}
}
