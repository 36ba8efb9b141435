package sns_test

import (
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/internal/faultfs"
	"github.com/leat-go/leat/sns"
)

func driveDisk(durable bool) *faultfs.Mem {
	if !durable {
		return nil
	}
	return faultfs.NewMem(1)
}

func (d *drive) openDisk() {
	s, err := sns.OpenFS(d.disk.Process(), sns.ServiceConfig{
		Queues: d.queues, Resolve: d.resolve, Jitter: sns.NoJitter,
		Durable: durable.Options{SegmentSize: 8192},
	})
	require.NoError(d.t, err)
	d.service = s
}

// reopen closes the service, or lets it crash, and opens it again: the model goes on, but
// for what is counted from the opening on.
func (d *drive) reopen() {
	d.compare()
	for _, l := range d.lanes {
		if l.current != nil {
			return // the end of the call would not be seen
		}
	}
	d.opened++
	if crash := d.pick(2) == 0; crash {
		d.log("crash")
		require.NoError(d.t, d.topic.Tag(map[string]string{"a": "b"})) // so that all that was before is on the disk
		d.disk.Crash()
		require.Error(d.t, d.service.Close())
	} else {
		d.log("close")
		require.NoError(d.t, d.service.Close())
	}
	d.openDisk()
	topic, err := d.service.Topic(d.topic.Name())
	require.NoError(d.t, err)
	require.Equal(d.t, d.topic.Config(), topic.Config())
	d.topic = topic
	for _, l := range d.lanes {
		d.tally(l)
		m := l.modelSub
		m.delivered, m.attempts, m.failed, m.dead, m.dropped, m.overflowed, m.retried, m.throttled, m.held = 0, 0, 0, 0, 0, 0, 0, 0, 0
		m.slot = time.Now() // a throttle begins anew
		for _, it := range m.items {
			it.retry, it.again = it.retry || it.again, false
		}
	}
	d.model.published = 0
	synctest.Wait()
	d.compare()
}
