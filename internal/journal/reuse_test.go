package journal

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/faultfs"
)

// reusing returns a journal whose last segment is in a file that was used before, and
// the batches that it has, each of the same length, so that the old frames lie where
// new ones would. A copy of the file is what it was before.
func reusing(t *testing.T, fsys faultfs.FS, frames int) (j *Journal, batches []string, before []byte) {
	j, _, err := reopen(fsys, Config{SegmentSize: 700})
	require.NoError(t, err)
	n := 0
	add := func() {
		text := fmt.Sprintf("%60d", n)
		n++
		_, err := j.Append([]byte(text))
		require.NoError(t, err)
		batches = append(batches, text)
	}
	for len(j.Segments()) < 3 {
		add()
	}
	if m, ok := fsys.(*faultfs.Mem); ok {
		before, err = m.ReadFile(segmentName(1))
		require.NoError(t, err)
	}
	gone := j.Segments()[2].First - 1
	require.NoError(t, j.Trim(3))
	require.True(t, j.hasSpare, "one of them is kept")
	for j.manifest.last < 4 {
		add()
	}
	require.False(t, j.hasSpare)
	require.Greater(t, j.tail, j.size)
	for range frames - 1 {
		add()
	}
	require.EqualValues(t, 4, j.manifest.last)
	return j, batches[gone:], before
}

// TestReuse trims all the time, and looks at which files there are.
func TestReuse(t *testing.T) {
	fsys := faultfs.NewMem(1)
	j, _, err := reopen(fsys, Config{SegmentSize: 1000})
	require.NoError(t, err)
	reused := 0
	fsys.OnCall(func(c faultfs.Call) (f faultfs.Fault) {
		if c.Op == "Rename" && c.Name == spareName {
			reused++
		}
		return f
	})
	var want []string
	for i := range 200 {
		want = append(want, fmt.Sprintf("%*d", 50+i%100, i))
		at, err := j.Append([]byte(want[i]))
		require.NoError(t, err)
		if at.Segment > 2 {
			first := j.Segments()[0]
			require.NoError(t, j.Trim(at.Segment-1))
			if next := j.Segments()[0]; next != first {
				_, err := j.Read(Place{uint32(first.Number), segmentHeader + frameHeader + 1, 10}, nil)
				require.ErrorIs(t, err, ErrGone)
			}
		}
		names, err := fsys.ReadDir()
		require.NoError(t, err)
		require.LessOrEqual(t, len(names), 1+4, "the manifest, two segments, the next, and a spare: %q", names)
	}
	last := int(j.manifest.last)
	require.InDelta(t, last, reused, 4)
	kept := want[j.Segments()[0].First-1:]
	segments := j.Segments()
	fsys.Kill()
	for range 2 { // what was killed, and what was closed
		report, err := Scan(fsys, Config{})
		require.NoError(t, err)
		require.Zero(t, report, "what the file held before is nothing to report")
		var got []string
		j, got, err = reopen(fsys, Config{SegmentSize: 1000})
		require.NoError(t, err)
		require.Equal(t, kept, got)
		require.Equal(t, segments, j.Segments())
		require.Zero(t, j.Report())
		require.NoError(t, j.Close())
		segments = j.Segments()
		names, err := fsys.ReadDir()
		require.NoError(t, err)
		require.Equal(t, []string{manifestName, segmentName(uint64(last) - 1), segmentName(uint64(last))}, names)
		for _, s := range segments {
			b, err := fsys.ReadFile(segmentName(s.Number))
			require.NoError(t, err)
			require.Len(t, b, int(s.Size), "it ends with its frames")
		}
	}
	t.Logf("%d of %d segments in files that were used before", reused, last)
}

// TestReuseRotation looks at what the file system is asked for, and in which order.
func TestReuseRotation(t *testing.T) {
	fsys := faultfs.NewMem(1)
	j, _, err := reopen(fsys, Config{SegmentSize: 1000})
	require.NoError(t, err)
	record := make([]byte, 280)
	add := func(n int) {
		for range n {
			_, err = j.Append(record)
			require.NoError(t, err)
		}
	}
	add(4)
	var calls []string
	fsys.OnCall(func(c faultfs.Call) (f faultfs.Fault) {
		calls = append(calls, c.Op+" "+c.Name)
		return f
	})
	one, two, three := segmentName(1), segmentName(2), segmentName(3)
	require.False(t, j.hasAhead.Load())
	require.NoError(t, j.Trim(2))
	require.Equal(t, []string{"WriteAt manifest", "Sync manifest", "Rename " + one}, calls)
	calls = nil
	add(1)
	require.True(t, j.hasAhead.Load())
	require.Equal(t, []string{
		"WriteAt " + two, "Sync " + two,
		"Open spare.tmp", "Size spare.tmp", "WriteAt spare.tmp", "Sync spare.tmp", "Close spare.tmp", "Rename spare.tmp", "Open " + three, "SyncDir ",
	}, calls)
	calls = nil
	record = record[:200]
	add(2)
	require.EqualValues(t, 3, j.manifest.last)
	require.Equal(t, []string{
		"WriteAt " + two, "Sync " + two,
		"WriteAt " + three, "Sync " + three, "WriteAt manifest", "Sync manifest", "Close " + two,
		"WriteAt " + three, "Sync " + three,
	}, calls[:9])
	calls = nil
	record = make([]byte, 900)
	add(1)
	require.Equal(t, []string{
		"Truncate " + three, "Sync " + three,
		"Open " + segmentName(4), "Truncate " + segmentName(4), "WriteAt " + segmentName(4), "Sync " + segmentName(4), "SyncDir ",
		"WriteAt manifest", "Sync manifest", "Close " + three,
		"WriteAt " + segmentName(4), "Sync " + segmentName(4),
	}, calls[:12])
	require.NoError(t, j.Close())
}

// TestReuseClose closes a journal with a spare, and one whose last file held something before.
func TestReuseClose(t *testing.T) {
	fsys := faultfs.NewMem(1)
	j, batches, _ := reusing(t, fsys, 2)
	require.NoError(t, j.Close())
	b, err := fsys.ReadFile(segmentName(4))
	require.NoError(t, err)
	require.Len(t, b, int(j.Segments()[1].Size))
	j, got, err := reopen(fsys, Config{SegmentSize: 700})
	require.NoError(t, err)
	require.Equal(t, batches, got)
	require.NoError(t, j.Trim(4))
	require.True(t, j.hasSpare)
	require.NoError(t, j.Close())
	names, err := fsys.ReadDir()
	require.NoError(t, err)
	require.Equal(t, []string{manifestName, segmentName(4)}, names)
	_, left, err := reopen(fsys, Config{})
	require.NoError(t, err)
	require.Equal(t, got[len(got)-2:], left)
}
