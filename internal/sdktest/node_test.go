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
// speaks JSON to SQS and Query to SNS.
func TestNode(t *testing.T) {
	if testing.Short() {
		t.Skip("the SDK for JavaScript is not for -short")
	}
	node := nodeWith(t, "@aws-sdk/client-sqs", "@aws-sdk/client-sns", "sns-validator")
	t.Run("SQS", func(t *testing.T) {
		s := listen(t)
		out, err := s.run(t, node, "testdata/node/client.mjs")
		require.NoError(t, err, out)
		s.requireOnly(t, "sqs", "json", 25)
	})
	t.Run("SNS", func(t *testing.T) {
		s := listen(t)
		out, err := s.run(t, node, "testdata/node/topics.mjs")
		require.NoError(t, err, out)
		s.requireOnly(t, "sns", "query", 50)
		s.requireOnly(t, "sqs", "json", 10)
	})
}

// nodeWith returns Node.js with these packages. If one is not there, testdata/node is
// installed as package-lock.json says.
func nodeWith(t *testing.T, packages ...string) (node string) {
	t.Helper()
	found := installed("node")
	if len(found) == 0 {
		t.Skip("no Node.js here")
	}
	node = found[0]
	version, ok := probe(t, node, "-p", "process.versions.node.split('.')[0] >= 20 ? process.version : process.exit(1)")
	if !ok {
		t.Skip("the SDK for JavaScript needs Node.js 20")
	}
	resolves := "Promise.all(['" + strings.Join(packages, "', '") + "'].map((name) => import(name))).catch(() => process.exit(1))"
	find := exec.Command(node, "--input-type=module", "-e", resolves)
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
	return node
}
