package elb

import (
	"io"
	"net"
	"syscall"
	"unsafe"
)

// rawCaller reads from a TCP connection, or writes to one, by system calls that Go's
// scheduler is not told of: it would prepare each time for one that blocks, which costs
// more than a tenth of what a short message does, and these never block, as package net's
// connections do not. One goroutine may use it at a time.
type rawCaller struct {
	wait func(try func(fd uintptr) (done bool)) error // RawConn's Read or Write
	try  func(fd uintptr) (done bool)
	b    []byte
	n    int
	err  error
}

func newRawCaller(wait func(func(uintptr) bool) error, number uintptr) *rawCaller {
	c := &rawCaller{wait: wait}
	c.try = func(fd uintptr) bool {
		c.n, c.err = rawCall(number, fd, c.b)
		return c.err != syscall.EAGAIN
	}
	return c
}

// call does it with b, which is not empty, as soon as some of that can be passed.
func (c *rawCaller) call(b []byte) (int, error) {
	c.b = b
	err := c.wait(c.try)
	c.b = nil // it may be another's, or be dropped
	if err != nil {
		return 0, err
	}
	return c.n, c.err
}

type rawReader struct{ *rawCaller }

// Read reads what there is, into a buffer that is not empty.
func (r rawReader) Read(b []byte) (int, error) {
	n, err := r.call(b)
	if n == 0 && err == nil {
		return 0, io.EOF
	}
	return n, err
}

type rawWriter struct{ *rawCaller }

// Write writes what there is room for. That may be less than b, without an error.
func (w rawWriter) Write(b []byte) (int, error) { return w.call(b) }

// rawReaderOf returns a faster reader of a connection's bytes, if there is one.
func rawReaderOf(conn net.Conn) io.Reader {
	if raw := rawConnOf(conn); raw != nil {
		return rawReader{newRawCaller(raw.Read, syscall.SYS_READ)}
	}
	return conn
}

// rawWriterOf returns a faster writer of a connection's bytes, if there is one.
func rawWriterOf(conn net.Conn) io.Writer {
	if raw := rawConnOf(conn); raw != nil {
		return rawWriter{newRawCaller(raw.Write, syscall.SYS_WRITE)}
	}
	return conn
}

// rawCall reads into b or writes from it. b is not empty.
func rawCall(number, fd uintptr, b []byte) (int, error) {
	for {
		n, _, errno := syscall.RawSyscall(number, fd, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
		switch errno {
		case 0:
			return int(n), nil
		case syscall.EINTR:
		default:
			return 0, errno
		}
	}
}

// rawConnOf returns the TCP connection that a connection reads and writes as it is, for
// system calls; nil if there is none.
func rawConnOf(conn net.Conn) syscall.RawConn {
	if proxied, ok := conn.(*ProxyConn); ok {
		conn = proxied.NetConn()
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		if raw, err := tcp.SyscallConn(); err == nil {
			return raw
		}
	}
	return nil
}
