package journal

import (
	"errors"
	"io/fs"
	"sync"

	"github.com/leat-go/leat/internal/faultfs"
)

// maxHeld is how many files are kept open to be read.
const maxHeld = 64

// fileID is a segment's number, or a snapshot's with the highest bit set.
type fileID uint64

const ofSnapshot fileID = 1 << 63

func (id fileID) name() string {
	if id&ofSnapshot != 0 {
		return snapshotName(uint64(id &^ ofSnapshot))
	}
	return segmentName(uint64(id))
}

// shelf has the files that somebody reads, or has read. They may be given up
// meanwhile: then who uses them last removes them.
type shelf struct {
	fs     faultfs.FS
	mu     sync.Mutex // is not held during I/O; guards the rest, and what is held
	files  map[fileID]*held
	opened int    // how many of them are open
	clock  uint64 // counts uses
	closed bool
}

// held is a file that is kept for its users.
type held struct {
	id    fileID
	file  faultfs.File // nil until somebody reads it
	users int
	gone  bool   // who uses it last removes it
	used  uint64 // when it was used last
}

// hold keeps a file from being removed until release.
func (s *shelf) hold(op string, id fileID) (*held, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, &Error{Op: op, Err: ErrClosed}
	}
	h := s.files[id]
	if h == nil {
		if s.files == nil {
			s.files = map[fileID]*held{}
		}
		h = &held{id: id}
		s.files[id] = h
	}
	h.users++
	s.clock++
	h.used = s.clock
	return h, nil
}

// open returns the file that is held.
func (s *shelf) open(h *held) (faultfs.File, error) {
	s.mu.Lock()
	f := h.file
	s.mu.Unlock()
	if f != nil {
		return f, nil
	}
	f, err := s.fs.Open(h.id.name(), false)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	other := h.file
	if other == nil {
		h.file = f
		s.opened++
	}
	s.mu.Unlock()
	if other != nil { // somebody was faster
		_ = f.Close()
		return other, nil
	}
	return f, nil
}

// release ends a use. Errors are not reported: nothing is lost by them, and what
// was not removed Open removes.
func (s *shelf) release(h *held) {
	s.mu.Lock()
	h.users--
	var idle *held
	remove := false
	switch {
	case h.users > 0:
	case h.gone || s.closed || h.file == nil:
		idle, remove = h, h.gone
	case s.opened > maxHeld:
		for _, other := range s.files {
			if other.users == 0 && (idle == nil || other.used < idle.used) {
				idle = other
			}
		}
	}
	f := s.forget(idle)
	s.mu.Unlock()
	if f != nil {
		_ = f.Close()
	}
	if remove {
		_ = s.fs.Remove(h.id.name())
	}
}

// forget takes a file off the shelf and returns it if it has to be closed. The
// mutex is held.
func (s *shelf) forget(h *held) faultfs.File {
	if h == nil {
		return nil
	}
	delete(s.files, h.id)
	if h.file != nil {
		s.opened--
	}
	return h.file
}

// discard removes a file that the manifest does not name any more, now or when it
// is not used any more. A crash may bring it back, and Open removes it.
func (s *shelf) discard(id fileID) error {
	if !s.take(id, true) {
		return nil
	}
	if err := s.fs.Remove(id.name()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// take lets go of a file that the manifest does not name any more, so that nobody will
// use it, and tells whether nobody does. If somebody does, and it is to be gone, then
// who uses it last removes it.
func (s *shelf) take(id fileID, gone bool) bool {
	s.mu.Lock()
	h := s.files[id]
	if h != nil && h.users > 0 {
		h.gone = h.gone || gone
		s.mu.Unlock()
		return false
	}
	f := s.forget(h)
	s.mu.Unlock()
	if f != nil {
		_ = f.Close()
	}
	return true
}

// close closes what nobody uses, and lets nobody in any more.
func (s *shelf) close() {
	s.mu.Lock()
	s.closed = true
	var files []faultfs.File
	for _, h := range s.files {
		if h.users == 0 {
			if f := s.forget(h); f != nil {
				files = append(files, f)
			}
		}
	}
	s.mu.Unlock()
	for _, f := range files {
		_ = f.Close()
	}
}
