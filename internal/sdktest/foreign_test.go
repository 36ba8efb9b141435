package sdktest

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sqs"
	"github.com/leat-go/leat/sqs/sqshttp"
)

// The clients of other languages sign with this key, and the endpoint checks it.
const (
	foreignKey    = "AKIAIOSFODNN7EXAMPLE"
	foreignSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
)

// socket is an endpoint on a loopback port that counts requests by protocol.
type socket struct {
	url string

	mu        sync.Mutex
	protocols map[string]int // "json" and "query"; guarded by mu
}

func listen(t *testing.T) *socket {
	t.Helper()
	service, err := sqs.NewService(sqs.ServiceConfig{})
	require.NoError(t, err)
	handler := sqshttp.NewHandler(service, sqshttp.Config{Keys: map[string]string{foreignKey: foreignSecret}})
	s := &socket{protocols: make(map[string]int)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		protocol := "query"
		if r.Header.Get("X-Amz-Target") != "" {
			protocol = "json"
		}
		s.mu.Lock()
		s.protocols[protocol]++
		s.mu.Unlock()
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		service.Close()
	})
	s.url = server.URL
	return s
}

// requireOnly checks that every request came over this protocol.
func (s *socket) requireOnly(t *testing.T, protocol string, atLeast int) {
	t.Helper()
	require.Equal(t, protocol, s.requireOne(t, atLeast))
}

// requireOne checks that every request came over the same protocol, and says which
// and how many.
func (s *socket) requireOne(t *testing.T, atLeast int) (protocol string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	require.Len(t, s.protocols, 1)
	for protocol = range s.protocols {
		require.GreaterOrEqual(t, s.protocols[protocol], atLeast)
		t.Logf("%d requests over the %s protocol", s.protocols[protocol], protocol)
	}
	return protocol
}

// run runs a program against the endpoint, for a minute at most, and returns what it
// printed. The user's AWS configuration has no part in it.
func (s *socket) run(t *testing.T, name string, args ...string) (stdout string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.WaitDelay = time.Second
	environ := slices.DeleteFunc(os.Environ(), func(pair string) bool { return strings.HasPrefix(pair, "AWS_") })
	cmd.Env = append(environ,
		"AWS_ACCESS_KEY_ID="+foreignKey,
		"AWS_SECRET_ACCESS_KEY="+foreignSecret,
		"AWS_REGION=us-east-1",
		"AWS_DEFAULT_REGION=us-east-1",
		"AWS_CONFIG_FILE="+os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE="+os.DevNull,
		"AWS_EC2_METADATA_DISABLED=true",
		"AWS_PAGER=",
		"NO_PROXY=127.0.0.1",
		"no_proxy=127.0.0.1",
		"LEAT_ENDPOINT="+s.url,
	)
	var out, trouble bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &trouble
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("%w\n%s", err, trouble.String())
	}
	return out.String(), nil
}

// installed returns those of the programs that are there, each once.
func installed(programs ...string) (paths []string) {
	for _, program := range programs {
		path, err := exec.LookPath(program)
		if err == nil && !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	return paths
}

// probe runs a short program that tells something about an installation.
func probe(t *testing.T, name string, args ...string) (answer string, ok bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	return strings.TrimSpace(string(out)), err == nil
}
