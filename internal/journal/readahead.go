package journal

import "math"

// maxReadAhead is the largest size of segments, in bytes, for which the next one
// is read while the present one is replayed. It takes a second buffer.
const maxReadAhead = 128 << 20

// reading is a segment that is being read.
type reading struct {
	number uint64
	done   chan struct{} // is closed when the next fields can be read
	data   []byte
	err    error
}

// read returns the contents of a segment, and begins to read the next one, into
// the buffer of the one before.
func (r *replay) read(number uint64) ([]byte, error) {
	j, free := r.j, r.s.data
	var data []byte
	var err error
	if r.next == nil {
		data, err = j.readFile(segmentName(number), free, math.MaxInt32)
		free = nil
	} else {
		<-r.next.done
		data, err = r.next.data, r.next.err
	}
	r.next = nil
	if number < j.manifest.last && len(data) <= maxReadAhead {
		next := &reading{number: number + 1, done: make(chan struct{})}
		go func() {
			defer close(next.done)
			next.data, next.err = j.readFile(segmentName(next.number), free, math.MaxInt32)
		}()
		r.next = next
	}
	return data, err
}

// stop waits for what is being read.
func (r *replay) stop() {
	if r.next != nil {
		<-r.next.done
	}
}

// tellEvery is how many bytes lie between two calls of Config.Progress.
const tellEvery = 4 << 20

// measure finds out how much there is to read, if somebody wants to know.
func (r *replay) measure() {
	j := r.j
	if j.cfg.Progress == nil {
		return
	}
	for n := j.manifest.first; n <= j.manifest.last; n++ {
		size, _ := j.sizeOf(segmentName(n)) // who reads it finds out about errors
		r.total += size
	}
	j.cfg.Progress(0, r.total)
}

// tell says how far it is.
func (r *replay) tell(end bool) {
	done := r.done + int64(r.s.off)
	if end {
		done = r.total
	}
	if r.j.cfg.Progress == nil || !end && done-r.told < tellEvery {
		return
	}
	r.told = done
	r.j.cfg.Progress(min(done, r.total), r.total)
}
