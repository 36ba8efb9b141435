package journal

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/faultfs"
)

// TestRead reads records back by the places that tickets and that replay give.
func TestRead(t *testing.T) {
	fsys := faultfs.NewMem(1)
	j, _, err := reopen(fsys, Config{SegmentSize: 800})
	require.NoError(t, err)
	want := map[Place]string{}
	for i := range 300 {
		records := [][]byte{
			AppendSum(fmt.Appendf(nil, "record %d", i), 0),
			AppendSum([]byte(strings.Repeat("r", i)), 0),
			AppendSum(nil, 0),
		}
		ticket, err := j.Add(records...)
		require.NoError(t, err)
		require.NoError(t, ticket.Wait())
		for k, offset := range Offsets(nil, records...) {
			p := ticket.Place(offset, len(records[k]))
			want[p] = string(records[k])
			got, err := j.Read(p, nil)
			require.NoError(t, err)
			require.Equal(t, want[p], string(got), "at once")
		}
	}
	require.Len(t, want, 900)
	require.Greater(t, len(j.Segments()), maxHeld+5)
	read := func() {
		var buf []byte
		for p, text := range want {
			got, err := j.Read(p, buf)
			require.NoError(t, err)
			require.Equal(t, text, string(got))
			rest, ok := CheckSum(got)
			require.True(t, ok)
			require.Len(t, rest, len(text)-SumSize)
			buf = got
		}
		require.LessOrEqual(t, j.shelf.opened, maxHeld)
		require.LessOrEqual(t, len(j.shelf.files), maxHeld)
	}
	read()
	require.NoError(t, j.Close())
	for p := range want {
		_, err := j.Read(p, nil)
		require.ErrorIs(t, err, ErrClosed)
	}

	found := map[Place]string{}
	j, err = Open(fsys, Config{Batch: func(b Batch) error {
		for i, r := range b.Records {
			found[b.Place(i)] = string(r)
		}
		return nil
	}})
	require.NoError(t, err)
	require.Equal(t, want, found)
	read()
	segments := j.Segments()
	before := segments[len(segments)/2].Number
	require.NoError(t, j.Trim(before))
	for p, text := range want {
		got, err := j.Read(p, nil)
		if uint64(p.Segment) < before {
			require.ErrorIs(t, err, ErrGone)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, text, string(got))
	}
	last := uint32(segments[len(segments)-1].Number)
	for _, p := range []Place{{}, {Segment: last + 1, Size: 1}, {Segment: last, Offset: 1 << 31, Size: 1}, {Segment: last, Size: 1 << 31}} {
		_, err := j.Read(p, nil)
		require.ErrorIs(t, err, ErrInvalid, "%+v", p)
	}
	_, err = j.Read(Place{uint32(before), 5000, 10}, nil)
	require.ErrorIs(t, err, ErrCorrupt)
	require.EqualError(t, err, "journal: Read "+segmentName(before)+" at offset 5000: damaged: of 10 bytes there are 0")
	fsys.OnCall(func(faultfs.Call) faultfs.Fault { return faultfs.Fault{Err: syscall.EIO} })
	_, err = j.Read(Place{uint32(before), 80, 10}, nil)
	require.ErrorIs(t, err, syscall.EIO)
	fsys.OnCall(nil)
	_, err = j.Append([]byte("an error of a read ends nothing"))
	require.NoError(t, err)
	require.NoError(t, j.Close())
}

func TestSum(t *testing.T) {
	b := AppendSum([]byte("in front of it: record"), 16)
	rest, ok := CheckSum(b[16:])
	require.True(t, ok)
	require.Equal(t, "record", string(rest))
	for bit := range (len(b) - 16) * 8 {
		bad := bytes.Clone(b[16:])
		bad[bit/8] ^= 1 << (bit % 8)
		_, ok := CheckSum(bad)
		require.False(t, ok)
	}
	for _, short := range []string{"", "abc"} {
		_, ok := CheckSum([]byte(short))
		require.False(t, ok)
	}
	_, ok = CheckSum(AppendSum(nil, 0))
	require.True(t, ok)
}

// TestReadTogether reads while others commit and trim.
func TestReadTogether(t *testing.T) {
	j, err := OpenDir(t.TempDir(), Config{SegmentSize: 8 << 10, Sync: SyncInterval})
	require.NoError(t, err)
	type written struct {
		place Place
		text  string
	}
	var mu sync.Mutex
	var all []written
	var writers, others sync.WaitGroup
	for w := range 3 {
		writers.Go(func() {
			for i := range 500 {
				record := []byte(fmt.Sprintf("%d %d %s", w, i, strings.Repeat("x", i%100)))
				ticket, err := j.Add(record)
				require.NoError(t, err)
				require.NoError(t, ticket.Wait())
				mu.Lock()
				all = append(all, written{ticket.Place(Offsets(nil, record)[0], len(record)), string(record)})
				mu.Unlock()
			}
		})
	}
	stop := make(chan struct{})
	read, gone := make([]int, 3), make([]int, 3)
	for r := range read {
		others.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(r), 1))
			for {
				select {
				case <-stop:
					return
				default:
				}
				mu.Lock()
				if len(all) == 0 {
					mu.Unlock()
					continue
				}
				w := all[len(all)-1-min(rnd.IntN(len(all)), rnd.IntN(len(all)))]
				mu.Unlock()
				got, err := j.Read(w.place, nil)
				if err != nil {
					require.ErrorIs(t, err, ErrGone)
					require.Greater(t, j.Segments()[0].Number, uint64(w.place.Segment))
					gone[r]++
					continue
				}
				require.Equal(t, w.text, string(got))
				read[r]++
			}
		})
	}
	others.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if segments := j.Segments(); len(segments) > 4 {
				require.NoError(t, j.Trim(segments[len(segments)-3].Number))
			}
		}
	})
	writers.Wait()
	close(stop)
	others.Wait()
	require.NoError(t, j.Close())
	require.Empty(t, j.shelf.files)
	require.Zero(t, j.shelf.opened)
	t.Logf("read %v, gone %v", read, gone)
}
