//go:build !unix

package http1

// lookAt finds nothing, as there is no look that does not wait.
func (c *conn) lookAt(uintptr) { c.quiet = true }
