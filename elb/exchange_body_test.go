package elb

import (
	"io"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What has become of the body decides which status a request has whose context is over,
// also if that became known only a moment before.
func TestClientGone(t *testing.T) {
	past, future := time.Unix(1, 0), time.Now().Add(time.Hour)
	for name, test := range map[string]struct {
		body   *clientBody
		status int
	}{
		"no body":                {nil, statusClientClosed},
		"nobody has asked":       {&clientBody{}, statusClientClosed},
		"all is there":           {&clientBody{begun: true, err: io.EOF}, statusClientClosed},
		"a read waits":           {&clientBody{begun: true, reading: true, until: future}, 400},
		"a read waited too long": {&clientBody{begun: true, reading: true, until: past}, 408},
		"between reads":          {&clientBody{begun: true, until: past}, 400},
		"a read has timed out":   {&clientBody{begun: true, until: past, err: os.ErrDeadlineExceeded}, 408},
		"it was cut off":         {&clientBody{begun: true, err: io.ErrUnexpectedEOF}, 400},
		"it was too large":       {&clientBody{begun: true, err: errBodyTooLarge}, 413},
	} {
		t.Run(name, func(t *testing.T) {
			e := &exchange{lb: &LoadBalancer{base: t.Context()}, body: test.body}
			require.Equal(t, test.status, e.clientGone())
		})
	}
}
