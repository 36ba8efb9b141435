package elb

import (
	"fmt"
	"io"
	"syscall"
)

const (
	spliceMove     = 1    // SPLICE_F_MOVE
	spliceNonblock = 2    // SPLICE_F_NONBLOCK
	setPipeSize    = 1031 // F_SETPIPE_SZ
	splicePipe     = 256 << 10
)

// passBulk passes bytes from one TCP connection to another within the kernel, by splice(2),
// until there is little to pass. It tells whether it can do that at all. (io.Copy does
// the same, but tells only at the end how far it has come: too late for an idle timeout.)
func (d *direction) passBulk() (can bool, err error) {
	in, out := rawConnOf(d.src), rawConnOf(d.dst)
	if in == nil || out == nil {
		return false, nil
	}
	var pipe [2]int
	if err := syscall.Pipe2(pipe[:], syscall.O_CLOEXEC|syscall.O_NONBLOCK); err != nil {
		return false, nil // there are too many files, say
	}
	defer syscall.Close(pipe[0])
	defer syscall.Close(pipe[1])
	// If it stays as small as it is it will do, too.
	_, _, _ = syscall.RawSyscall(syscall.SYS_FCNTL, uintptr(pipe[1]), setPipeSize, splicePipe)

	var held, moved int
	var failure error
	fill := func(fd uintptr) bool {
		held, failure = splice(int(fd), pipe[1], splicePipe)
		return failure != syscall.EAGAIN
	}
	drain := func(fd uintptr) bool {
		moved, failure = splice(pipe[0], int(fd), held)
		return failure != syscall.EAGAIN
	}
	for quiet := 0; quiet < quietAfter; quiet++ {
		if err := in.Read(fill); err != nil {
			return true, d.readError(err)
		}
		switch failure {
		case nil:
		case syscall.EINVAL, syscall.ENOSYS, syscall.EPERM:
			return false, nil // not from such a connection, or not in this sandbox; nothing is lost
		default:
			return true, d.readError(failure)
		}
		if held == 0 {
			return true, io.EOF
		}
		if held >= smallBuffer {
			quiet = 0
		}
		d.flow.touch()
		for ; held > 0; held -= moved {
			if err := out.Write(drain); err != nil {
				return true, fmt.Errorf("%w: %w", d.dstLost, err)
			}
			if failure != nil {
				return true, fmt.Errorf("%w: %w", d.dstLost, failure)
			}
			d.passed(moved)
		}
	}
	return true, nil
}

func splice(from, to, most int) (int, error) {
	for {
		n, err := syscall.Splice(from, nil, to, nil, most, spliceMove|spliceNonblock)
		if err != syscall.EINTR {
			return max(int(n), 0), err
		}
	}
}
