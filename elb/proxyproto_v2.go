package elb

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"net/netip"
	"strings"
)

const (
	proxySignature = "\r\n\r\n\x00\r\nQUIT\n"
	proxyPreamble  = len(proxySignature) + 4 // and version with command, family with transport, length
	proxyUnixPath  = 108                     // bytes of a Unix socket's path
	maxUniqueID    = 128
)

// The families of addresses, in the upper half of the 14th byte.
const (
	familyNone = iota
	familyIPv4
	familyIPv6
	familyUnix
)

// blockSizes are how long a family's two addresses are together.
var blockSizes = [...]int{familyNone: 0, familyIPv4: 2*4 + 2*2, familyIPv6: 2*16 + 2*2, familyUnix: 2 * proxyUnixPath}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// missingV2 is proxyMissing for version 2.
func missingV2(raw []byte) (int, error) {
	switch {
	case !startsLike(raw, proxySignature):
		return 0, &ProxyError{Err: ErrProxyMissing}
	case len(raw) > len(proxySignature) && raw[12]>>4 != 2:
		return 0, &ProxyError{ErrProxyVersion, "version " + string("0123456789abcdef"[raw[12]>>4])}
	case len(raw) < proxyPreamble:
		return proxyPreamble - len(raw), nil
	}
	return proxyPreamble + int(binary.BigEndian.Uint16(raw[14:])) - len(raw), nil
}

// parseProxyV2 reads a whole header. What it returns keeps raw, and changes it.
func parseProxyV2(raw []byte) (*ProxyHeader, error) {
	h := &ProxyHeader{Version: 2, Command: ProxyCommand(raw[12] & 0xF)}
	if h.Command > ProxyRelayed {
		return nil, malformed("unknown command %d", h.Command)
	}
	family, transport := raw[13]>>4, ProxyTransport(raw[13]&0xF)
	known := int(family) < len(blockSizes) && transport <= ProxyDatagram
	if h.Command == ProxyRelayed && !known {
		return nil, malformed("unknown family %d or transport %d", family, transport)
	}
	block := raw[proxyPreamble:]
	if h.Command == ProxyLocal || family == familyNone || transport == ProxyUnspecified {
		// What the block holds is to be skipped. Facts that are there all the same, such
		// as the checksum, count if they can be found.
		if known && len(block) >= blockSizes[family] {
			if tlvs, ok := splitTLVs(block[blockSizes[family]:]); ok {
				return h.keepLeniently(tlvs, raw)
			}
		}
		return h, nil
	}
	if len(block) < blockSizes[family] {
		return nil, malformed("%d bytes where the addresses need %d", len(block), blockSizes[family])
	}
	h.Transport = transport
	h.readAddresses(family, block)
	tlvs, ok := splitTLVs(block[blockSizes[family]:])
	if !ok {
		return nil, malformed("a TLV does not end with the header")
	}
	if err := h.keep(tlvs, raw); err != nil {
		return nil, err
	}
	return h, nil
}

func (h *ProxyHeader) readAddresses(family byte, block []byte) {
	if family == familyUnix {
		h.SourcePath, h.DestinationPath = unixPath(block[:proxyUnixPath]), unixPath(block[proxyUnixPath:2*proxyUnixPath])
		return
	}
	size := 4
	if family == familyIPv6 {
		size = 16
	}
	from, _ := netip.AddrFromSlice(block[:size])
	to, _ := netip.AddrFromSlice(block[size : 2*size])
	ports := block[2*size:]
	h.Source = netip.AddrPortFrom(from, binary.BigEndian.Uint16(ports))
	h.Destination = netip.AddrPortFrom(to, binary.BigEndian.Uint16(ports[2:]))
}

// unixPath is a path without the NUL bytes that fill up its field.
func unixPath(field []byte) string {
	path := strings.TrimRight(string(field), "\x00")
	if path == "" || path[0] == 0 {
		return path
	}
	path, _, _ = strings.Cut(path, "\x00")
	return path
}

// splitTLVs takes a run of TLVs apart. The values share its memory.
func splitTLVs(b []byte) (tlvs []ProxyTLV, ok bool) {
	for len(b) > 0 {
		if len(b) < 3 {
			return nil, false
		}
		end := 3 + int(binary.BigEndian.Uint16(b[1:]))
		if end > len(b) {
			return nil, false
		}
		tlvs = append(tlvs, ProxyTLV{b[0], b[3:end:end]})
		b = b[end:]
	}
	return tlvs, true
}

// keepLeniently takes over the TLVs of a header whose block is to be skipped: only
// a checksum that is wrong speaks against it.
func (h *ProxyHeader) keepLeniently(tlvs []ProxyTLV, raw []byte) (*ProxyHeader, error) {
	with := *h
	switch err := with.keep(tlvs, raw); {
	case err == nil:
		return &with, nil
	case errors.Is(err, ErrProxyChecksum):
		return nil, err
	default:
		return h, nil
	}
}

// keep takes over a header's TLVs and checks those that have rules. They share raw's
// memory.
func (h *ProxyHeader) keep(tlvs []ProxyTLV, raw []byte) error {
	for _, tlv := range tlvs {
		switch tlv.Type {
		case ProxyTypeNoop:
			continue
		case ProxyTypeCRC32C:
			if h.Checksum || len(tlv.Value) != crc32.Size {
				return malformed("a checksum is 4 bytes, and there is one")
			}
			h.Checksum = true
			said := binary.BigEndian.Uint32(tlv.Value)
			clear(tlv.Value) // it is summed up as zeros; nobody looks at it again
			if crc32.Checksum(raw, castagnoli) != said {
				return &ProxyError{Err: ErrProxyChecksum}
			}
			continue
		case ProxyTypeUniqueID:
			if len(tlv.Value) > maxUniqueID {
				return malformed("a unique id of %d bytes; it has at most %d", len(tlv.Value), maxUniqueID)
			}
		}
		h.TLVs = append(h.TLVs, tlv)
	}
	return nil
}
