package sdktest

import (
	"bytes"
	"context"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sns/snshttp"
	"github.com/leat-go/leat/sqs"
	"github.com/leat-go/leat/sqs/sqshttp"
)

// The clients of other languages sign with this key, and the endpoint checks it.
const (
	foreignKey    = "AKIAIOSFODNN7EXAMPLE"
	foreignSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
)

// socket is SQS and SNS on a loopback port, which counts requests by service and
// protocol. Links in what SNS sends lead to a second port, over TLS, because programs
// that verify signatures fetch the certificate only so.
type socket struct {
	url         string
	certificate string // the file that has what to trust the second port by
	links       *httptest.Server

	mu       sync.Mutex
	requests map[string]int // by service and protocol: "sqs json"; guarded by mu
}

func listen(t *testing.T) *socket {
	t.Helper()
	front := httptest.NewUnstartedServer(nil)
	links := httptest.NewUnstartedServer(nil)
	queues, err := sqs.NewService(sqs.ServiceConfig{})
	require.NoError(t, err)
	key, err := signingKey()
	require.NoError(t, err)
	delivery := &http.Transport{DisableKeepAlives: true}
	topics, err := sns.NewService(sns.ServiceConfig{
		Queues: queues, Transport: delivery, BaseURL: "https://" + links.Listener.Addr().String(), SigningKey: key, SignQueueMessages: true,
	})
	require.NoError(t, err)
	credentials := map[string]string{foreignKey: foreignSecret}
	s := &socket{url: "http://" + front.Listener.Addr().String(), links: links, requests: make(map[string]int)}
	queueHandler := sqshttp.NewHandler(queues, sqshttp.Config{Keys: credentials})
	topicHandler := snshttp.NewHandler(topics, snshttp.Config{Keys: credentials})
	front.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		service, protocol, handler := "sqs", "query", http.Handler(queueHandler)
		if strings.Contains(r.Header.Get("Authorization"), "/sns/aws4_request") {
			service, handler = "sns", topicHandler
		}
		if r.Header.Get("X-Amz-Target") != "" {
			protocol = "json"
		}
		s.mu.Lock()
		s.requests[service+" "+protocol]++
		s.mu.Unlock()
		handler.ServeHTTP(w, r)
	})
	links.Config.Handler = topicHandler
	front.Start()
	links.StartTLS()
	t.Cleanup(func() {
		for _, server := range []*httptest.Server{front, links} {
			server.CloseClientConnections()
			server.Close()
		}
		topics.Close()
		queues.Close()
	})
	s.certificate = filepath.Join(t.TempDir(), "links.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: links.Certificate().Raw})
	require.NoError(t, os.WriteFile(s.certificate, text, 0o600))
	return s
}

// requireOnly checks that every request to a service came over this protocol.
func (s *socket) requireOnly(t *testing.T, service, protocol string, atLeast int) {
	t.Helper()
	require.Equal(t, protocol, s.requireOne(t, service, atLeast))
}

// requireOne checks that every request to a service came over the same protocol, and
// says which and how many.
func (s *socket) requireOne(t *testing.T, service string, atLeast int) (protocol string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	query, json := s.requests[service+" query"], s.requests[service+" json"]
	require.True(t, query == 0 || json == 0, "%d requests over Query, %d over JSON", query, json)
	protocol = "query"
	if json > 0 {
		protocol = "json"
	}
	require.GreaterOrEqual(t, query+json, atLeast)
	t.Logf("%d requests to %s over the %s protocol", query+json, service, protocol)
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
		"LEAT_CERTIFICATE="+s.certificate,
		"NODE_EXTRA_CA_CERTS="+s.certificate,
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
