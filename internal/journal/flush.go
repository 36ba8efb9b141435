package journal

// maxFlush is how many bytes are written to a segment before the disk is told to
// begin with them; in small segments it is a quarter.
const maxFlush = 8 << 20

// flush begins to sync what has been written, without waiting for it, if commits do
// not sync it themselves. So little is left to do at the end of the segment. It
// proves nothing, since it is not known what it has met. The token is held.
func (j *Journal) flush(op string) {
	if j.cfg.Sync == SyncEach || j.size-j.flushed < min(maxFlush, j.cfg.SegmentSize/4) {
		return
	}
	select {
	case j.flushing <- struct{}{}:
	default: // the last one is not done
		return
	}
	j.flushed = j.size
	file, number := j.file, j.manifest.last
	j.writers.Go(func() {
		if err := file.Sync(); err != nil {
			_ = j.fail(op, segmentName(number), err)
		}
		<-j.flushing
	})
}

// settleFlush waits until nothing is being flushed. An error of that is reported to who
// flushes, and perhaps to nobody else: a sync that succeeds says nothing before it
// is known that the flush has, too. The token is held.
func (j *Journal) settleFlush() error {
	j.flushing <- struct{}{}
	<-j.flushing
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.failed
}
