package sns_test

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/faultfs"
	"github.com/leat-go/leat/sns"
)

// slowDisk takes a second to sync a file.
type slowDisk struct{ faultfs.FS }

type slowFile struct{ faultfs.File }

func (d slowDisk) Open(name string, create bool) (faultfs.File, error) {
	f, err := d.FS.Open(name, create)
	if err != nil {
		return nil, err
	}
	return slowFile{f}, nil
}

func (f slowFile) Sync() error {
	time.Sleep(time.Second)
	return f.File.Sync()
}

// Nobody gets a message before it is on the disk, whoever else delivers at that moment; and
// a duplicate is not acknowledged before the original.
func TestNothingIsSeenBeforeItIsStored(t *testing.T) {
	for _, fifo := range []bool{false, true} {
		t.Run(fmt.Sprint(fifo), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := newWorld(t, 20)
				began := sync.Map{} // by message
				early, seen := 0, 0
				e := sns.EndpointFunc(func(_ context.Context, n sns.Notification) error {
					at, _ := began.Load(n.Message)
					if seen++; time.Since(at.(time.Time)) < time.Second {
						early++
					}
					time.Sleep(90 * time.Millisecond)
					return nil
				})
				w.found["e"] = e
				s, err := sns.OpenFS(slowDisk{w.disk.Process()}, w.cfg)
				require.NoError(t, err)
				topic := createTopic(t, s, "topic"+fifoSuffix[fifo], sns.Config{FIFO: fifo})
				subscribe(t, topic, sns.Subscription{Protocol: sns.ProtocolLambda, Address: "e", Endpoint: e})
				publishOne := func(i int) {
					m := sns.Entry{Message: strconv.Itoa(i)}
					if fifo {
						m.GroupID, m.DeduplicationID = "g", m.Message
					}
					began.LoadOrStore(m.Message, time.Now())
					_, err := topic.Publish(context.Background(), m)
					require.NoError(t, err)
					at, _ := began.Load(m.Message)
					require.GreaterOrEqual(t, time.Since(at.(time.Time)), time.Second, "acknowledged before it was stored")
				}
				var group sync.WaitGroup
				for i := range 40 {
					group.Go(func() { publishOne(i) })
					if fifo {
						time.Sleep(50 * time.Millisecond)
						group.Go(func() { publishOne(i) }) // a duplicate
					}
					time.Sleep(70 * time.Millisecond)
				}
				group.Wait()
				time.Sleep(time.Minute)
				synctest.Wait()
				require.Equal(t, 40, seen)
				require.Zero(t, early, "delivered before it was stored")
				require.NoError(t, s.Close())
			})
		})
	}
}
