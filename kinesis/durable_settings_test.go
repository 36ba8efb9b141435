package kinesis

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/durable"
)

// However often settings change, the log of a stream that has no records stays short.
func TestSettingsAreCleaned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		files := NewMemFiles(1)
		cfg := ServiceConfig{Durable: durable.Options{SegmentSize: 1024}}
		s, err := openFiles(files, cfg)
		require.NoError(t, err)
		stream, err := s.CreateStream("clicks", Config{ShardCount: 1})
		require.NoError(t, err)
		for i := range 300 {
			require.NoError(t, stream.Tag(map[string]string{"a": fmt.Sprint(i)}))
			synctest.Wait()
		}
		require.Less(t, stream.disk.journal.Size(), int64(8*1024))
		require.NoError(t, s.Close())
		s, err = openFiles(files, cfg)
		require.NoError(t, err)
		stream, err = s.Stream("clicks")
		require.NoError(t, err)
		require.Equal(t, map[string]string{"a": "299"}, stream.Tags())
		require.NoError(t, s.Close())
	})
}
