package firehose

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// A stream does not remember flushes that nobody waits for any more, however long its
// sink is down.
func TestFlushesAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := New("s", Config{Sink: SinkFunc(func(context.Context, *Delivery) error { return errors.New("down") })})
		require.NoError(t, err)
		defer s.Close()
		_, err = s.Put(t.Context(), []byte("a"))
		require.NoError(t, err)
		for range 3 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			require.ErrorIs(t, s.Flush(ctx), context.DeadlineExceeded)
			cancel()
		}
		require.Empty(t, s.core.flushes)
		require.Len(t, s.core.live, 1)
	})
}
