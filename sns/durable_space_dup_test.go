package sns_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/faultfs"
	"github.com/leat-go/leat/sns"
)

// Of those who publish the same message while space comes and goes, who is told that it
// was published is right.
func TestDuplicatesAndNoSpace(t *testing.T) {
	fsys := faultfs.NewMem(1)
	good := &recorder{}
	s, err := sns.OpenFS(fsys.Process(), sns.ServiceConfig{Functions: func(string) (sns.Endpoint, error) { return good, nil }})
	require.NoError(t, err)
	topic := createTopic(t, s, "topic.fifo", sns.Config{FIFO: true})
	subscribe(t, topic, sns.Subscription{Protocol: sns.ProtocolLambda, Address: "good", Endpoint: good})
	var calls atomic.Int64
	fsys.OnCall(func(c faultfs.Call) faultfs.Fault {
		if c.Op == "WriteAt" && calls.Add(1)%3 == 0 {
			return faultfs.Fault{Err: syscall.ENOSPC}
		}
		return faultfs.Fault{}
	})
	var sent []string
	for i := range 300 {
		var group sync.WaitGroup
		var told atomic.Bool
		for range 4 {
			group.Go(func() {
				_, err := topic.Publish(t.Context(), sns.Entry{Message: fmt.Sprint(i), GroupID: "g", DeduplicationID: fmt.Sprint(i)})
				told.CompareAndSwap(false, err == nil)
			})
		}
		group.Wait()
		if told.Load() {
			sent = append(sent, fmt.Sprint(i))
		}
	}
	fsys.OnCall(func(faultfs.Call) faultfs.Fault { return faultfs.Fault{} })
	require.NoError(t, s.Flush(t.Context()))
	require.NoError(t, s.Close())
	t.Logf("%d were published", len(sent))
	got := good.texts()
	slices.Sort(got)
	slices.Sort(sent)
	require.Equal(t, sent, got)
}
