package webtest

import (
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/summerwind/h2spec/config"
	"github.com/summerwind/h2spec/generic"
	"github.com/summerwind/h2spec/hpack"
	"github.com/summerwind/h2spec/http2"
	"github.com/summerwind/h2spec/spec"

	"github.com/leat-go/leat/elb"
)

// report is what h2spec found.
type report struct {
	passed, skipped int
	failed          map[string]bool // by section and description
}

// TestHTTP2 holds the balancer against the server of net/http, which serves its clients
// over HTTP/2: what that does right must not be wrong here.
func TestHTTP2(t *testing.T) {
	if testing.Short() {
		t.Skip("it waits for each connection that is not closed, which takes half a minute")
	}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		fmt.Fprintln(w, "hello")
	})
	server, _ := certificate(t)
	plain := httptest.NewUnstartedServer(handler)
	plain.EnableHTTP2 = true
	plain.Config.ErrorLog = log.New(io.Discard, "", 0) // of what h2spec does wrong on purpose
	plain.StartTLS()
	t.Cleanup(plain.Close)
	baseline := inspect(t, plain.Listener.Addr().String())
	t.Logf("net/http: %d passed, %d skipped, failed: %v", baseline.passed, baseline.skipped, slices.Sorted(maps.Keys(baseline.failed)))

	group := elb.GroupConfig{HealthCheck: elb.HealthCheck{Disabled: true}}
	address := balance(t, group, server, &elb.Target{ID: "hello", Handler: handler})
	var wrong []string
	for range 3 { // some cases depend on whether an answer or the next frame comes first
		got := inspect(t, address)
		t.Logf("balancer: %d passed, %d skipped, failed: %v", got.passed, got.skipped, slices.Sorted(maps.Keys(got.failed)))
		require.Greater(t, got.passed, 100)
		wrong = wrong[:0]
		for name := range got.failed {
			if !baseline.failed[name] {
				wrong = append(wrong, name)
			}
		}
		if len(wrong) == 0 {
			return
		}
	}
	require.Empty(t, wrong, "net/http does better")
}

// inspect runs h2spec, without what it writes to the standard output.
func inspect(t *testing.T, address string) report {
	_, port, err := net.SplitHostPort(address)
	require.NoError(t, err)
	number, err := strconv.Atoi(port)
	require.NoError(t, err)
	c := &config.Config{Host: "127.0.0.1", Port: number, Path: "/", Timeout: 500 * time.Millisecond, MaxHeaderLen: 4000, TLS: true, Insecure: true}
	quiet, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	require.NoError(t, err)
	defer quiet.Close()
	stdout := os.Stdout
	os.Stdout = quiet
	defer func() { os.Stdout = stdout }()
	r := report{failed: make(map[string]bool)}
	for _, s := range []*spec.TestGroup{generic.Spec(), http2.Spec(), hpack.Spec()} {
		s.Test(c)
		r.add(s)
	}
	return r
}

func (r *report) add(g *spec.TestGroup) {
	for _, c := range g.Tests {
		switch {
		case c.Result == nil || c.Result.Skipped:
			r.skipped++
		case c.Result.Failed:
			r.failed[g.ID()+": "+c.Desc] = true
		default:
			r.passed++
		}
	}
	for _, sub := range g.Groups {
		r.add(sub)
	}
}
