package journal

import (
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/faultfs"
)

// TestTornOverStale loses the end of what was written to a reused file, at each length: there
// is what the file held before, which is neither proof nor torn.
func TestTornOverStale(t *testing.T) {
	const frames = 4
	fsys := faultfs.NewMem(1)
	j, batches, before := reusing(t, fsys, frames)
	end := int(j.size)
	fsys.Kill()
	is, err := fsys.ReadFile(segmentName(4))
	require.NoError(t, err)
	require.Equal(t, before[end:], is[end:], "it is behind the new frames")
	size := (end - segmentHeader) / frames
	for _, zero := range []bool{false, true} {
		for length := segmentHeader; length <= end; length++ {
			b := slices.Clone(is)
			copy(b[length:end], before[length:end])
			if zero {
				clear(b[length:min(length+10, end)])
			}
			lost := 0 // frames
			for at := end - size; at >= segmentHeader && !slices.Equal(b[at:at+size], is[at:at+size]); at -= size {
				lost++
			}
			fsys.WriteFile(segmentName(4), b)
			report, scanErr := Scan(fsys, Config{})
			require.NoError(t, scanErr)
			j, got, err := reopen(fsys, Config{})
			require.NoError(t, err, "length %d", length)
			require.Empty(t, report.Dropped)
			require.Equal(t, report, j.Report())
			require.Equal(t, batches[:len(batches)-lost], got)
			require.EqualValues(t, end-lost*size, j.Segments()[1].Size)
			switch begun := length - (end - lost*size); {
			case lost == 0:
				require.Zero(t, report.Torn)
			case begun >= frameHeader: // what it would be can be told
				require.EqualValues(t, size, report.Torn, "length %d", length)
			default:
				require.Contains(t, []int64{0, int64(size)}, report.Torn)
			}
			_, err = j.Append([]byte("more"))
			require.NoError(t, err)
			fsys.Crash()
			j, again, err := reopen(fsys, Config{})
			require.NoError(t, err)
			require.Equal(t, append(got, "more"), again)
			require.Zero(t, j.Report())
			require.NoError(t, j.Close())
		}
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestReuseEveryBit turns over each bit of a reused segment that was killed. What later
// frames prove is found; the last one is torn; what is behind it is nothing.
func TestReuseEveryBit(t *testing.T) {
	const frames = 4
	fsys := faultfs.NewMem(1)
	j, batches, _ := reusing(t, fsys, frames)
	end := int(j.size)
	size := (end - segmentHeader) / frames
	fsys.Kill()
	good, err := fsys.ReadFile(segmentName(4))
	require.NoError(t, err)
	for bit := range len(good) * 8 {
		bad := slices.Clone(good)
		bad[bit/8] ^= 1 << (bit % 8)
		fsys.WriteFile(segmentName(4), bad)
		_, got, err := reopen(fsys, Config{})
		switch {
		case bit/8 >= end:
			require.NoError(t, err)
			require.Equal(t, batches, got)
		case bit/8 >= end-size:
			require.NoError(t, err)
			require.Equal(t, batches[:len(batches)-1], got)
		default:
			at, ok := errors.AsType[*Error](err)
			require.True(t, ok, "bit %d: %v", bit, err)
			require.True(t, at.Err == ErrCorrupt || at.Err == ErrVersion, "%v", err)
			require.Equal(t, segmentName(4), at.File)
			require.LessOrEqual(t, at.Offset, int64(bit/8))
			continue
		}
		fsys.Kill()
	}
	t.Logf("%d bits turned over", len(good)*8)
}

// TestReusedBeyond has commits in a reused segment that the manifest does not know, because
// its newer half is damaged, and a reused segment that it does not know yet.
func TestReusedBeyond(t *testing.T) {
	fsys := faultfs.NewMem(1)
	j, batches, before := reusing(t, fsys, 2)
	m := j.manifest
	fsys.Kill()
	damaged, err := fsys.ReadFile(manifestName)
	require.NoError(t, err)
	damaged[m.slot()+30]++
	three, err := fsys.ReadFile(segmentName(3))
	require.NoError(t, err)
	is, err := fsys.ReadFile(segmentName(4))
	require.NoError(t, err)
	for name, test := range map[string]struct {
		header []byte // over the beginning of the file
		last   int    // the batches in it that are left
	}{
		"as it was":           {nil, 2},
		"its header damaged":  {[]byte("damaged"), 2},
		"without a header":    {make([]byte, segmentHeader), 2},
		"without first frame": {make([]byte, segmentHeader+frameHeader), 1},
	} {
		t.Run(name, func(t *testing.T) {
			fsys.WriteFile(manifestName, damaged)
			fsys.WriteFile(segmentName(3), three)
			b := slices.Clone(is)
			copy(b, test.header)
			fsys.WriteFile(segmentName(4), b)
			_, _, err := reopen(fsys, Config{})
			require.ErrorIs(t, err, ErrCorrupt)
			require.ErrorContains(t, err, "manifest at offset 0: damaged: it does not know of "+segmentName(4))
			j, got, err := reopen(fsys, Config{Salvage: true})
			require.NoError(t, err)
			want := slices.Clone(batches[:len(batches)-2])
			require.Equal(t, append(want, batches[len(batches)-test.last:]...), got)
			require.NoError(t, j.Close())
		})
	}
	for name, b := range map[string][]byte{
		"no header":          append(make([]byte, segmentHeader), before[segmentHeader:]...),
		"a header torn":      append(slices.Concat(is[:20], make([]byte, segmentHeader-20)), before[segmentHeader:]...),
		"a header":           append(slices.Clone(is[:segmentHeader]), before[segmentHeader:]...),
		"as it was long ago": before,
	} {
		t.Run(name, func(t *testing.T) {
			for _, manifest := range [][]byte{damaged, nil} {
				if manifest == nil && name != "no header" && name != "a header" {
					continue // the number in its name is taken to be right then
				}
				fsys.WriteFile(manifestName, manifest)
				fsys.WriteFile(segmentName(3), three)
				fsys.WriteFile(segmentName(4), b)
				report, err := Scan(fsys, Config{})
				require.NoError(t, err)
				require.Zero(t, report.Torn)
				require.Len(t, report.Dropped, btoi(manifest == nil), "%+v", report)
				j, got, err := reopen(fsys, Config{Salvage: manifest == nil})
				require.NoError(t, err)
				require.Equal(t, batches[:len(batches)-2], got)
				require.NoError(t, j.Close())
				names, err := fsys.ReadDir()
				require.NoError(t, err)
				require.NotContains(t, names, spareName)
			}
		})
	}
}

// TestReusedBeyondDamage has a file for the next segment, without a header, while that of the
// only segment is damaged: the manifest tells which frames are old.
func TestReusedBeyondDamage(t *testing.T) {
	fsys := faultfs.NewMem(1)
	j, batches, before := reusing(t, fsys, 2)
	require.NoError(t, j.Trim(4))
	require.NoError(t, j.Close())
	b, err := fsys.ReadFile(segmentName(4))
	require.NoError(t, err)
	b[20]++
	fsys.WriteFile(segmentName(4), b)
	fsys.WriteFile(segmentName(5), append(make([]byte, segmentHeader), before[segmentHeader:]...))
	j, got, err := reopen(fsys, Config{Salvage: true})
	require.NoError(t, err)
	require.Equal(t, batches[len(batches)-2:], got)
	for _, d := range j.Report().Dropped {
		require.Equal(t, segmentName(4), d.File)
	}
	require.NoError(t, j.Close())
}

// TestFramesInFrames has frames of this journal in a record of another frame: a copy of the
// journal was put into it. They are not found there.
func TestFramesInFrames(t *testing.T) {
	frame := func(seq, synced uint64, record []byte) []byte {
		b := appendFrame(nil, int(payloadSize([][]byte{record})), [][]byte{record})
		seal(b, 1, seq, synced, 0)
		return b
	}
	inner := frame(30, 29, []byte("a claim"))
	for name, outer := range map[string][]byte{"older": frame(5, 4, inner), "newer": frame(25, 4, inner)} {
		data := slices.Concat(make([]byte, segmentHeader), []byte("torn"), outer)
		s := scanner{id: 1, data: data, off: segmentHeader, at: place{20, 0}}
		require.False(t, s.claimed(), name)
		s.data = append(data, inner...)
		require.True(t, s.claimed(), name)
		s.off += len("torn")
		require.True(t, s.claimed(), name)
	}
}
