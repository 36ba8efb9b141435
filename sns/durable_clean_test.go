package sns_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/sns"
)

// However much passes through topics, the log stays short, and what has waited since the
// beginning does not keep it long.
func TestCleaning(t *testing.T) {
	for _, policy := range []durable.Policy{durable.SyncEach, durable.SyncInterval, durable.SyncNever} {
		for _, fifo := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d %v", policy, fifo), func(t *testing.T) {
				bubble(t, func(t *testing.T) { clean(t, policy, fifo) })
			})
		}
	}
}

func clean(t *testing.T, policy durable.Policy, fifo bool) {
	const segment = 4096
	w := newWorld(t, 9)
	w.cfg.Durable = durable.Options{SegmentSize: segment, Sync: policy}
	good, broken := &recorder{}, &recorder{react: refusing}
	w.found["good"], w.found["broken"] = good, broken
	cfg := sns.Config{FIFO: fifo}
	if fifo {
		cfg.ArchivePolicy = &sns.ArchivePolicy{MessageRetentionPeriod: 24 * time.Hour}
	}
	name := "topic" + fifoSuffix[fifo]
	topic := createTopic(t, w.open(), name, cfg)
	entry := func(i int) sns.Entry {
		e := sns.Entry{Message: fmt.Sprint(i, " ", strings.Repeat("x", 300))}
		if fifo {
			e.GroupID, e.DeduplicationID = fmt.Sprint(i%10), fmt.Sprint(i)
		}
		return e
	}
	old := subscribe(t, topic, sns.Subscription{Protocol: sns.ProtocolLambda, Address: "broken", Endpoint: broken})
	var waiting []string
	for i := range 7 {
		waiting = append(waiting, entry(i).Message)
		publish(t, topic, entry(i))
	}
	require.NoError(t, old.SetAttribute("FilterPolicy", `{"none":["x"]}`)) // it gets nothing more
	subscribe(t, topic, sns.Subscription{Protocol: sns.ProtocolLambda, Address: "good", Endpoint: good})
	written, most := 0, int64(0)
	for i := 7; i < 2000; i++ {
		publish(t, topic, entry(i))
		written += 300
		if i%10 == 0 {
			time.Sleep(time.Minute)
		}
		if i%3 == 0 { // settings change, too
			require.NoError(t, topic.SetAttribute("DisplayName", fmt.Sprint(i)))
		}
		if i%500 == 0 {
			w.reopen()
			topic = w.topic(name)
		}
		size, _ := w.service.LogSize()
		most = max(most, size)
		if fifo && i%100 == 0 { // a day's archive is needed; this is two hours
			require.NoError(t, topic.SetAttribute("ArchivePolicy", ""))
			require.NoError(t, topic.SetAttribute("ArchivePolicy", `{"MessageRetentionPeriod":"1"}`))
		}
	}
	synctest.Wait()
	bound := int64(4*segment + 2*segment + 2*7*500)
	if fifo {
		bound += 2 * (100*700 + 100*100)
	}
	t.Logf("%d bytes published, at most %d in the log, which may have %d", written, most, bound)
	require.Less(t, most, bound)
	require.Len(t, good.attempts(), 1993)
	require.NoError(t, w.service.Close())
	broken.react = nil
	w.open()
	before := len(broken.attempts())
	time.Sleep(time.Minute)
	require.ElementsMatch(t, waiting, broken.texts()[before:])
	require.Len(t, good.attempts(), 1993, "nothing comes again")
	w.end()
}
