package sns_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/internal/faultfs"
	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

// world is what survives the process that a durable service is in: its disk, and the
// endpoints it delivers to. It is used in bubbles.
type world struct {
	t       testing.TB
	disk    *faultfs.Mem
	queues  *sqs.Service
	cfg     sns.ServiceConfig
	service *sns.Service
	found   map[string]sns.Endpoint // by address
}

func newWorld(t testing.TB, seed uint64) *world {
	queues, err := sqs.NewService(sqs.ServiceConfig{})
	require.NoError(t, err)
	w := &world{t: t, disk: faultfs.NewMem(seed), queues: queues, found: map[string]sns.Endpoint{}}
	w.cfg = sns.ServiceConfig{
		Queues: queues, Jitter: sns.NoJitter, SigningKey: signingKey(),
		Durable: durable.Options{SegmentSize: 4096},
		Resolve: func(protocol sns.Protocol, address string) (sns.Endpoint, error) { return w.found[address], nil },
	}
	return w
}

// open opens the service.
func (w *world) open() *sns.Service {
	s, err := sns.OpenFS(w.disk.Process(), w.cfg)
	require.NoError(w.t, err)
	w.service = s
	return s
}

// reopen closes the service and opens it again.
func (w *world) reopen() *sns.Service {
	require.NoError(w.t, w.service.Close())
	return w.open()
}

// crash lets the machine crash. What the old process still does reaches nobody.
func (w *world) crash() *sns.Service {
	w.disk.Crash()
	w.service.Close()
	return w.open()
}

func (w *world) topic(name string) *sns.LocalTopic {
	topic, err := w.service.Topic(name)
	require.NoError(w.t, err)
	return topic
}

func (w *world) end() { w.service.Close() }

func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}

func since(start time.Time, attempts []attempt) (all []time.Duration) {
	for _, a := range attempts {
		all = append(all, a.at.Sub(start))
	}
	return all
}
