package elb

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"net/netip"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

const payload = "GET / HTTP/1.1\r\nHost: 192.168.0.11\r\n\r\n"

func v2(command byte, rest string) string {
	return proxySignature + string([]byte{0x20 | command}) + rest
}

// block is what follows the command: family and transport, the length, and the block.
func block(family byte, parts ...string) string {
	all := strings.Join(parts, "")
	return string([]byte{family, byte(len(all) >> 8), byte(len(all))}) + all
}

func tlv(kind byte, value string) string {
	return string([]byte{kind, byte(len(value) >> 8), byte(len(value))}) + value
}

func unhex(s string) string {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return string(b)
}

// crcOfExample was computed bit by bit from RFC 4960's polynomial, not by package crc32.
const crcOfExample = "9801189b"

const (
	fourTo = "\xc0\xa8\x00\x01\xc0\xa8\x00\x0b\xdc\x04\x01\xbb" // 192.168.0.1:56324 to 192.168.0.11:443
	sixTo  = "\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01" +
		"\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\xdc\x04\x01\xbb"
)

var (
	four = ProxyHeader{
		Command: ProxyRelayed, Transport: ProxyStream,
		Source: netip.MustParseAddrPort("192.168.0.1:56324"), Destination: netip.MustParseAddrPort("192.168.0.11:443"),
	}
	six = ProxyHeader{
		Command: ProxyRelayed, Transport: ProxyStream,
		Source: netip.MustParseAddrPort("[2001:db8::1]:56324"), Destination: netip.MustParseAddrPort("[2001:db8::2]:443"),
	}
)

// with returns a changed copy.
func (h ProxyHeader) with(change func(h *ProxyHeader)) *ProxyHeader {
	change(&h)
	return &h
}

func version(n int) func(h *ProxyHeader) { return func(h *ProxyHeader) { h.Version = n } }

func TestProxyHeadersThatAreRead(t *testing.T) {
	unix := func(from, to string) string {
		return from + strings.Repeat("\x00", 108-len(from)) + to + strings.Repeat("\x00", 108-len(to))
	}
	for name, c := range map[string]struct {
		wire string
		want *ProxyHeader
	}{
		"the specification's example":        {"PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n", four.with(version(1))},
		"the longest of TCP4":                {"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", &ProxyHeader{Version: 1, Command: ProxyRelayed, Transport: ProxyStream, Source: netip.MustParseAddrPort("255.255.255.255:65535"), Destination: netip.MustParseAddrPort("255.255.255.255:65535")}},
		"the shortest of TCP4":               {"PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", &ProxyHeader{Version: 1, Command: ProxyRelayed, Transport: ProxyStream, Source: netip.MustParseAddrPort("0.0.0.0:0"), Destination: netip.MustParseAddrPort("0.0.0.0:0")}},
		"TCP6":                               {"PROXY TCP6 2001:db8::1 2001:DB8::2 56324 443\r\n", six.with(version(1))},
		"the shortest of TCP6":               {"PROXY TCP6 :: :: 0 0\r\n", &ProxyHeader{Version: 1, Command: ProxyRelayed, Transport: ProxyStream, Source: netip.MustParseAddrPort("[::]:0"), Destination: netip.MustParseAddrPort("[::]:0")}},
		"the longest of TCP6":                {"PROXY TCP6 " + strings.Repeat("ffff:", 7) + "ffff " + strings.Repeat("ffff:", 7) + "ffff 65535 65535\r\n", &ProxyHeader{Version: 1, Command: ProxyRelayed, Transport: ProxyStream, Source: netip.MustParseAddrPort("[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535"), Destination: netip.MustParseAddrPort("[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535")}},
		"the short unknown":                  {"PROXY UNKNOWN\r\n", &ProxyHeader{Version: 1, Command: ProxyRelayed}},
		"the worst unknown":                  {"PROXY UNKNOWN " + strings.Repeat("ffff:", 7) + "ffff " + strings.Repeat("ffff:", 7) + "ffff 65535 65535\r\n", &ProxyHeader{Version: 1, Command: ProxyRelayed}},
		"unknown with anything":              {"PROXY UNKNOWN  \x00 a b c d e f g\r\n", &ProxyHeader{Version: 1, Command: ProxyRelayed}},
		"v2 over IPv4":                       {v2(1, block(0x11, fourTo)), four.with(version(2))},
		"v2 over IPv4, UDP":                  {v2(1, block(0x12, fourTo)), four.with(func(h *ProxyHeader) { h.Version, h.Transport = 2, ProxyDatagram })},
		"v2 over IPv6":                       {v2(1, block(0x21, sixTo)), six.with(version(2))},
		"v2 over Unix sockets":               {v2(1, block(0x31, unix("/run/a", "\x00abstract"))), &ProxyHeader{Version: 2, Command: ProxyRelayed, Transport: ProxyStream, SourcePath: "/run/a", DestinationPath: "\x00abstract"}},
		"v2, a path that fills its field":    {v2(1, block(0x32, unix(strings.Repeat("p", 108), ""))), &ProxyHeader{Version: 2, Command: ProxyRelayed, Transport: ProxyDatagram, SourcePath: strings.Repeat("p", 108)}},
		"v2, what is after a path's end":     {v2(1, block(0x31, unix("/a\x00rest", "/b"))), &ProxyHeader{Version: 2, Command: ProxyRelayed, Transport: ProxyStream, SourcePath: "/a", DestinationPath: "/b"}},
		"local":                              {v2(0, block(0)), &ProxyHeader{Version: 2}},
		"local, what is there is skipped":    {v2(0, block(0x11, fourTo)), &ProxyHeader{Version: 2}},
		"local, even of an unknown family":   {v2(0, block(0x5F, "whatever")), &ProxyHeader{Version: 2}},
		"local, even if too short":           {v2(0, block(0x11, "abc")), &ProxyHeader{Version: 2}},
		"local, even with a broken TLV":      {v2(0, block(0x00, "\x02\x00\x09short")), &ProxyHeader{Version: 2}},
		"local, even with a bad unique id":   {v2(0, block(0x00, tlv(5, strings.Repeat("u", 129)))), &ProxyHeader{Version: 2}},
		"local with facts":                   {v2(0, block(0x00, tlv(2, "a.test"))), &ProxyHeader{Version: 2, TLVs: []ProxyTLV{{2, []byte("a.test")}}}},
		"unspecified":                        {v2(1, block(0, "anything")), &ProxyHeader{Version: 2, Command: ProxyRelayed}},
		"unspecified transport":              {v2(1, block(0x10, fourTo)), &ProxyHeader{Version: 2, Command: ProxyRelayed}},
		"unspecified family":                 {v2(1, block(0x01, fourTo)), &ProxyHeader{Version: 2, Command: ProxyRelayed}},
		"facts, with padding":                {v2(1, block(0x11, fourTo, tlv(1, "h2"), tlv(4, "\x00\x00"), tlv(2, ""))), four.with(func(h *ProxyHeader) { h.Version, h.TLVs = 2, []ProxyTLV{{1, []byte("h2")}, {2, []byte{}}} })},
		"a checksum, computed by other code": {unhex("0d0a0d0a000d0a515549540a 21 11 0013 7f000001 7f000001 303901bb 030004" + crcOfExample), &ProxyHeader{Version: 2, Command: ProxyRelayed, Transport: ProxyStream, Source: netip.MustParseAddrPort("127.0.0.1:12345"), Destination: netip.MustParseAddrPort("127.0.0.1:443"), Checksum: true}},
	} {
		t.Run(name, func(t *testing.T) {
			for how, r := range map[string]io.Reader{
				"at once":      strings.NewReader(c.wire + payload),
				"in pieces":    iotest.OneByteReader(strings.NewReader(c.wire + payload)),
				"in halves":    iotest.HalfReader(strings.NewReader(c.wire + payload)),
				"error at end": iotest.DataErrReader(strings.NewReader(c.wire + payload)),
			} {
				got, err := ReadProxyHeader(r, 0)
				require.NoError(t, err, how)
				require.Equal(t, c.want, got, how)
				rest, err := io.ReadAll(r)
				require.NoError(t, err, how)
				require.Equal(t, payload, string(rest), "the payload is left alone, %s", how)
			}
			got, err := ReadProxyHeader(strings.NewReader(c.wire), len(c.wire))
			require.NoError(t, err, "just within the limit, and nothing after it")
			require.Equal(t, c.want, got)
			_, err = ReadProxyHeader(strings.NewReader(c.wire), len(c.wire)-1)
			require.ErrorIs(t, err, ErrProxyTooLong)
			for cut := 1; cut < len(c.wire); cut++ {
				_, err = ReadProxyHeader(strings.NewReader(c.wire[:cut]), 0)
				require.ErrorIs(t, err, ErrProxyTruncated, "after %d bytes", cut)
			}
		})
	}
}

func TestProxyHeadersThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		wire string
		want error
	}{
		"nothing":                        {"", io.EOF},
		"another protocol":               {payload, ErrProxyMissing},
		"almost v1":                      {"PROXIMA", ErrProxyMissing},
		"no space":                       {"PROXY\tTCP4 1.1.1.1 1.1.1.1 1 1\r\n", ErrProxyMissing},
		"lower case":                     {"proxy TCP4 1.1.1.1 1.1.1.1 1 1\r\n", ErrProxyMissing},
		"two spaces":                     {"PROXY  TCP4 1.1.1.1 1.1.1.1 1 1\r\n", ErrProxyMalformed},
		"two spaces within":              {"PROXY TCP4 1.1.1.1  1.1.1.1 1 1\r\n", ErrProxyMalformed},
		"a space at the end":             {"PROXY TCP4 1.1.1.1 1.1.1.1 1 1 \r\n", ErrProxyMalformed},
		"an unknown protocol":            {"PROXY UDP4 1.1.1.1 1.1.1.1 1 1\r\n", ErrProxyMalformed},
		"a lone LF":                      {"PROXY TCP4 1.1.1.1 1.1.1.1 1 1\n" + payload, ErrProxyMalformed},
		"a lone CR":                      {"PROXY TCP4 1.1.1.1 1.1.1.1 1 1\r" + payload, ErrProxyMalformed},
		"an early CR":                    {"PROXY TCP4 1.1\r.1.1 1.1.1.1 1 1\r\n", ErrProxyMalformed},
		"a leading zero in an address":   {"PROXY TCP4 1.1.1.01 1.1.1.1 1 1\r\n", ErrProxyMalformed},
		"a leading zero in a port":       {"PROXY TCP4 1.1.1.1 1.1.1.1 01 1\r\n", ErrProxyMalformed},
		"a sign":                         {"PROXY TCP4 1.1.1.1 1.1.1.1 +1 1\r\n", ErrProxyMalformed},
		"a port too high":                {"PROXY TCP4 1.1.1.1 1.1.1.1 1 65536\r\n", ErrProxyMalformed},
		"a byte too high":                {"PROXY TCP4 1.1.1.1 1.1.1.256 1 1\r\n", ErrProxyMalformed},
		"the other family":               {"PROXY TCP4 ::1 ::1 1 1\r\n" + payload, ErrProxyMalformed},
		"mixed families":                 {"PROXY TCP6 ::1 1.1.1.1 1 1\r\n", ErrProxyMalformed},
		"a zone":                         {"PROXY TCP6 fe80::1%eth0 ::1 1 1\r\n", ErrProxyMalformed},
		"a line too long":                {"PROXY UNKNOWN " + strings.Repeat("x", 92) + "\r\n", ErrProxyTooLong},
		"a line without end":             {"PROXY TCP4 " + strings.Repeat("1", 5000), ErrProxyTooLong},
		"almost v2":                      {"\r\n\r\nGET / HTTP/1.1\r\n", ErrProxyMissing},
		"version 1 in binary":            {proxySignature + "\x11" + block(0x11, fourTo), ErrProxyVersion},
		"version 3":                      {proxySignature + "\x31" + block(0x11, fourTo), ErrProxyVersion},
		"an unknown command":             {v2(2, block(0x11, fourTo)), ErrProxyMalformed},
		"an unknown family":              {v2(1, block(0x41, fourTo)), ErrProxyMalformed},
		"an unknown transport":           {v2(1, block(0x13, fourTo)), ErrProxyMalformed},
		"IPv4, too short":                {v2(1, block(0x11, fourTo[:11])), ErrProxyMalformed},
		"IPv6, too short":                {v2(1, block(0x21, fourTo)), ErrProxyMalformed},
		"Unix, too short":                {v2(1, block(0x31, sixTo)), ErrProxyMalformed},
		"a TLV beyond the header":        {v2(1, block(0x11, fourTo, "\x01\x00\x03h2")) + payload, ErrProxyMalformed},
		"half a TLV":                     {v2(1, block(0x11, fourTo, "\x01\x00")), ErrProxyMalformed},
		"a unique id too long":           {v2(1, block(0x11, fourTo, tlv(5, strings.Repeat("u", 129)))), ErrProxyMalformed},
		"a checksum of 3 bytes":          {v2(1, block(0x11, fourTo, tlv(3, "abc"))), ErrProxyMalformed},
		"a wrong checksum":               {v2(1, block(0x11, fourTo, tlv(3, "abcd"))), ErrProxyChecksum},
		"a wrong checksum, local":        {v2(0, block(0x00, tlv(3, "abcd"))), ErrProxyChecksum},
		"longer than the default limit":  {v2(1, block(0x11, fourTo, tlv(0xE0, strings.Repeat("x", 5000)))), ErrProxyTooLong},
		"the specification's other side": {"\x0D\x0A\x0D\x0A\x00\x0D\x0A\x51\x55\x49\x54\x0B\x21\x11\x00\x0c" + fourTo, ErrProxyMissing},
	} {
		t.Run(name, func(t *testing.T) {
			h := four
			n, err := h.ReadFrom(iotest.OneByteReader(strings.NewReader(c.wire)))
			require.ErrorIs(t, err, c.want)
			require.LessOrEqual(t, n, int64(len(c.wire)))
			require.Equal(t, four, h, "it stays as it was")
			if c.want != io.EOF {
				_, typed := errors.AsType[*ProxyError](err)
				require.True(t, typed)
			}
		})
	}
	_, err := ReadProxyHeader(iotest.ErrReader(io.ErrClosedPipe), 0)
	require.ErrorIs(t, err, io.ErrClosedPipe)
	_, err = ReadProxyHeader(nothing{}, 0)
	require.ErrorIs(t, err, io.ErrNoProgress)
}

type nothing struct{}

func (nothing) Read([]byte) (int, error) { return 0, nil }

// Who speaks another protocol learns so from the first byte that shows it, and not only
// when it has sent as much as a header has.
func TestProxyHeaderIsMissedAtOnce(t *testing.T) {
	for _, first := range []string{"H", "PI", "PROXY\n", "\r\nX", proxySignature + "\x11"} {
		r, w := io.Pipe()
		go w.Write([]byte(first))
		_, err := ReadProxyHeader(r, 0)
		require.Error(t, err, "and no wait for more after %q", first)
	}
}

func TestProxyHeadersThatCanNotBeWritten(t *testing.T) {
	for name, h := range map[string]*ProxyHeader{
		"a command":               four.with(func(h *ProxyHeader) { h.Command = 2 }),
		"a transport":             four.with(func(h *ProxyHeader) { h.Transport = 3 }),
		"one address":             four.with(func(h *ProxyHeader) { h.Source = netip.AddrPort{} }),
		"an address and a path":   four.with(func(h *ProxyHeader) { h.SourcePath = "/a" }),
		"a path too long":         {Command: ProxyRelayed, Transport: ProxyStream, SourcePath: strings.Repeat("p", 109)},
		"a path with NUL":         {Command: ProxyRelayed, Transport: ProxyStream, SourcePath: "/a\x00b"},
		"an abstract path's end":  {Command: ProxyRelayed, Transport: ProxyStream, SourcePath: "\x00a\x00"},
		"a TLV too long":          four.with(func(h *ProxyHeader) { h.TLVs = []ProxyTLV{{0xE0, make([]byte, 1<<16)}} }),
		"a unique id too long":    four.with(func(h *ProxyHeader) { h.TLVs = []ProxyTLV{{5, make([]byte, 129)}} }),
		"a checksum by hand":      four.with(func(h *ProxyHeader) { h.TLVs = []ProxyTLV{{3, make([]byte, 4)}} }),
		"more than the length is": four.with(func(h *ProxyHeader) { h.TLVs = []ProxyTLV{{0xE0, make([]byte, 40000)}, {0xE0, make([]byte, 40000)}} }),
	} {
		var b bytes.Buffer
		err := WriteProxyHeader(&b, h)
		_, typed := errors.AsType[*ProxyError](err)
		require.True(t, typed, name)
		require.Zero(t, b.Len(), name)
		kept, err := h.AppendTo([]byte("before"))
		require.Error(t, err, name)
		require.Equal(t, "before", string(kept), name)
	}
}

func TestProxyHeaderFacts(t *testing.T) {
	ssl := "\x03\x00\x00\x00\x01" + tlv(0x21, "TLSv1.3") + tlv(0x22, "client.test")
	h := four.with(func(h *ProxyHeader) {
		h.Checksum = true
		h.TLVs = []ProxyTLV{
			{ProxyTypeALPN, []byte("h2")},
			{ProxyTypeAuthority, []byte("example.test")},
			{ProxyTypeUniqueID, []byte{1, 2, 3}},
			{ProxyTypeSSL, []byte(ssl)},
			{ProxyTypeAWS, []byte("\x02other")},
			{ProxyTypeAWS, []byte("\x01vpce-08d2bf15fac5001c9")},
		}
	})
	wire, err := h.AppendTo(nil)
	require.NoError(t, err)
	got, err := ReadProxyHeader(bytes.NewReader(wire), 0)
	require.NoError(t, err)
	require.Equal(t, h.with(version(2)), got)
	require.Equal(t, "h2", got.ALPN())
	require.Equal(t, "example.test", got.Authority())
	require.Equal(t, []byte{1, 2, 3}, got.UniqueID())
	require.Equal(t, "vpce-08d2bf15fac5001c9", got.VPCEndpointID())
	inner, ok := got.SSL()
	require.True(t, ok)
	require.Equal(t, ProxySSL{Client: 3, Verify: 1, TLVs: []ProxyTLV{{0x21, []byte("TLSv1.3")}, {0x22, []byte("client.test")}}}, inner)

	for i := range wire { // whatever a line does to the header, the checksum or a rule shows it
		if i == len(wire)-7 {
			continue // but that the checksum is none: the TLV's type
		}
		wire[i] ^= 1 << (i % 8)
		_, err := ReadProxyHeader(bytes.NewReader(wire), 0)
		require.Error(t, err, "byte %d", i)
		wire[i] ^= 1 << (i % 8)
	}

	require.Empty(t, four.ALPN()+four.Authority()+four.VPCEndpointID())
	require.Nil(t, four.UniqueID())
	for _, bad := range []string{"", "\x01\x00\x00\x00", "\x01\x00\x00\x00\x00\x21\x00"} {
		_, ok := four.with(func(h *ProxyHeader) { h.TLVs = []ProxyTLV{{ProxyTypeSSL, []byte(bad)}} }).SSL()
		require.False(t, ok)
	}
}

func FuzzProxyHeader(f *testing.F) {
	for _, seed := range []string{
		"PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n", "PROXY TCP6 ::1 ::2 1 2\r\n", "PROXY UNKNOWN\r\n",
		v2(1, block(0x11, fourTo, tlv(1, "h2"), tlv(3, "abcd"))), v2(0, block(0x21, sixTo)), v2(1, block(0x31, strings.Repeat("a\x00", 108))),
	} {
		f.Add([]byte(seed+payload), uint16(0))
	}
	f.Fuzz(func(t *testing.T, data []byte, limit uint16) {
		r := bytes.NewReader(data)
		h, raw, err := readProxyHeader(r, int(limit))
		read := len(data) - r.Len()
		if limit == 0 {
			limit = DefaultProxyHeaderLimit
		}
		if len(raw) != read || read > int(limit) {
			t.Fatalf("read %d bytes, says %d, limit %d", read, len(raw), limit)
		}
		if err != nil {
			return
		}
		// What is read depends on no byte after the header, and on all of it.
		if alone, err := ReadProxyHeader(bytes.NewReader(data[:read]), int(limit)); err != nil || !sameHeader(t, alone, h) {
			t.Fatalf("%v without what follows: %v", alone, err)
		}
		if _, err := ReadProxyHeader(bytes.NewReader(data[:read-1]), int(limit)); !errors.Is(err, ErrProxyTruncated) {
			t.Fatalf("without its last byte: %v", err)
		}
		again, err := ReadProxyHeader(bytes.NewReader(wireOf(t, h)), maxProxyHeader)
		if err != nil || !sameHeader(t, again, h) {
			t.Fatalf("%+v became %+v, %v", h, again, err)
		}
	})
}

func wireOf(t *testing.T, h *ProxyHeader) []byte {
	b, err := h.AppendTo(nil)
	if err != nil {
		t.Fatalf("what was read can not be written: %+v: %v", h, err)
	}
	return b
}

// sameHeader compares all that is written.
func sameHeader(t *testing.T, a, b *ProxyHeader) bool {
	return bytes.Equal(wireOf(t, a), wireOf(t, b)) && a.Source == b.Source && a.SourcePath == b.SourcePath &&
		a.Destination == b.Destination && a.DestinationPath == b.DestinationPath && a.Transport == b.Transport && a.Command == b.Command
}

func BenchmarkReadProxyHeader(b *testing.B) {
	facts := four.with(func(h *ProxyHeader) {
		h.Checksum, h.TLVs = true, []ProxyTLV{{ProxyTypeAuthority, []byte("example.test")}}
	})
	withFacts, _ := facts.AppendTo(nil)
	for name, wire := range map[string]string{
		"v1":                "PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n",
		"v2":                v2(1, block(0x11, fourTo)),
		"v2 facts checksum": string(withFacts),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			r := strings.NewReader(wire)
			for b.Loop() {
				r.Reset(wire)
				if _, err := ReadProxyHeader(r, 0); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
