package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// endpoint is the program while it runs.
type endpoint struct {
	url    string
	cancel context.CancelFunc
	status chan int
	stderr *bytes.Buffer // to be read after stop
}

func begin(t *testing.T, args ...string) *endpoint {
	return launch(t, func(ctx context.Context, stdout, stderr io.Writer) int {
		return run(ctx, append([]string{"-addr", "127.0.0.1:0"}, args...), stdout, stderr)
	})
}

// launch runs the program until the test or stop ends it, and reads its URL.
func launch(t *testing.T, program func(ctx context.Context, stdout, stderr io.Writer) int) *endpoint {
	ctx, cancel := context.WithCancel(t.Context())
	e := &endpoint{cancel: cancel, status: make(chan int, 1), stderr: &bytes.Buffer{}}
	stdout, writer := io.Pipe()
	go func() {
		e.status <- program(ctx, writer, e.stderr)
		writer.Close()
	}()
	printed := bufio.NewScanner(stdout)
	for e.url == "" && printed.Scan() {
		if match := regexp.MustCompile(`^export AWS_ENDPOINT_URL=(.*)$`).FindStringSubmatch(printed.Text()); match != nil {
			e.url = match[1]
		}
	}
	require.NotEmpty(t, e.url)
	go io.Copy(io.Discard, stdout)
	t.Cleanup(cancel)
	return e
}

// stop ends the program and returns what it wrote to stderr.
func (e *endpoint) stop(t *testing.T) string {
	t.Helper()
	e.cancel()
	require.Zero(t, <-e.status)
	return e.stderr.String()
}

func (e *endpoint) json(t *testing.T, action, body string) (status int, answer string) {
	t.Helper()
	return e.post(t, "/", "application/x-amz-json-1.0", "AmazonSQS."+action, body)
}

func (e *endpoint) post(t *testing.T, path, contentType, target, body string) (status int, answer string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, e.url+path, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", contentType)
	if target != "" {
		r.Header.Set("X-Amz-Target", target)
	}
	return do(t, r)
}

// signed sends a form as an SDK does, if not with a signature that is one.
func (e *endpoint) signed(t *testing.T, service, contentType, body string) (status int, answer string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, e.url+"/", strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=000000000000/20260101/us-east-1/"+service+"/aws4_request, SignedHeaders=host, Signature=0")
	return do(t, r)
}

func (e *endpoint) get(t *testing.T, target string) (status int, answer string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, e.url+target, nil)
	require.NoError(t, err)
	return do(t, r)
}

func do(t *testing.T, r *http.Request) (status int, answer string) {
	t.Helper()
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(text)
}
