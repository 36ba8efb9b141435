package journal

import "errors"

const (
	// leastReserved is how many bytes a segment is made longer by when it is short,
	// and mostReserved when it is long; in between it is by as much as it has.
	leastReserved = 64 << 10
	mostReserved  = 4 << 20
)

// reserve makes the last segment longer than it has to be to take frames that end
// at an offset, if each commit waits for its sync: where there are zeros already that
// has less to do, and takes two thirds of the time if it is small. It is only an
// advice, and what it made too long is cut off when the segment ends. The token is
// held.
func (j *Journal) reserve(end int64) {
	if !j.reserves || end <= j.tail {
		return
	}
	to := end + min(max(j.size, leastReserved), mostReserved)
	to = max(end, min(to, j.cfg.SegmentSize))
	if err := j.file.Reserve(max(j.size, j.tail), to); errors.Is(err, errors.ErrUnsupported) {
		j.reserves = false
	} else { // after an error perhaps
		j.tail = to
	}
}
