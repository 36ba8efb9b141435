package main

import (
	"bytes"
	"context"
	"io"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/kinesis"
)

// TestTheProgram runs it as it runs on examples/endpoint: the environment says where.
func TestTheProgram(t *testing.T) {
	cloud, _ := newCloud(t, leat.Config{})
	server := httptest.NewServer(cloud.Handler())
	defer server.Close()
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": server.URL, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
		"AWS_SESSION_TOKEN": "", "AWS_PROFILE": "", "AWS_CONFIG_FILE": t.TempDir() + "/none", "AWS_SHARED_CREDENTIALS_FILE": t.TempDir() + "/none",
	} {
		t.Setenv(name, value)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var stdout, stderr output
	ended := make(chan int)
	go func() { ended <- run(ctx, []string{"-setup", "-send", "3"}, &stdout, &stderr) }()
	require.Eventually(t, func() bool { return strings.Contains(stdout.String(), "msg=accepted order=order-3 attempt=1") }, 30*time.Second, time.Millisecond)
	cancel()
	require.Zero(t, <-ended, stderr.String())
	require.Empty(t, stderr.String())
	billing, err := cloud.SQS().Queue("billing")
	require.NoError(t, err)
	require.EqualValues(t, 3, billing.Metrics().NumberOfMessagesSent)
}

func TestSetupMayBeRepeated(t *testing.T) {
	_, account := newCloud(t, leat.Config{})
	require.Equal(t, setUp(t, account), setUp(t, account))
}

func TestSetupWaitsForTheStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud, account := newCloud(t, leat.Config{TransitionTime: 20 * time.Second})
		cfg := setUp(t, account)
		stream, err := cloud.Kinesis().Stream(cfg.Stream)
		require.NoError(t, err)
		require.Equal(t, kinesis.StatusActive, stream.Status())
	})
}

func TestBadArguments(t *testing.T) {
	for _, args := range [][]string{nil, {"-queue", "q"}, {"-setup", "now"}, {"-unknown"}, {"-setup", "-send", "x"}} {
		var stderr bytes.Buffer
		require.Equal(t, 2, run(t.Context(), args, io.Discard, &stderr), args)
		require.Contains(t, stderr.String(), "-topic", "the usage")
	}
	require.Zero(t, run(t.Context(), []string{"-h"}, io.Discard, io.Discard))
}

// output is a buffer that may be read while it is written.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}
