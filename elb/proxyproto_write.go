package elb

import (
	"encoding/binary"
	"hash/crc32"
	"io"
	"net/netip"
	"strings"
)

// WriteProxyHeader writes a header of version 2 at the start of a connection that a proxy
// made, in one write, as the protocol demands. Where the header is that of a connection
// that the proxy accepted, ProxyHeaderOf makes it. It fails with a [*ProxyError] and
// writes nothing if the header can not be expressed, or with w's error.
func WriteProxyHeader(w io.Writer, h *ProxyHeader) error {
	b, err := h.AppendTo(make([]byte, 0, 128))
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}

// AppendTo appends the header in version 2's format. A header without a transport has no
// addresses, nor has one with the command ProxyLocal. If the header can not be
// expressed then it fails with a [*ProxyError] and returns b.
func (h *ProxyHeader) AppendTo(b []byte) ([]byte, error) {
	if h.Command > ProxyRelayed || h.Transport > ProxyDatagram {
		return b, malformed("unknown command %d or transport %d", h.Command, h.Transport)
	}
	start := len(b)
	out := append(b, proxySignature...)
	out = append(out, 2<<4|byte(h.Command), 0, 0, 0)
	if h.relayed() {
		var family byte
		var err error
		if family, out, err = h.appendAddresses(out); err != nil {
			return b, err
		}
		out[start+13] = family<<4 | byte(h.Transport)
	}
	for _, tlv := range h.TLVs {
		switch {
		case len(tlv.Value) > 1<<16-1:
			return b, malformed("a TLV of %d bytes", len(tlv.Value))
		case tlv.Type == ProxyTypeUniqueID && len(tlv.Value) > maxUniqueID:
			return b, malformed("a unique id of %d bytes; it has at most %d", len(tlv.Value), maxUniqueID)
		case tlv.Type == ProxyTypeCRC32C:
			return b, malformed("the checksum is asked for by Checksum")
		}
		out = appendTLV(out, tlv.Type, tlv.Value)
	}
	if h.Checksum {
		out = appendTLV(out, ProxyTypeCRC32C, make([]byte, crc32.Size))
	}
	length := len(out) - start - proxyPreamble
	if length > 1<<16-1 {
		return b, &ProxyError{ErrProxyTooLong, "the addresses and TLVs have at most 65,535 bytes"}
	}
	binary.BigEndian.PutUint16(out[start+14:], uint16(length))
	if h.Checksum {
		sum := crc32.Checksum(out[start:], castagnoli)
		binary.BigEndian.PutUint32(out[len(out)-crc32.Size:], sum)
	}
	return out, nil
}

func (h *ProxyHeader) appendAddresses(b []byte) (family byte, out []byte, err error) {
	from, to := h.Source.Addr(), h.Destination.Addr()
	switch paths := h.SourcePath != "" || h.DestinationPath != ""; {
	case from.IsValid() != to.IsValid(), from.IsValid() && paths:
		return 0, nil, malformed("the two addresses are of different families")
	case !from.IsValid():
		for _, path := range []string{h.SourcePath, h.DestinationPath} {
			if !isUnixPath(path) {
				return 0, nil, malformed("%q is no path of a Unix socket", path)
			}
			b = append(b, path...)
			b = append(b, make([]byte, proxyUnixPath-len(path))...)
		}
		return familyUnix, b, nil
	case from.Is4() && to.Is4():
		family, b = familyIPv4, append(append(b, from.AsSlice()...), to.AsSlice()...)
	default:
		family, b = familyIPv6, append(append(b, sixteen(from)...), sixteen(to)...)
	}
	b = binary.BigEndian.AppendUint16(b, h.Source.Port())
	return family, binary.BigEndian.AppendUint16(b, h.Destination.Port()), nil
}

func sixteen(a netip.Addr) []byte {
	b := a.As16()
	return b[:]
}

// isUnixPath tells whether a reader gets back what is written: NUL bytes fill up the field.
func isUnixPath(path string) bool {
	if len(path) > proxyUnixPath || strings.HasSuffix(path, "\x00") {
		return false
	}
	return strings.LastIndexByte(path, 0) <= 0 || path[0] == 0
}

func appendTLV(b []byte, kind byte, value []byte) []byte {
	b = append(b, kind)
	b = binary.BigEndian.AppendUint16(b, uint16(len(value)))
	return append(b, value...)
}
