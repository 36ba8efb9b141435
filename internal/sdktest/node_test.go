package sdktest

import (
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestNode runs testdata/node/client.mjs and topics.mjs: the SDK for JavaScript, which
// speaks JSON to SQS and Query to SNS. It is installed there as package-lock.json says,
// unless it is there.
func TestNode(t *testing.T) {
	if testing.Short() {
		t.Skip("the SDK for JavaScript is not for -short")
	}
	node := installed("node")
	if len(node) == 0 {
		t.Skip("no Node.js here")
	}
	version, ok := probe(t, node[0], "-p", "process.versions.node.split('.')[0] >= 20 ? process.version : process.exit(1)")
	if !ok {
		t.Skip("the SDK for JavaScript needs Node.js 20")
	}
	const resolves = "Promise.all(['@aws-sdk/client-sqs', '@aws-sdk/client-sns', 'sns-validator'].map((name) => import(name))).catch(() => process.exit(1))"
	find := exec.Command(node[0], "--input-type=module", "-e", resolves)
	find.Dir = "testdata/node"
	if find.Run() != nil {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
		defer cancel()
		install := exec.CommandContext(ctx, "npm", "ci", "--no-audit", "--no-fund")
		install.Dir, install.WaitDelay = "testdata/node", time.Second
		if out, err := install.CombinedOutput(); err != nil {
			t.Skipf("npm ci in testdata/node: %v\n%s", err, strings.TrimSpace(string(out)))
		}
	}
	t.Logf("Node.js %s", version)
	t.Run("SQS", func(t *testing.T) {
		s := listen(t)
		out, err := s.run(t, node[0], "testdata/node/client.mjs")
		require.NoError(t, err, out)
		s.requireOnly(t, "sqs", "json", 25)
	})
	t.Run("SNS", func(t *testing.T) {
		s := listen(t)
		out, err := s.run(t, node[0], "testdata/node/topics.mjs")
		require.NoError(t, err, out)
		s.requireOnly(t, "sns", "query", 50)
		s.requireOnly(t, "sqs", "json", 10)
	})
}
