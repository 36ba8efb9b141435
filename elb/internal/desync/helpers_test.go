package desync_test

import (
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/elb/internal/desync"
)

// script is a connection on which a client sends what is given, in pieces, and then
// nothing more.
type script struct {
	net.Conn // nil
	rest     string
	piece    func() int // how long the next piece is; nil for all at once
}

func (s *script) Read(p []byte) (int, error) {
	if s.rest == "" {
		return 0, io.EOF
	}
	n := len(s.rest)
	if s.piece != nil {
		n = min(n, s.piece())
	}
	n = copy(p, s.rest[:n])
	s.rest = s.rest[n:]
	return n, nil
}

func (s *script) SetReadDeadline(time.Time) error  { return nil }
func (s *script) SetWriteDeadline(time.Time) error { return nil }

// gate returns what a server reads of what a client sends, and the verdicts. Both, the
// client and the server, work in pieces as rng says.
func gate(t testing.TB, sent string, mode desync.Mode, rng *rand.Rand) (passed string, verdicts []desync.Verdict) {
	return gateEach(t, sent, mode, rng, func(int) {})
}

// gateEach is gate. It calls each for each request with how many bytes passed before it.
func gateEach(t testing.TB, sent string, mode desync.Mode, rng *rand.Rand, each func(before int)) (passed string, verdicts []desync.Verdict) {
	s := &script{rest: sent}
	room := 4096
	if rng != nil {
		most := 1 + rng.IntN([]int{4, 40, 2000}[rng.IntN(3)])
		s.piece = func() int { return 1 + rng.IntN(most) }
		room = 1 + rng.IntN(2000)
	}
	c := desync.NewConn(s, desync.Config{Mode: mode, HeadTimeout: -1})
	var b strings.Builder
	for p := make([]byte, room); ; {
		n, err := c.Read(p)
		b.Write(p[:n])
		for v := c.Next(); v.HeadBytes > 0; v = c.Next() {
			verdicts = append(verdicts, v)
			each(b.Len() - n)
			if v.Held {
				c.Resume()
			}
		}
		if err != nil {
			require.Zero(t, n)
			return b.String(), verdicts
		}
		require.NotZero(t, n)
	}
}

// wire returns a request from its lines.
func wire(lines ...string) string { return strings.Join(lines, "\r\n") + "\r\n\r\n" }

const host = "Host: a.test"

// sortedLines is a request's head, with the fields in order; framing fields are put last
// where a head is mended.
func sortedLines(request string) []string {
	head, body, _ := strings.Cut(request, "\r\n\r\n")
	lines := strings.Split(head, "\r\n")
	slices.Sort(lines[1:])
	return append(lines, body)
}
