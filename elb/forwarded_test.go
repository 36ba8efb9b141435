package elb

import (
	"crypto/tls"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/elb/internal/http1"
)

func TestForwardedFor(t *testing.T) {
	tests := map[string]struct {
		sent                    []string
		client                  string
		port                    bool
		append, preserve, rests []string
	}{
		// The examples of the User Guide.
		"no header":           {nil, "127.0.0.1:4711", false, []string{"127.0.0.1"}, nil, nil},
		"one address":         {[]string{"127.0.0.4"}, "127.0.0.1:4711", false, []string{"127.0.0.4, 127.0.0.1"}, []string{"127.0.0.4"}, nil},
		"two addresses":       {[]string{"127.0.0.4, 127.0.0.8"}, "127.0.0.1:4711", false, []string{"127.0.0.4, 127.0.0.8, 127.0.0.1"}, []string{"127.0.0.4, 127.0.0.8"}, nil},
		"IPv6":                {nil, "[2001:db8::21f:5bff:febf:ce22:8a2e]:4711", false, []string{"2001:db8:0:21f:5bff:febf:ce22:8a2e"}, nil, nil},
		"port":                {nil, "12.34.56.78:8080", true, []string{"12.34.56.78:8080"}, nil, nil},
		"port of IPv6":        {nil, "[2001:db8:85a3:8d3:1319:8a2e:370:7348]:8080", true, []string{"[2001:db8:85a3:8d3:1319:8a2e:370:7348]:8080"}, nil, nil},
		"port after others":   {[]string{"127.0.0.4"}, "12.34.56.78:8080", true, []string{"127.0.0.4, 12.34.56.78:8080"}, []string{"127.0.0.4"}, nil},
		"two lines":           {[]string{"1.1.1.1", "2.2.2.2"}, "3.3.3.3:1", false, []string{"1.1.1.1, 2.2.2.2, 3.3.3.3"}, []string{"1.1.1.1", "2.2.2.2"}, nil},
		"an empty line":       {[]string{" ", "2.2.2.2"}, "3.3.3.3:1", false, []string{"2.2.2.2, 3.3.3.3"}, []string{" ", "2.2.2.2"}, nil},
		"IPv4 in IPv6":        {nil, "[::ffff:3.3.3.3]:1", false, []string{"3.3.3.3"}, nil, nil},
		"IPv4 in IPv6, port":  {nil, "[::ffff:3.3.3.3]:1", true, []string{"3.3.3.3:1"}, nil, nil},
		"a zone":              {nil, "[fe80::1%eth0]:1", true, []string{"[fe80::1]:1"}, nil, nil},
		"what is no address":  {[]string{"unknown"}, "3.3.3.3:1", false, []string{"unknown, 3.3.3.3"}, []string{"unknown"}, nil},
		"the longest address": {nil, "[2001:db81:85a3:18d3:1319:8a2e:1370:7348]:65535", true, []string{"[2001:db81:85a3:18d3:1319:8a2e:1370:7348]:65535"}, nil, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for mode, want := range map[ForwardedForMode][]string{ForwardedAppend: test.append, ForwardedPreserve: test.preserve, ForwardedRemove: nil} {
				f := newForwarder(&LoadBalancerConfig{ForwardedFor: mode, ForwardedClientPort: test.port}, &Listener{Protocol: HTTP, Port: 80})
				h := http.Header{}
				if test.sent != nil {
					h["X-Forwarded-For"] = test.sent
				}
				got := forwarded(&f, &http.Request{Header: h}, netip.MustParseAddrPort(test.client))
				require.Equal(t, want, got["X-Forwarded-For"], mode)
				require.Equal(t, test.sent, h["X-Forwarded-For"], "the client's header stays")
			}
		})
	}
}

// What a client sends must not cost more than its length.
func TestForwardedForOfManyLines(t *testing.T) {
	f := newForwarder(&LoadBalancerConfig{ForwardedFor: ForwardedAppend}, &Listener{Protocol: HTTP, Port: 80})
	lines, client := slices.Repeat([]string{","}, 3000), netip.MustParseAddrPort("203.0.113.7:1")
	require.Equal(t, strings.Repeat(",, ", 3000)+"203.0.113.7", f.forwardedFor(lines, client))
	require.LessOrEqual(t, testing.AllocsPerRun(10, func() { f.forwardedFor(lines, client) }), 2.)
}

// forwarded is the header that a target gets.
func forwarded(f *forwarder, r *http.Request, client netip.AddrPort) http.Header {
	h := http.Header{}
	for name, values := range r.Header {
		if !f.replaces(name) {
			h[name] = values
		}
	}
	for _, field := range f.fields(nil, r, client) {
		h.Add(field.Name, field.Value)
	}
	return h
}

func TestForwardedProtocolAndPort(t *testing.T) {
	client := netip.MustParseAddrPort("203.0.113.7:1")
	sent := http.Header{
		"X-Forwarded-Proto": {"gopher"}, "X-Forwarded-Port": {"70"}, traceHeader: {"x"}, "Accept": {"*/*"},
		"X-Amzn-Tls-Version": {"forged"}, "X-Amzn-Tls-Cipher-Suite": {"forged"},
	}
	r := &http.Request{Header: sent, TLS: &tls.ConnectionState{Version: tls.VersionTLS12, CipherSuite: tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}}

	f := newForwarder(&LoadBalancerConfig{ForwardedFor: ForwardedAppend, TLSHeaders: true}, &Listener{Protocol: HTTPS, Port: 8443})
	require.Equal(t, http.Header{
		"X-Forwarded-For": {"203.0.113.7"}, "X-Forwarded-Proto": {"https"}, "X-Forwarded-Port": {"8443"}, "Accept": {"*/*"},
		"X-Amzn-Tls-Version": {"TLSv1.2"}, "X-Amzn-Tls-Cipher-Suite": {"ECDHE-RSA-AES128-GCM-SHA256"},
	}, forwarded(&f, r, client))

	r.TLS = &tls.ConnectionState{Version: tls.VersionTLS13, CipherSuite: tls.TLS_AES_128_GCM_SHA256}
	h := forwarded(&f, r, client)
	require.Equal(t, []string{"TLSv1.3"}, h["X-Amzn-Tls-Version"])
	require.Equal(t, []string{"TLS_AES_128_GCM_SHA256"}, h["X-Amzn-Tls-Cipher-Suite"])

	r.TLS = nil
	h = forwarded(&f, r, client)
	require.NotContains(t, h, "X-Amzn-Tls-Version", "nobody but the balancer says so")
	require.NotContains(t, h, "X-Amzn-Tls-Cipher-Suite")

	f = newForwarder(&LoadBalancerConfig{ForwardedFor: ForwardedPreserve}, &Listener{Protocol: HTTP, Port: 80})
	h = forwarded(&f, r, client)
	require.Equal(t, []string{"http"}, h["X-Forwarded-Proto"], "in all modes")
	require.Equal(t, []string{"80"}, h["X-Forwarded-Port"])
	require.Equal(t, []string{"forged"}, h["X-Amzn-Tls-Version"], "without the option it is no header of the balancer's")
}

func TestHost(t *testing.T) {
	tests := map[string]struct {
		port       int
		sent, made string
		want       string
		preserved  string
	}{
		// The examples of the User Guide.
		"default listener":         {80, "example.com", "example.com", "example.com", "example.com"},
		"default listener, port":   {80, "example.com:80", "example.com:80", "example.com", "example.com:80"},
		"other listener":           {8080, "example.com", "example.com", "example.com:8080", "example.com"},
		"other listener, port":     {8080, "example.com:8080", "example.com:8080", "example.com:8080", "example.com:8080"},
		"any port is left out":     {443, "example.com:8080", "example.com:8080", "example.com", "example.com:8080"},
		"any port stays elsewhere": {8080, "example.com:99", "example.com:99", "example.com:99", "example.com:99"},
		"IPv6":                     {80, "[::1]", "[::1]", "[::1]", "[::1]"},
		"IPv6, port":               {80, "[::1]:80", "[::1]:80", "[::1]", "[::1]:80"},
		"IPv6 elsewhere":           {8080, "[::1]", "[::1]", "[::1]:8080", "[::1]"},
		"empty port":               {80, "example.com:", "example.com:", "example.com", "example.com:"},
		"empty port elsewhere":     {8080, "example.com:", "example.com:", "example.com:8080", "example.com:"},
		"none":                     {8080, "", "", "", ""},
		"rewritten":                {80, "example.com", "internal", "internal", "internal"},
		"rewritten elsewhere":      {8080, "example.com", "internal", "internal:8080", "internal"},
		"rewritten, client's port": {80, "example.com:80", "internal:80", "internal", "internal:80"},
		"rewritten with a port":    {80, "example.com", "internal:99", "internal:99", "internal:99"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			l := &Listener{Protocol: HTTP, Port: test.port}
			f := newForwarder(&LoadBalancerConfig{}, l)
			require.Equal(t, test.want, f.host(test.sent, test.made))
			f = newForwarder(&LoadBalancerConfig{PreserveHost: true}, l)
			require.Equal(t, test.preserved, f.host(test.sent, test.made))
		})
	}
}

func TestForwardedAddresses(t *testing.T) {
	for lines, want := range map[string]int{
		"": 0, "1.1.1.1": 1, "1.1.1.1, 2.2.2.2": 2, "1.1.1.1,2.2.2.2|3.3.3.3": 3, " , ,|\t": 0, "a b,,c ": 2,
		strings.Repeat("1.1.1.1, ", 30) + "1.1.1.1": 31,
	} {
		require.Equal(t, want, forwardedAddresses(http.Header{"X-Forwarded-For": strings.Split(lines, "|")}), lines)
	}
	require.Zero(t, forwardedAddresses(http.Header{}))
}

func FuzzForwardedAddresses(f *testing.F) {
	f.Add("1.1.1.1, 2.2.2.2", ",, a\tb ,")
	f.Fuzz(func(t *testing.T, one, other string) {
		want := 0
		for _, part := range strings.Split(one+","+other, ",") {
			if strings.Trim(part, " \t") != "" {
				want++
			}
		}
		require.Equal(t, want, forwardedAddresses(http.Header{"X-Forwarded-For": {one, other}}))
	})
}

func TestPlainFieldNames(t *testing.T) {
	for _, name := range []string{"A", "Accept", "X-Forwarded-For", "x-9", "-", "Az-09"} {
		require.True(t, isPlainFieldName(name), name)
	}
	for c := range 256 {
		want := c < 128 && strings.IndexByte(alphanumeric+"-", byte(c)) >= 0
		require.Equal(t, want, isPlainFieldName("A"+string([]byte{byte(c)})), "%q", c)
	}
	require.False(t, isPlainFieldName(""))
}

func BenchmarkForwarded(b *testing.B) {
	client := netip.MustParseAddrPort("203.0.113.7:52100")
	for name, h := range map[string]http.Header{"first": {}, "later": {"X-Forwarded-For": {"198.51.100.23, 10.0.0.9"}}} {
		f := newForwarder(&LoadBalancerConfig{ForwardedFor: ForwardedAppend}, &Listener{Protocol: HTTPS, Port: 443})
		r := &http.Request{Header: h, Host: "www.example.com"}
		var fields [8]http1.Field
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f.fields(fields[:0], r, client)
				f.host(r.Host, r.Host)
				forwardedAddresses(h)
			}
		})
	}
}
