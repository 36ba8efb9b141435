//go:build unix

package http1

import "syscall"

// lookAt reads a byte. Sockets of Go do not block. If there is one, the connection can not
// be used any more, so that it does not matter that it is lost.
func (c *conn) lookAt(fd uintptr) {
	for {
		_, err := syscall.Read(int(fd), c.spare[:])
		if err != syscall.EINTR {
			c.quiet = err == syscall.EAGAIN
			return
		}
	}
}
