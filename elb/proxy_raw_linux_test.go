package elb

import (
	"io"
	"net"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// A slow reader takes a piece at a time. Each must count at once, so that the connection is
// not idle as long as one is taken.
func TestRawWriterTellsEachPiece(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	conn, err := net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	peer, err := l.Accept()
	require.NoError(t, err)
	defer peer.Close()

	w := rawWriterOf(conn)
	n, err := w.Write(make([]byte, 64<<20)) // which no kernel keeps for a peer that does not read
	require.NoError(t, err)
	require.Positive(t, n)
	require.Less(t, n, 64<<20)
	_, err = io.CopyN(io.Discard, peer, int64(n))
	require.NoError(t, err)

	require.NoError(t, peer.(*net.TCPConn).SetLinger(0))
	require.NoError(t, peer.Close())
	_, err = rawReaderOf(conn).Read(make([]byte, 1))
	require.ErrorIs(t, err, syscall.ECONNRESET)
	require.NoError(t, conn.Close())
	n, err = w.Write([]byte("x"))
	require.Zero(t, n)
	require.ErrorIs(t, err, net.ErrClosed)
}
