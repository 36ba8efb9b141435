package elb

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
)

// direction is one of the two ways of a flow.
type direction struct {
	flow             *flow
	first            []byte // of the source's bytes, read already
	src, dst         net.Conn
	in               io.Reader     // of src
	out              io.Writer     // of dst; it may write less than it is given
	srcLost, dstLost error         // what it means when one of them fails
	bytes            *atomic.Int64 // that dst has got
}

// Most connections are quiet most of the time, and what they pass is short: each direction
// keeps a small buffer. One that is filled is changed for a large one, and a large one that
// is filled some times in a row for the kernel, which takes more system calls and copies
// nothing. A direction that has little to pass some times in a row goes back.
const (
	smallBuffer = 4 << 10
	largeBuffer = 32 << 10
	bulkAfter   = 4
	quietAfter  = 16
)

var (
	smallBuffers = sync.Pool{New: func() any { return new([smallBuffer]byte) }}
	largeBuffers = sync.Pool{New: func() any { return new([largeBuffer]byte) }}
)

// run passes bytes until the source ends or the flow is over.
func (d *direction) run() {
	defer d.flow.rescue()
	err := d.pass()
	if err != io.EOF {
		d.flow.fail(err)
		return
	}
	if d.flow.open.Add(-1) == 0 {
		return // closing tells the other end
	}
	half, ok := d.dst.(interface{ CloseWrite() error })
	if !ok {
		d.flow.end(nil, false)
		return
	}
	if err := half.CloseWrite(); errors.Is(err, errors.ErrUnsupported) {
		d.flow.end(nil, false)
	} else if err != nil {
		d.flow.fail(fmt.Errorf("%w: %w", d.dstLost, err))
	}
}

// pass passes bytes until the source ends, with io.EOF, or something fails.
func (d *direction) pass() error {
	d.in, d.out = rawReaderOf(d.src), rawWriterOf(d.dst)
	if err := d.write(d.first); err != nil {
		return err
	}
	d.first = nil
	bulky := true // may be, as far as is known
	for {
		if err := d.passShort(); err != errBulky {
			return err
		}
		for {
			if err := d.passLong(bulky); err == errQuiet {
				break
			} else if err != errBulky {
				return err
			}
			var err error
			if bulky, err = d.passBulk(); err != nil {
				return err
			}
		}
	}
}

var (
	errBulky = errors.New("there is much to pass")
	errQuiet = errors.New("there is little to pass")
)

// passShort passes what comes until there is more than a small buffer takes.
func (d *direction) passShort() error {
	buffer := smallBuffers.Get().(*[smallBuffer]byte)
	defer smallBuffers.Put(buffer)
	for {
		n, err := d.passOnce(buffer[:])
		if err != nil {
			return err
		}
		if n == len(buffer) {
			return errBulky
		}
	}
}

// passLong passes what comes until there is little, or, where it can be passed in bulk,
// much.
func (d *direction) passLong(bulky bool) error {
	buffer := largeBuffers.Get().(*[largeBuffer]byte)
	defer largeBuffers.Put(buffer)
	for full, quiet := 0, 0; ; {
		n, err := d.passOnce(buffer[:])
		switch {
		case err != nil:
			return err
		case n == len(buffer):
			quiet = 0
			if full++; bulky && full == bulkAfter {
				return errBulky
			}
		case n < smallBuffer:
			full = 0
			if quiet++; quiet == quietAfter {
				return errQuiet
			}
		default:
			full, quiet = 0, 0
		}
	}
}

// passOnce passes what one read yields.
func (d *direction) passOnce(buffer []byte) (int, error) {
	n, err := d.in.Read(buffer)
	if n > 0 {
		d.flow.touch()
		if err := d.write(buffer[:n]); err != nil {
			return n, err
		}
	}
	return n, d.readError(err)
}

func (d *direction) write(b []byte) error {
	for len(b) > 0 {
		n, err := d.out.Write(b)
		d.passed(n)
		if n == 0 && err == nil {
			err = io.ErrNoProgress
		}
		if err != nil {
			return fmt.Errorf("%w: %w", d.dstLost, err)
		}
		b = b[n:]
	}
	return nil
}

// passed counts bytes that the destination has got.
func (d *direction) passed(n int) {
	d.flow.touch()
	d.bytes.Add(int64(n))
}

// readError says what an error of the source means. One who ends TCP without TLS's goodbye
// ends the connection like others: many clients do.
func (d *direction) readError(err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	if err == io.ErrUnexpectedEOF {
		return io.EOF
	}
	return fmt.Errorf("%w: %w", d.srcLost, err)
}
