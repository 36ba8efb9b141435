package elb

import (
	"net/netip"
	"strconv"
	"strings"
)

const (
	proxyV1Start = "PROXY "
	maxProxyV1   = 107 // bytes, CR and LF included
)

// shortestV1 holds the least lengths of the line's words after "PROXY TCP4" and "PROXY
// TCP6", each with the space before it.
var shortestV1 = map[string][]int{
	"TCP4": {len(" 0.0.0.0"), len(" 0.0.0.0"), len(" 0"), len(" 0")},
	"TCP6": {len(" ::"), len(" ::"), len(" 0"), len(" 0")},
}

// missingV1 is proxyMissing for a line of version 1. As the line does not say how long it
// is, that is found out step by step, but not byte by byte: the words that have not
// begun have a least length.
func missingV1(raw []byte) (int, error) {
	line := string(raw)
	if !startsLike(raw, proxyV1Start) {
		return 0, &ProxyError{Err: ErrProxyMissing}
	}
	if len(line) < proxyDecided {
		return proxyDecided - len(line), nil
	}
	if at := strings.IndexAny(line, "\r\n"); at >= 0 && at < len(line)-1 || strings.HasSuffix(line, "\n") {
		if strings.HasSuffix(line, "\r\n") && at == len(line)-2 {
			return 0, nil
		}
		return 0, malformed("a line must end in CR LF")
	}
	if len(line) >= maxProxyV1 {
		return 0, &ProxyError{ErrProxyTooLong, "a line of version 1 ends within 107 bytes"}
	}
	if strings.HasSuffix(line, "\r") {
		return 1, nil
	}
	words := strings.Split(line, " ")
	least := len("\r\n")
	if lengths := shortestV1[words[1]]; len(words)-2 < len(lengths) {
		for _, n := range lengths[len(words)-2:] {
			least += n
		}
	}
	return min(least, maxProxyV1-len(line)), nil
}

// parseProxyV1 reads a whole line.
func parseProxyV1(raw []byte) (*ProxyHeader, error) {
	line := strings.TrimSuffix(string(raw), "\r\n")
	words := strings.Split(line, " ")
	h := &ProxyHeader{Version: 1, Command: ProxyRelayed}
	if words[1] == "UNKNOWN" {
		return h, nil // and what follows means nothing
	}
	if words[1] != "TCP4" && words[1] != "TCP6" {
		return nil, malformed("unknown protocol %q", words[1])
	}
	if len(words) != 6 {
		return nil, malformed("%d words where there must be 6", len(words))
	}
	var err error
	if h.Source, err = addressV1(words[1], words[2], words[4]); err != nil {
		return nil, err
	}
	if h.Destination, err = addressV1(words[1], words[3], words[5]); err != nil {
		return nil, err
	}
	h.Transport = ProxyStream
	return h, nil
}

func addressV1(protocol, address, port string) (netip.AddrPort, error) {
	addr, err := netip.ParseAddr(address)
	if err != nil || addr.Is4() != (protocol == "TCP4") || addr.Zone() != "" {
		return netip.AddrPort{}, malformed("%q is no address of %s", address, protocol)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || strconv.FormatUint(n, 10) != port {
		return netip.AddrPort{}, malformed("%q is no port", port)
	}
	return netip.AddrPortFrom(addr, uint16(n)), nil
}
