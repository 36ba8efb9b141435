package elb_test

import (
	"fmt"
	"maps"
	"net/http"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/leat-go/leat/elb"
	"github.com/stretchr/testify/require"
)

// One target is killed under load and started again, another is drained, a third is slow.
// Without retries the only requests that fail are those that the killed one had; with them,
// only POSTs of those. It is about what happens to connections, so they are real ones.
func TestTraffic(t *testing.T) {
	t.Run("without retries", func(t *testing.T) { testTraffic(t, nil) })
	t.Run("with retries", func(t *testing.T) { testTraffic(t, &elb.Retries{Budget: 100}) })
}

func testTraffic(t *testing.T, retries *elb.Retries) {
	some := 500 // requests between one event and the next
	if testing.Short() {
		some = 100
	}
	goroutines := runtime.NumGoroutine()
	w := newTrafficWorld(t, retries)
	killed, drained, slow := w.targets[0], w.targets[1], w.targets[2]
	slow.work = 3 * time.Millisecond

	for _, target := range w.targets {
		w.awaitState(target, elb.StateHealthy)
	}
	w.sendAll()
	w.awaitAnswers(some)

	killed.hold(w, 4, 2)
	atKill := killed.atWork(w)
	killing := time.Now()
	killed.kill()
	dead := time.Now()
	w.awaitState(killed, elb.StateUnhealthy)
	// Watchers may hear of a change before picks follow it. After a registration they do.
	require.NoError(t, w.group.Register())
	noticed := time.Now()
	w.awaitAnswers(some)
	killed.start()
	w.awaitState(killed, elb.StateHealthy)
	before := killed.count(w)
	w.await("the killed target serves again", func() bool { return killed.served >= before+some/4 })

	drained.hold(w, 3, 2)
	require.NoError(t, w.group.Deregister(drained.Target))
	deregistered := time.Now()
	w.awaitAnswers(some)
	targets := w.group.Targets()
	at := slices.IndexFunc(targets, func(s elb.TargetStatus) bool { return s.Target == drained.Target })
	require.GreaterOrEqual(t, at, 0, "it left before it was drained")
	require.Equal(t, elb.StateDraining, targets[at].Health.State)
	require.GreaterOrEqual(t, targets[at].Outstanding, 5, "those that are held")
	atDrain := drained.atWork(w)
	drained.release()
	w.awaitState(drained, elb.StateUnused)
	require.Empty(t, drained.atWork(w))
	drained.kill()
	w.awaitAnswers(some)
	w.close()
	for limit := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > goroutines && time.Now().Before(limit); {
		time.Sleep(time.Millisecond)
	}
	require.LessOrEqual(t, runtime.NumGoroutine(), goroutines, "goroutines are left")

	// What follows is a look at what was recorded; nothing happens any more.
	require.EqualValues(t, len(w.answers), w.balancer.Metrics().RequestCount, "no client repeated a request by itself")
	require.Len(t, w.records, len(w.answers))
	counts := make(map[string]int)
	for id, answer := range w.answers {
		record := w.records[id]
		counts["retries"] += max(len(record.attempts)-1, 0)
		if record.begun.After(deregistered) {
			require.NotContains(t, record.attempts, drained.Target, "request %d came to a target after its deregistration", id)
		}
		if answer.err == "" {
			continue
		}
		what := fmt.Sprintf("%s %d: %s, %v after the kill", methodOf(id), id, answer.err, record.begun.Sub(dead))
		require.Equal(t, "status 502", answer.err, what)
		require.Equal(t, killed.Target, record.attempts[len(record.attempts)-1], what)
		require.True(t, record.over.After(killing), what)
		require.True(t, record.begun.Before(dead), what)
		if retries != nil {
			require.Equal(t, http.MethodPost, methodOf(id), what)
		}
		counts["failed: "+methodOf(id)+"s that the killed target had"]++
	}
	for _, id := range killed.held {
		if retries == nil || methodOf(id) == http.MethodPost {
			require.NotEmpty(t, w.answers[id].err, "request %d can not have been answered: %+v", id, w.records[id])
		}
	}
	for _, id := range atDrain {
		require.Empty(t, w.answers[id].err, "request %d was at the target that was drained", id)
	}
	t.Logf("%d requests of %d clients; at the killed target at its end: %d, at the drained one: %d; unhealthy after %v", len(w.answers), trafficClients, len(atKill), len(atDrain), noticed.Sub(killing).Round(time.Millisecond))
	for _, target := range w.targets {
		t.Logf("%s served %d", target.ID, target.served)
	}
	for _, what := range slices.Sorted(maps.Keys(counts)) {
		t.Logf("%s: %d", what, counts[what])
	}
	if retries != nil {
		require.GreaterOrEqual(t, counts["retries"], 4, "those that were held at the kill")
	}
	require.Positive(t, slow.served)
}
