package sns

import (
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestLaneAtRandom makes random moves and checks after each that the lane's books are
// right, that groups keep their order, and in the end that nothing is left over and
// everybody who watched was told once.
func TestLaneAtRandom(t *testing.T) {
	var moves laneMoves
	for seed := range uint64(3000) {
		rng := rand.New(rand.NewPCG(seed, 1))
		m := laneModel{
			t: t, rng: rng, moves: &moves, last: map[string]uint64{},
			lane: &lane{ordered: rng.IntN(3) > 0, oneGroup: rng.IntN(4) == 0, capacity: 3 + rng.IntN(20)},
		}
		for range 300 {
			m.move()
			m.check()
		}
		m.drain()
	}
	t.Logf("%+v", moves)
	require.Greater(t, moves.Settled, 50_000)
	require.Greater(t, moves.Retried, 50_000)
	require.Greater(t, moves.Replays, 1000)
	require.Greater(t, moves.Cleared, 1000)
	require.Greater(t, moves.Watched, 1000)
	require.Greater(t, moves.Refused, 1000)
}

type laneMoves struct{ Settled, Retried, Replays, Cleared, Watched, Refused int }

type laneModel struct {
	t         *testing.T
	rng       *rand.Rand
	moves     *laneMoves
	lane      *lane
	now       int64
	epoch     uint32
	attempted *item             // what take gave
	last      map[string]uint64 // ordinal that was settled last, by group
	told      []int             // how often each watch was
}

func (m *laneModel) move() {
	l, rng := m.lane, m.rng
	switch rng.IntN(10) {
	case 0, 1, 2:
		it := item{m: &message{content: content{groupID: strconv.Itoa(rng.IntN(3))}}}
		if m.epoch > 0 && rng.IntN(4) == 0 {
			it.replayed, it.epoch = true, m.epoch
		}
		if !l.push(it) {
			m.moves.Refused++
			require.GreaterOrEqual(m.t, l.backlog-l.replays, l.capacity)
		}
	case 3:
		m.now += rng.Int64N(5)
		if rng.IntN(5) == 0 {
			l.next = m.now + 2
		}
	case 4:
		m.administer()
	default:
		if m.attempted == nil {
			m.take()
			return
		}
		m.report(rng.IntN(3))
	}
}

// administer does what users do besides publishing.
func (m *laneModel) administer() {
	switch m.rng.IntN(12) {
	case 0, 1:
		m.epoch++
		m.lane.beginReplay(m.epoch)
		m.moves.Replays++
	case 2, 3, 4:
		n := len(m.told)
		m.told = append(m.told, 0)
		if m.lane.watch(func() { m.told[n]++ }) == nil {
			m.told[n]++
		}
		m.moves.Watched++
	case 5:
		m.lane.clear()
		m.moves.Cleared++
	}
}

func (m *laneModel) take() {
	it, at := m.lane.take(m.now)
	if it == nil {
		require.True(m.t, at == 0 || at > m.now)
		return
	}
	require.False(m.t, m.lane.void(it))
	m.attempted = it
}

// report says how the attempt went.
func (m *laneModel) report(outcome int) {
	l, it := m.lane, m.attempted
	m.attempted = nil
	if outcome == 0 || it.dropped {
		if l.ordered {
			group := l.group(it)
			require.Greater(m.t, it.ordinal, m.last[group], "groups keep their order")
			m.last[group] = it.ordinal
		}
		m.moves.Settled++
		l.settle()
		return
	}
	m.moves.Retried++
	l.retry(m.now, m.now+int64(outcome-1)*m.rng.Int64N(6))
}

func (m *laneModel) drain() {
	if m.attempted != nil {
		m.report(0)
	}
	for steps := 0; m.lane.backlog > 0; steps++ {
		require.Less(m.t, steps, 10_000, "it goes on")
		m.now += 10
		if m.take(); m.attempted != nil {
			m.report(0)
		}
		m.check()
	}
	require.Zero(m.t, m.lane.backlog)
	require.Empty(m.t, m.lane.held)
	require.Empty(m.t, m.lane.resumed)
	require.Empty(m.t, m.lane.watches)
	for _, times := range m.told {
		require.Equal(m.t, 1, times, "a watch is told once")
	}
}

// check compares the lane's books with what is there.
func (m *laneModel) check() {
	l := m.lane
	if l.backlog == 0 && l.replays == 0 && l.current == nil && len(l.held) == 0 && l.fresh.n == 0 && len(l.waiting) == 0 {
		return
	}
	items, replays := 0, 0
	count := func(it *item) {
		items++
		if it.replayed {
			replays++
		}
	}
	ring := func(r *ring) {
		for i := range r.n {
			count(&r.items[(r.head+i)&(len(r.items)-1)])
		}
	}
	ring(&l.fresh)
	busy := map[string]bool{}
	for _, it := range l.waiting {
		count(it)
		if l.ordered {
			require.False(m.t, busy[l.group(it)], "one of a group waits")
			require.NotNil(m.t, l.held[l.group(it)])
			busy[l.group(it)] = true
		}
	}
	if l.current != nil {
		count(l.current)
		busy[l.group(l.current)] = true
	}
	for _, group := range l.resumed {
		require.False(m.t, busy[group], "a line moves when nothing stands before it")
		require.NotZero(m.t, l.held[group].n)
		busy[group] = true
	}
	for group, line := range l.held {
		ring(line)
		require.True(m.t, busy[group], "a line stands behind something")
	}
	require.Equal(m.t, l.backlog, items)
	require.Equal(m.t, l.replays, replays)
}
