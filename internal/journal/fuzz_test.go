package journal

import (
	"bytes"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/faultfs"
)

// FuzzSegment reads what may be anything as the last segment of a journal. It must
// not panic, and what it takes for frames must be what would be written for them.
// Scan has to find the same as Open, and records have to be where it says.
func FuzzSegment(f *testing.F) {
	fsys := faultfs.NewMem(1)
	m := manifest{id: 1, generation: 2, first: 1, last: 1}
	fsys.WriteFile(manifestName, m.encode())
	fsys.WriteFile(segmentName(1), newSegment(1, 1, place{}, 0))
	j, err := Open(fsys, Config{})
	require.NoError(f, err)
	for _, records := range [][][]byte{{{}}, {[]byte("a"), []byte("b")}, {bytes.Repeat([]byte("long"), 100)}} {
		_, err := j.Append(records...)
		require.NoError(f, err)
	}
	require.NoError(f, j.Close())
	valid, err := fsys.ReadFile(segmentName(1))
	require.NoError(f, err)
	f.Add(valid, false, uint(0))
	f.Add(valid[:len(valid)-40], true, uint(60))
	f.Add(append(slices.Clone(valid), valid...), true, uint(90))
	f.Add(append(slices.Clone(valid[segmentHeader:]), valid[segmentHeader+1:]...), false, uint(1<<31))
	f.Fuzz(func(t *testing.T, data []byte, salvage bool, reseal uint) {
		flags := uint32(0)
		if reseal&(1<<31) != 0 {
			flags = flagReused
		}
		// A right checksum somewhere lets the fuzzer get behind it.
		if at := int(reseal % uint(len(data)+1)); at+frameHeader <= len(data) {
			size := int(min(uint(data[at+4])|uint(data[at+5])<<8, uint(len(data)-at-frameHeader)))
			data = slices.Clone(data)
			copy(data[at+4:], []byte{byte(size), byte(size >> 8), 0, 0})
			crc := checksum(1, data[at+4:at+frameHeader+size])
			copy(data[at:], []byte{byte(crc), byte(crc >> 8), byte(crc >> 16), byte(crc >> 24)})
		}
		fsys := faultfs.NewMem(1)
		fsys.WriteFile(manifestName, append(m.encode(), make([]byte, 2*slotSize)...))
		fsys.WriteFile(segmentName(1), append(newSegment(1, 1, place{}, flags), data...))
		var scanned []string
		places := map[Place]string{}
		report, err := Scan(fsys, Config{Batch: func(b Batch) error {
			scanned = append(scanned, string(slices.Concat(b.Records...)))
			for i, r := range b.Records {
				places[b.Place(i)] = string(r)
			}
			return nil
		}})
		require.NoError(t, err, "one byte after the other is either good or reported")
		j, got, err := reopen(fsys, Config{Salvage: salvage})
		require.True(t, salvage || (err != nil) == (len(report.Dropped) > 0), "%v, %+v", err, report)
		if err == nil {
			require.Equal(t, scanned, got)
			require.Equal(t, j.Report(), report)
		}
		if len(report.Dropped) == 0 {
			for p, want := range places {
				r, err := j.Read(p, nil)
				require.NoError(t, err)
				require.Equal(t, want, string(r))
			}
		}
		if err != nil {
			require.False(t, salvage, "%v", err)
			require.ErrorIs(t, err, ErrCorrupt)
			return
		}
		_, err = j.Append([]byte("more"))
		require.NoError(t, err)
		require.NoError(t, j.Close())
		_, again, err := reopen(fsys, Config{})
		require.NoError(t, err)
		require.Equal(t, append(got, "more"), again)
	})
}
