package main

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/cloudwatch"
	"github.com/leat-go/leat/kinesis"
)

// Thousands of visitors, and every one of them is accounted for.
func TestThousands(t *testing.T) {
	for _, p := range []plan{
		{speed: 1, visitors: 5000, places: 800, seed: 1},
		{speed: 1, visitors: 1000, places: 100, seed: 2},
		{speed: 50, visitors: 1000, places: 150, seed: 3},
	} {
		synctest.Test(t, func(t *testing.T) {
			s, stdout, stderr := openStory(t, p)
			require.NoError(t, s.tell(t.Context()), stderr.String())
			f := s.statistics.now()
			require.EqualValues(t, p.visitors, s.crowd.came.Load())
			require.Equal(t, p.visitors, f.left+f.expiredWaiting+f.expiredInside)
			require.Equal(t, p.visitors, f.admitted+f.expiredWaiting)
			require.Greater(t, f.expiredWaiting, p.visitors/50)
			require.Greater(t, f.expiredInside, p.visitors/25)
			require.Equal(t, p.places, f.mostInside)
			require.Equal(t, []cloudwatch.State{cloudwatch.StateOK, cloudwatch.StateAlarm, cloudwatch.StateOK}, states(s))
			require.Contains(t, stdout.String(), "\nthe last visitor is gone\n")
			requireSameDecisions(t, s)
		})
		if testing.Short() {
			break
		}
	}
}

// Whatever the numbers are they add up.
func TestAnyPlan(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	for range 20 {
		p := plan{speed: 1 + random.IntN(maxSpeed), visitors: 1 + random.IntN(150), places: 3 + random.IntN(40), seed: random.Uint64()}
		synctest.Test(t, func(t *testing.T) {
			s, _, stderr := openStory(t, p)
			require.NoError(t, s.tell(t.Context()), "%+v\n%s", p, stderr)
			require.Zero(t, s.crowd.turnedAway.Load(), "nobody who is there is removed: %+v", p)
			require.Zero(t, s.statistics.now().lateLeft)
			requireSameDecisions(t, s)
		})
	}
}

// A token that nobody looks at any more is noticed: its place is never free again.
func TestLostChecks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, _ := openStory(t, plan{speed: 1, visitors: 150, places: 20, seed: 1})
		time.AfterFunc(40*time.Second, func() { require.NoError(t, s.queue.Purge()) })
		err := s.tell(t.Context())
		require.ErrorContains(t, err, "nothing changed for 2m10s")
		require.ErrorContains(t, err, "checks scheduled: ")
		require.NotContains(t, err.Error(), "visitors who came")
	})
}

// A room that lets in too many is noticed too.
func TestOvercrowded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, _ := openStory(t, plan{speed: 1, visitors: 150, places: 20, seed: 1})
		s.room.places++
		require.EqualError(t, s.tell(t.Context()), "21 were inside at once, and there are 20 places")
	})
}

func TestCheck(t *testing.T) {
	right := block{"apples", 3, []part{{"red", 1}, {"green", 2}}}
	lost := block{"pears", 3, []part{{"eaten", 2}}}
	require.NoError(t, check([]block{right}))
	require.EqualError(t, check([]block{lost, right}), "pears: 3, but 2 are accounted for")
}

func openStory(t *testing.T, p plan) (s *story, stdout, stderr *bytes.Buffer) {
	t.Helper()
	require.NoError(t, p.validate())
	stdout, stderr = &bytes.Buffer{}, &bytes.Buffer{}
	s, err := newStory(p, stdout, stderr)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.close()) })
	return s, stdout, stderr
}

func states(s *story) (states []cloudwatch.State) {
	for _, change := range s.watch.alarm.History() {
		states = append(states, change.New)
	}
	return states
}

// requireSameDecisions has another room read the stream: what it decides is what the stream
// says that the first one did, in the same order.
func requireSameDecisions(t *testing.T, s *story) {
	t.Helper()
	again := newRoom(s.plan.places, s.plan.patience(), s.stream)
	var decided []event
	for _, r := range recordsOf(t, s.stream) {
		e, err := parse(kinesis.UserRecord{Record: r})
		require.NoError(t, err)
		if e.Kind == admitted || e.Kind == expired {
			decided = append(decided, e)
		}
		again.apply(r.SequenceNumber, r.ArrivalTime, e)
	}
	require.Equal(t, decided, again.decided)
}

func recordsOf(t *testing.T, stream *kinesis.LocalStream) (records []kinesis.Record) {
	t.Helper()
	shards, err := stream.Shards(t.Context())
	require.NoError(t, err)
	require.Len(t, shards, 1)
	var from kinesis.Position
	for {
		batch, err := stream.Read(t.Context(), kinesis.ReadRequest{ShardID: shards[0].ID, Position: from})
		require.NoError(t, err)
		if len(batch.Records) == 0 {
			return records
		}
		records, from = append(records, batch.Records...), batch.Next
	}
}
