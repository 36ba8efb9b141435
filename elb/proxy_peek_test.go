package elb

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// saidConn is a connection on which all was said already.
type saidConn struct {
	net.Conn
	io.Reader
}

func (c saidConn) Read(b []byte) (int, error) { return c.Reader.Read(b) }

// clientHello returns the first message of a client that asks for a name.
func clientHello(name string, protocols ...string) []byte {
	p := &recordingConn{}
	_ = tls.Client(p, &tls.Config{ServerName: name, InsecureSkipVerify: true, NextProtos: protocols}).Handshake()
	return p.written.Bytes()
}

type recordingConn struct {
	net.Conn
	written bytes.Buffer
}

func (c *recordingConn) Write(b []byte) (int, error) { return c.written.Write(b) }
func (c *recordingConn) Read([]byte) (int, error)    { return 0, io.EOF }

// FuzzPeekServerName checks that nothing is lost of what was read, and that a name is only
// found in a message that is whole.
func FuzzPeekServerName(f *testing.F) {
	hello := clientHello("www.example.com", "h2", "http/1.1")
	f.Add(hello)
	f.Add(hello[:100])
	f.Add(append(hello[:len(hello):len(hello)], "more"...))
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, said []byte) {
		name, read, err := peekServerName(saidConn{Reader: bytes.NewReader(said)})
		require.True(t, bytes.HasPrefix(said, read))
		if err != nil {
			require.Equal(t, io.EOF, err)
			require.Equal(t, len(said), len(read))
			require.Empty(t, name)
		}
	})
}

// The message is read whatever its records are like, and nothing behind them is needed.
func TestPeekServerName(t *testing.T) {
	hello := clientHello("www.example.com", "h2")
	var split []byte
	for _, b := range hello[5:] { // a record for each byte
		split = append(split, hello[0], hello[1], hello[2], 0, 1, b)
	}
	long := clientHello("www.example.com", strings.Fields(strings.Repeat(strings.Repeat("x", 255)+" ", 60))...)
	require.Greater(t, len(long), 15000)
	for _, said := range [][]byte{hello, split, long} {
		name, read, err := peekServerName(saidConn{Reader: bytes.NewReader(said)})
		require.NoError(t, err)
		require.Equal(t, "www.example.com", name)
		require.Equal(t, said, read)
	}
	name, read, err := peekServerName(saidConn{Reader: bytes.NewReader(clientHello(""))})
	require.NoError(t, err)
	require.Empty(t, name)
	require.NotEmpty(t, read)
}
