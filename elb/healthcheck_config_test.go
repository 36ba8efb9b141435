package elb

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestHealthCheckDefaults(t *testing.T) {
	base := HealthCheck{Protocol: HealthHTTP, Path: "/", Matcher: "200", Interval: 30 * time.Second, Timeout: 5 * time.Second, HealthyThreshold: 5, UnhealthyThreshold: 2}
	but := func(change func(c *HealthCheck)) HealthCheck {
		c := base
		change(&c)
		return c
	}
	for name, c := range map[string]struct{ given, want HealthCheck }{
		"nothing":          {HealthCheck{}, base},
		"HTTPS":            {HealthCheck{Protocol: HealthHTTPS}, but(func(c *HealthCheck) { c.Protocol = HealthHTTPS })},
		"TCP":              {HealthCheck{Protocol: HealthTCP}, but(func(c *HealthCheck) { c.Protocol, c.Path, c.Matcher, c.Timeout = HealthTCP, "", "", 10*time.Second })},
		"TLS":              {HealthCheck{Protocol: HealthTLS}, but(func(c *HealthCheck) { c.Protocol, c.Path, c.Matcher, c.Timeout = HealthTLS, "", "", 10*time.Second })},
		"GRPC":             {HealthCheck{Protocol: HealthGRPC}, but(func(c *HealthCheck) { c.Protocol, c.Path, c.Matcher = HealthGRPC, "/AWS.ALB/healthcheck", "12" })},
		"gRPC's service":   {HealthCheck{Protocol: HealthGRPC, Path: GRPCHealthStandard}, but(func(c *HealthCheck) { c.Protocol, c.Path, c.Matcher = HealthGRPC, GRPCHealthStandard, "0" })},
		"a short interval": {HealthCheck{Interval: 50 * time.Millisecond}, but(func(c *HealthCheck) { c.Interval, c.Timeout = 50*time.Millisecond, 50*time.Millisecond })},
		"what is given":    {but(func(c *HealthCheck) { c.Path, c.HealthyThreshold = "/x", 1 }), but(func(c *HealthCheck) { c.Path, c.HealthyThreshold = "/x", 1 })},
	} {
		got := c.given.withDefaults()
		require.NotNil(t, got.DialContext, name)
		got.DialContext = nil
		require.Equal(t, c.want, got, name)
		require.NoError(t, got.validate(), name)
	}
	f := HealthCheck{Func: func(context.Context, *Target) error { return nil }}.withDefaults()
	require.Equal(t, HealthFunc, f.Protocol)
	require.NoError(t, f.validate())
}

// fields returns the names of the fields that an error finds at fault.
func fields(err error) string {
	var names []string
	for err := range strings.Lines(fmt.Sprint(err)) {
		names = append(names, strings.Split(err, ": ")[2])
	}
	return strings.Join(names, " ")
}

func TestHealthChecksThatCanNotBeMeant(t *testing.T) {
	f := func(context.Context, *Target) error { return nil }
	for name, c := range map[string]struct {
		check HealthCheck
		want  string // the fields at fault
	}{
		"a protocol":                    {HealthCheck{Protocol: "UDP"}, "Protocol"},
		"lower case":                    {HealthCheck{Protocol: "http"}, "Protocol"},
		"a path without slash":          {HealthCheck{Path: "ping"}, "Path"},
		"a path with a space":           {HealthCheck{Path: "/a b"}, "Path"},
		"a path that splits a request":  {HealthCheck{Path: "/a\r\nHost:b"}, "Path"},
		"a path with a bad escape":      {HealthCheck{Path: "/%zz"}, "Path"},
		"a path with a fragment":        {HealthCheck{Path: "/a#b"}, "Path"},
		"a path too long":               {HealthCheck{Path: "/" + strings.Repeat("x", 1024)}, "Path"},
		"a path of TCP":                 {HealthCheck{Protocol: HealthTCP, Path: "/"}, "Path"},
		"a matcher of TLS":              {HealthCheck{Protocol: HealthTLS, Matcher: "200"}, "Matcher"},
		"a matcher":                     {HealthCheck{Matcher: "2xx"}, "Matcher"},
		"a status of HTTP":              {HealthCheck{Matcher: "100-200"}, "Matcher"},
		"a status of HTTP, high":        {HealthCheck{Matcher: "600"}, "Matcher"},
		"a status of gRPC":              {HealthCheck{Protocol: HealthGRPC, Matcher: "0-100"}, "Matcher"},
		"a function beside a protocol":  {HealthCheck{Protocol: HealthTCP, Func: f}, "Func"},
		"no function":                   {HealthCheck{Protocol: HealthFunc}, "Func"},
		"a port":                        {HealthCheck{Port: 65536}, "Port"},
		"a negative port":               {HealthCheck{Port: -1}, "Port"},
		"too often":                     {HealthCheck{Interval: time.Millisecond - 1}, "Interval"},
		"a negative interval":           {HealthCheck{Interval: -time.Second}, "Interval Timeout"},
		"a timeout beyond the interval": {HealthCheck{Interval: time.Second, Timeout: 2 * time.Second}, "Timeout"},
		"a negative timeout":            {HealthCheck{Timeout: -1}, "Timeout"},
		"thresholds":                    {HealthCheck{HealthyThreshold: -1, UnhealthyThreshold: -1}, "HealthyThreshold UnhealthyThreshold"},
		"all at once":                   {HealthCheck{Path: "x", Matcher: "y", Port: -1, Interval: 1, Timeout: 2, HealthyThreshold: -1}, "Path Matcher Port Interval Timeout HealthyThreshold"},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := NewProber(c.check)
			require.Nil(t, p)
			require.ErrorIs(t, err, ErrInvalidHealthCheck)
			require.Equal(t, c.want, fields(err))
			_, typed := errors.AsType[*HealthCheckError](err)
			require.True(t, typed)
		})
	}
}

func TestParseMatcher(t *testing.T) {
	for text, want := range map[string]string{
		"200":                 "200",
		"200,202":             "200,202",
		"202,200":             "200,202",
		"200-299":             "200-299",
		"200-299,404":         "200-299,404",
		"200,201,202":         "200-202",
		"200-250,240-260,261": "200-261",
		"0":                   "0",
		"0,12":                "0,12",
		"0-999":               "0-999",
		"63,64":               "63-64",
		"127-129,999":         "127-129,999",
		"007":                 "7",
	} {
		m, err := ParseMatcher(text)
		require.NoError(t, err, text)
		require.Equal(t, want, m.String(), text)
	}
	for _, text := range []string{"", ",", "200,", ",200", "-", "200-", "-200", "300-200", "1000", "0200", "2xx", "+200", " 200", "200, 202", "200-201-202", "２００", strings.Repeat("200,", 300) + "200"} {
		m, err := ParseMatcher(text)
		require.ErrorIs(t, err, ErrInvalidHealthCheck, text)
		require.Zero(t, m, text)
	}
	require.False(t, Matcher{}.Match(0))
	require.Empty(t, Matcher{}.String())
}

// naiveMatch reads the list anew for each status.
func naiveMatch(text string, code int) bool {
	for _, item := range strings.Split(text, ",") {
		bounds := strings.Split(item, "-")
		low, _ := strconv.Atoi(bounds[0])
		high, _ := strconv.Atoi(bounds[len(bounds)-1])
		if low <= code && code <= high {
			return true
		}
	}
	return false
}

func FuzzMatcher(f *testing.F) {
	for _, seed := range []string{"200", "200,202", "200-299", "0,12", "63-64,999", "300-200", "2xx"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := ParseMatcher(text)
		if err != nil {
			if m != (Matcher{}) {
				t.Fatal("a matcher and an error")
			}
			return
		}
		low, high := -1, -1
		for code := -2; code < 1100; code++ {
			matches := m.Match(code)
			if matches != naiveMatch(text, code) {
				t.Fatalf("%q and %d: %v", text, code, matches)
			}
			if matches && low < 0 {
				low = code
			}
			if matches {
				high = code
			}
		}
		if !m.within(low, high) || m.within(low+1, high) || m.within(low, high-1) {
			t.Fatalf("%q is from %d to %d", text, low, high)
		}
		if len(text) < 500 {
			if again, err := ParseMatcher(m.String()); err != nil || again != m {
				t.Fatalf("%q became %q: %v", text, m, err)
			}
		}
	})
}

func TestParseTarget(t *testing.T) {
	check := func(protocol HealthProtocol, port int, path string) HealthCheck {
		return HealthCheck{Protocol: protocol, Port: port, Path: path, HealthyThreshold: 10, Timeout: 5 * time.Second}
	}
	for text, want := range map[string]HealthCheck{
		"HTTP:80/":                  check(HealthHTTP, 80, "/"),
		"HTTP:80/weather/us/wa?a=b": check(HealthHTTP, 80, "/weather/us/wa?a=b"),
		"HTTP:80/index.html":        check(HealthHTTP, 80, "/index.html"),
		"HTTPS:443/ping":            check(HealthHTTPS, 443, "/ping"),
		"https:443/ping":            check(HealthHTTPS, 443, "/ping"),
		"TCP:5000":                  check(HealthTCP, 5000, ""),
		"SSL:443":                   check(HealthTLS, 443, ""),
		"TCP:65535":                 check(HealthTCP, 65535, ""),
		"HTTP:80/a:b":               check(HealthHTTP, 80, "/a:b"),
	} {
		got, err := ParseTarget(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
		_, err = NewProber(got)
		require.NoError(t, err, text)
	}
	for _, text := range []string{
		"", ":", "HTTP", "HTTP:80", "HTTP:/", "HTTP/80:/", "HTTPS:443", "HTTP:0/", "HTTP:65536/", "HTTP:+80/", "HTTP:80 /", "HTTP:80/a b", "HTTP:80/" + strings.Repeat("x", 1024),
		"TCP", "TCP:", "TCP:0", "TCP:65536", "TCP:80/", "TCP:000080", "SSL:443/", "TLS:443", "UDP:53", "HTTP:80/%", "HTTP:80/#a",
	} {
		got, err := ParseTarget(text)
		require.ErrorIs(t, err, ErrInvalidHealthCheck, text)
		require.Equal(t, "Target", fields(err), text)
		require.Equal(t, HealthCheck{}, got, text)
	}
	_, err := ParseTarget("HTTP:80")
	require.ErrorContains(t, err, "HealthCheck HTTP Target must specify a port followed by a path that begins with a slash. e.g. HTTP:80/ping/this/path")
}

func FuzzParseTarget(f *testing.F) {
	for _, seed := range []string{"HTTP:80/", "HTTPS:443/ping?a", "TCP:5000", "SSL:443", "HTTP:80", "http:007/a"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseTarget(text)
		if err != nil {
			return
		}
		if _, err := NewProber(c); err != nil {
			t.Fatalf("%q is a target that can not be checked: %v", text, err)
		}
		name := string(c.Protocol)
		if c.Protocol == HealthTLS {
			name = "SSL"
		}
		again, err := ParseTarget(name + ":" + strconv.Itoa(c.Port) + c.Path)
		if err != nil || fmt.Sprint(again) != fmt.Sprint(c) {
			t.Fatalf("%q is %v, and then %v: %v", text, c, again, err)
		}
	})
}
