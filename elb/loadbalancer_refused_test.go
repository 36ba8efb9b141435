package elb_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/leat-go/leat/elb"
	"github.com/stretchr/testify/require"
)

// A request that a target refuses to be connected for goes to another one without Retries, with
// its body, to three targets at most; and one that a target has seen does not.
func TestRefused(t *testing.T) {
	down := func(n int) (targets []*elb.Target) {
		for i := range n {
			targets = append(targets, &elb.Target{Address: fmt.Sprintf("10.0.0.9:%d", i+1)})
		}
		return targets
	}
	breaksOff := func(c net.Conn) { _, _ = c.Read(make([]byte, 100)) }
	tests := map[string]struct {
		down   []*elb.Target
		raw    func(net.Conn)
		up     bool // there is another target, after those
		status int
		tried  int
	}{
		"one":                  {down: down(1), up: true, status: 200, tried: 2},
		"two":                  {down: down(2), up: true, status: 200, tried: 3},
		"three":                {down: down(3), up: true, status: 502, tried: 3},
		"there is no other":    {down: down(1), status: 502, tried: 1},
		"there are none of it": {down: down(2), status: 502, tried: 2},
		"it has the request":   {down: down(1), raw: breaksOff, up: true, status: 502, tried: 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			eachWire(t, func(t *testing.T, front, back wire) {
				if back == inProcess || test.raw != nil && back != overHTTP1 {
					return // it refuses nothing, or what it sees is a handshake
				}
				r := newRig(t, rigConfig{front: front, back: back, targets: test.down}, func(w http.ResponseWriter, q *http.Request) {
					_, _ = io.Copy(w, q.Body)
				})
				if test.raw != nil {
					r.raw("10.0.0.9:1", test.raw)
				}
				require.NoError(t, r.group.Deregister(r.targets[0])) // and comes last
				if test.up {
					require.NoError(t, r.group.Register(r.targets[0]))
				}
				a := r.send("POST", "/", strings.NewReader("body"))
				require.Equal(t, test.status, a.status)
				if test.status == 200 {
					require.Equal(t, "body", a.body)
				}
				if test.tried == 1 {
					require.Empty(t, r.lastRecord().Attempts, "the log has one target anyway")
				} else {
					require.Len(t, r.lastRecord().Attempts, test.tried)
				}
			})
		})
	}
}
