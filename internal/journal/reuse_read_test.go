package journal

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/faultfs"
)

// TestReuseWaitsForReaders checks that a file that somebody reads is left to him, and
// that who is late does not get what it was used for again.
func TestReuseWaitsForReaders(t *testing.T) {
	for name, held := range map[string]bool{"held": true, "idle": false} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			fsys, err := faultfs.OpenDir(dir)
			require.NoError(t, err)
			defer fsys.Close()
			j, _, err := reopen(fsys, Config{SegmentSize: 700})
			require.NoError(t, err)
			var places []Commit
			for len(j.Segments()) < 3 {
				at, err := j.Append([]byte(strings.Repeat("old", 50)))
				require.NoError(t, err)
				places = append(places, at)
			}
			place := Place{uint32(places[0].Segment), uint32(places[0].Offset) + frameHeader + 2, 150}
			got, err := j.Read(place, nil)
			require.NoError(t, err)
			require.Equal(t, strings.Repeat("old", 50), string(got))
			h, err := j.shelf.hold("test", fileID(1))
			require.NoError(t, err)
			f, err := j.shelf.open(h)
			require.NoError(t, err)
			if !held {
				j.shelf.release(h)
			}
			require.NoError(t, j.Trim(2))
			require.Equal(t, !held, j.hasSpare)
			for len(j.Segments()) < 3 {
				_, err := j.Append([]byte(strings.Repeat("new", 50)))
				require.NoError(t, err)
			}
			_, err = j.Read(place, nil)
			require.ErrorIs(t, err, ErrGone)
			if held {
				require.FileExists(t, dir+"/"+segmentName(1))
				_, err = f.ReadAt(got, int64(place.Offset))
				require.NoError(t, err)
				require.Equal(t, strings.Repeat("old", 50), string(got))
				j.shelf.release(h)
			} else {
				_, err = f.ReadAt(got, int64(place.Offset))
				require.ErrorIs(t, err, os.ErrClosed)
			}
			require.NoFileExists(t, dir+"/"+segmentName(1))
			require.NoError(t, j.Close())
		})
	}
}

// TestReadMeetsReuse trims while somebody is about to read what is given up.
func TestReadMeetsReuse(t *testing.T) {
	fsys := &slowOpen{Mem: faultfs.NewMem(1)}
	j, _, err := reopen(fsys, Config{SegmentSize: 700})
	require.NoError(t, err)
	for len(j.Segments()) < 2 {
		_, err := j.Append([]byte(strings.Repeat("old", 50)))
		require.NoError(t, err)
	}
	place := Place{1, segmentHeader + frameHeader + 2, 150}
	fsys.meanwhile = func() {
		require.NoError(t, j.Trim(2))
		require.False(t, j.hasSpare, "it is held")
	}
	got, err := j.Read(place, nil)
	require.NoError(t, err)
	require.Equal(t, strings.Repeat("old", 50), string(got))
	names, err := fsys.ReadDir()
	require.NoError(t, err)
	require.NotContains(t, names, segmentName(1), "the last one removes it")
	require.NoError(t, j.Close())
}

// TestLateReadMeetsReuse trims between the moment at which somebody finds that a place is there,
// and the one from which he keeps its file.
func TestLateReadMeetsReuse(t *testing.T) {
	j, _, err := reopen(faultfs.NewMem(1), Config{SegmentSize: 700})
	require.NoError(t, err)
	for len(j.Segments()) < 2 {
		_, err := j.Append([]byte(strings.Repeat("old", 50)))
		require.NoError(t, err)
	}
	j.shelf.mu.Lock() // he waits for that
	read := make(chan error)
	go func() {
		_, err := j.Read(Place{1, segmentHeader + frameHeader + 2, 150}, nil)
		read <- err
	}()
	for range 1000 {
		runtime.Gosched()
	}
	_, err = j.trim(2)
	require.NoError(t, err)
	j.shelf.mu.Unlock()
	require.ErrorIs(t, <-read, ErrGone)
	require.NoError(t, j.Close())
}

// TestReadsMeetReuse reads places that are given up, and whose files are used again, all
// the time: what is read is what was written there, or gone.
func TestReadsMeetReuse(t *testing.T) {
	j, _, err := reopen(faultfs.NewMem(1), Config{SegmentSize: 700})
	require.NoError(t, err)
	type written struct {
		place Place
		text  string
	}
	var latest [2]atomic.Pointer[written]
	var wg sync.WaitGroup
	var reads atomic.Int64
	done := make(chan struct{})
	for i := range latest {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					runtime.Gosched()
				}
				if w := latest[i].Load(); w != nil {
					got, err := j.Read(w.place, nil)
					reads.Add(1)
					if err == nil {
						assert.Equal(t, w.text, string(got))
					} else {
						assert.ErrorIs(t, err, ErrGone)
					}
				}
			}
		})
	}
	reused := 0
	for i := range 20000 {
		text := fmt.Sprintf("%100d", i)
		at, err := j.Append([]byte(text))
		require.NoError(t, err)
		latest[i%len(latest)].Store(&written{Place{uint32(at.Segment), uint32(at.Offset) + frameHeader + 1, 100}, text})
		if segments := j.Segments(); len(segments) > 2 {
			require.NoError(t, j.Trim(segments[1].Number))
		}
		if j.tail > 0 {
			reused++
		}
	}
	close(done)
	wg.Wait()
	require.NoError(t, j.Close())
	require.Positive(t, reused)
	t.Logf("%d of 20000 commits into files that were used before, %d reads", reused, reads.Load())
}

// slowOpen does something before it opens a segment to be read.
type slowOpen struct {
	*faultfs.Mem
	meanwhile func()
}

func (s *slowOpen) Open(name string, create bool) (faultfs.File, error) {
	if f := s.meanwhile; f != nil && name == segmentName(1) {
		s.meanwhile = nil
		f()
	}
	return s.Mem.Open(name, create)
}
