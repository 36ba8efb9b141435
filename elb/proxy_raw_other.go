//go:build !linux

package elb

import (
	"io"
	"net"
)

func rawReaderOf(conn net.Conn) io.Reader { return conn }
func rawWriterOf(conn net.Conn) io.Writer { return conn }

// passBulk tells that only Linux passes bytes within the kernel.
func (d *direction) passBulk() (can bool, err error) { return false, nil }
