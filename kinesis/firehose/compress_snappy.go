package firehose

import (
	"encoding/binary"
	"io"
	"sync"
)

// snappyBlock is how many bytes are compressed together, as snappy-java has it.
const snappyBlock = 32 << 10

// snappyHeader begins what snappy-java writes: a mark, the version of the format and
// the oldest version that can read it.
const snappyHeader = "\x82SNAPPY\x00\x00\x00\x00\x01\x00\x00\x00\x01"

// snappyEncoder cuts its input into blocks. Each comes with its length when compressed,
// in 4 bytes, big-endian; for Hadoop the length of the data comes before that.
type snappyEncoder struct {
	w      io.Writer
	hadoop bool
	begun  bool  // the header is written
	err    error // of w
	in     []byte
	out    []byte
	table  snappyTable
}

var snappyEncoders = sync.Pool{New: func() any { return &snappyEncoder{in: make([]byte, 0, snappyBlock)} }}

func newSnappy(w io.Writer) (io.WriteCloser, error) {
	e := snappyEncoders.Get().(*snappyEncoder)
	e.w, e.hadoop, e.begun, e.err = w, false, false, nil
	return e, nil
}

func newHadoopSnappy(w io.Writer) (io.WriteCloser, error) {
	e := snappyEncoders.Get().(*snappyEncoder)
	e.w, e.hadoop, e.begun, e.err = w, true, true, nil
	return e, nil
}

// Write takes p over; what has become a block is written.
func (e *snappyEncoder) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 && e.err == nil {
		if len(e.in) == 0 && len(p) >= snappyBlock {
			e.block(p[:snappyBlock])
			p = p[snappyBlock:]
			continue
		}
		taken := min(len(p), snappyBlock-len(e.in))
		e.in = append(e.in, p[:taken]...)
		p = p[taken:]
		if len(e.in) == snappyBlock {
			e.block(e.in)
			e.in = e.in[:0]
		}
	}
	if e.err != nil {
		return n - len(p), e.err
	}
	return n, nil
}

// Close writes the rest.
func (e *snappyEncoder) Close() error {
	if e.err == nil && (len(e.in) > 0 || !e.begun) {
		e.block(e.in)
	}
	err := e.err
	e.w, e.in = nil, e.in[:0]
	snappyEncoders.Put(e)
	return err
}

func (e *snappyEncoder) block(data []byte) {
	out := e.out[:0]
	if !e.begun {
		out = append(out, snappyHeader...)
		e.begun = true
	}
	if len(data) > 0 {
		if e.hadoop {
			out = binary.BigEndian.AppendUint32(out, uint32(len(data)))
		}
		start := len(out)
		out = appendSnappy(append(out, 0, 0, 0, 0), data, &e.table)
		binary.BigEndian.PutUint32(out[start:], uint32(len(out)-start-4))
	}
	e.out = out
	_, e.err = e.w.Write(out)
}
