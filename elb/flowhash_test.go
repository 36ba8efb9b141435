package elb_test

import (
	"math/bits"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/elb"
)

// The values are those of every process, also of ones with another version of leat.
func TestFlowHashIsStable(t *testing.T) {
	require.Equal(t, uint64(0xa706dd2f4d197e6f), elb.FlowHashString(""))
	require.Equal(t, uint64(0x75ee6889e15791b1), elb.FlowHashString("user-17"))
	require.Equal(t, uint64(0x303af48fda83fd44), elb.FlowHashString("a longer key than eight bytes"))
	require.Equal(t, uint64(0x563417daa51b9cba), elb.FlowHash("tcp", addrPort("192.0.2.1:40000"), addrPort("198.51.100.1:443")))
	require.Equal(t, uint64(0xbc056e0681a65956), elb.FlowHash("udp", addrPort("[2001:db8::1]:40000"), addrPort("[2001:db8::2]:53")))
}

func TestFlowHashTellsFlowsApart(t *testing.T) {
	a, b := addrPort("192.0.2.1:40000"), addrPort("198.51.100.1:443")
	seen := make(map[uint64]string)
	for name, h := range map[string]uint64{
		"flow":                elb.FlowHash("tcp", a, b),
		"other protocol":      elb.FlowHash("udp", a, b),
		"other way":           elb.FlowHash("tcp", b, a),
		"other source port":   elb.FlowHash("tcp", addrPort("192.0.2.1:40001"), b),
		"other source":        elb.FlowHash("tcp", addrPort("192.0.2.2:40000"), b),
		"other port":          elb.FlowHash("tcp", a, addrPort("198.51.100.1:444")),
		"IPv6":                elb.FlowHash("tcp", addrPort("[2001:db8::1]:40000"), b),
		"in a zone":           elb.FlowHash("tcp", addrPort("[fe80::1%eth0]:40000"), b),
		"in another zone":     elb.FlowHash("tcp", addrPort("[fe80::1%eth1]:40000"), b),
		"in no zone":          elb.FlowHash("tcp", addrPort("[fe80::1]:40000"), b),
		"nothing":             elb.FlowHashString(""),
		"zero byte":           elb.FlowHashString("\x00"),
		"eight zero bytes":    elb.FlowHashString(strings.Repeat("\x00", 8)),
		"a, padded with zero": elb.FlowHashString("a\x00"),
		"a":                   elb.FlowHashString("a"),
	} {
		require.Empty(t, seen[h], "%s has the same hash", name)
		seen[h] = name
	}
	require.Equal(t, elb.FlowHash("tcp", a, b), elb.FlowHash("tcp", addrPort("[::ffff:192.0.2.1]:40000"), b))
}

// Of a key that differs in one bit, about half of the hash's bits differ.
func TestFlowHashString(t *testing.T) {
	key := []byte("/images/logo.png?size=large")
	h := elb.FlowHashString(string(key))
	for i := range len(key) * 8 {
		key[i/8] ^= 1 << (i % 8)
		differ := bits.OnesCount64(h ^ elb.FlowHashString(string(key)))
		require.InDelta(t, 32, differ, 20, "bit %d", i)
		key[i/8] ^= 1 << (i % 8)
	}
}
