package elb

import (
	"encoding/binary"
	"net/netip"
)

// FlowHash returns the Flow of a connection: a hash of its protocol, such as "tcp", and
// of the addresses and ports of both ends. An IPv4 address has the same hash written as
// IPv6 (::ffff:10.0.0.1). The same flow has the same hash in every process and on every
// machine.
//
// It is no defence against clients that choose their ports so that their connections
// meet on one target.
func FlowHash(protocol string, source, destination netip.AddrPort) uint64 {
	h := FlowHashString(protocol)
	for _, end := range [...]netip.AddrPort{source, destination} {
		ip := end.Addr().As16()
		h = mixFlow(h ^ binary.LittleEndian.Uint64(ip[:8]))
		h = mixFlow(h ^ binary.LittleEndian.Uint64(ip[8:]))
		h = mixFlow(h ^ uint64(end.Port()))
		if zone := end.Addr().Zone(); zone != "" {
			h = mixFlow(h ^ FlowHashString(zone))
		}
	}
	return h
}

// FlowHashString returns a Flow for requests that belong together because of a key: a
// session's or a user's id, a path. The same key has the same hash in every process and
// on every machine.
func FlowHashString(key string) uint64 {
	h := mixFlow(uint64(len(key)))
	for ; len(key) >= 8; key = key[8:] {
		h = mixFlow(h ^ (uint64(key[0]) | uint64(key[1])<<8 | uint64(key[2])<<16 | uint64(key[3])<<24 |
			uint64(key[4])<<32 | uint64(key[5])<<40 | uint64(key[6])<<48 | uint64(key[7])<<56))
	}
	var rest uint64
	for i := range len(key) {
		rest |= uint64(key[i]) << (8 * i)
	}
	return mixFlow(h ^ rest)
}

// mixFlow returns a number all bits of which depend on all bits of x, another for each x
// (the output of the generator SplitMix64).
func mixFlow(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
