package filter

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func add(t *testing.T, x *Index[int], key int, policy string) {
	p, err := Compile(policy, Body)
	require.NoError(t, err)
	x.Add(key, p)
}

// most returns how many branches the fullest bucket has.
func most(x *Index[int]) int {
	n := len(x.always.members)
	for _, buckets := range x.values {
		for _, b := range buckets {
			n = max(n, len(b.members))
		}
	}
	return n
}

func TestIndexRegistersAtRareValues(t *testing.T) {
	for name, policy := range map[string]string{
		"one common value":      `{"event":["order"],"store":["s%d"]}`,
		"several common values": `{"event":["order","cancel"],"store":["s%[1]d","t%[1]d","u%[1]d"],"zone":[1]}`,
		"in each branch":        `{"$or":[{"event":["order"],"store":["s%[1]d"]},{"event":["cancel"],"store":["t%[1]d"]}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			var x Index[int]
			for i := range 1000 {
				add(t, &x, i, fmt.Sprintf(policy, i))
			}
			require.Equal(t, 1, most(&x))
			require.Empty(t, x.always.members)
		})
	}
}

// What tells policies apart may change as they come and go; registrations follow.
func TestIndexChoosesAgain(t *testing.T) {
	var x Index[int]
	for i := range 1000 {
		add(t, &x, i, fmt.Sprintf(`{"a":[%d],"b":[%d]}`, i, i%7))
	}
	require.LessOrEqual(t, most(&x), 3)
	for i := range 1000 {
		add(t, &x, 1000+i, fmt.Sprintf(`{"a":[{"prefix":"x"},%d],"b":[%d]}`, i%7, 1000+i))
	}
	require.LessOrEqual(t, most(&x), 3)
	for i := range 1000 { // the same number all the time
		add(t, &x, i, fmt.Sprintf(`{"a":[%d],"b":[%d]}`, i%7, i))
	}
	require.LessOrEqual(t, most(&x), 8, "up to as many as have a value that was rare when they came")
	for key := range 1900 {
		x.Remove(key, x.entries[key].policy)
	}
	require.LessOrEqual(t, most(&x), 3)
}

func TestIndexKeepsNothingOfWhatIsRemoved(t *testing.T) {
	var x Index[int]
	for round := range 3 {
		for i := range 100 {
			add(t, &x, i, fmt.Sprintf(`{"a.b%d":[%d],"a":{"c%d":["x","y"]},"$or":[{"d":[1]},{"e":[{"exists":false}]}]}`, i+round*100, i, i+round*100))
		}
		for i := range 100 {
			x.Remove(i, x.entries[i].policy)
		}
		require.Empty(t, x.entries)
		require.Empty(t, x.names.body.below)
		require.Zero(t, x.names.bodies)
		require.Len(t, x.names.vacant, len(x.names.all))
		require.Len(t, x.marks.vacant, int(x.marks.next))
		require.Empty(t, x.always.members)
		require.Zero(t, x.live)
		for _, buckets := range x.values {
			require.Empty(t, buckets)
		}
	}
	require.LessOrEqual(t, len(x.names.all), 202, "numbers are used again")
	require.LessOrEqual(t, int(x.marks.next), 900)
}

// A branch is looked at once for a message, however many of its values occur there: to
// look may take as long as there are leaves.
func TestBranchIsLookedAtOnce(t *testing.T) {
	var x Index[int]
	add(t, &x, 1, `{"a":["1","2"],"$or":[{"b":[{"prefix":"x"}]},{"c":[{"prefix":"x"}]}]}`)
	var m Message
	m.Reset(`{"a":["1","2"],"b":"y"}`, nil)
	require.Empty(t, x.AppendMatches(nil, &m))
	for _, branch := range x.entries[1].branches {
		require.Len(t, branch.places, 2)
		require.True(t, m.view.marked(branch.mark), "so that the second bucket skips it")
	}
	m.Reset(`{"a":["1","2"],"b":"y","c":"x"}`, nil)
	require.Equal(t, []int{1}, x.AppendMatches(nil, &m))
}

// A bucket is searched once for a message, however often its value occurs there.
func TestViewMarks(t *testing.T) {
	var v view
	v.start(0)
	require.False(t, v.mark(5))
	require.True(t, v.mark(5))
	require.True(t, v.marked(5))
	require.False(t, v.marked(4))
	require.False(t, v.marked(500))
	v.start(0)
	require.False(t, v.mark(5))
	v.current = 1<<32 - 1
	v.marks[5] = 1
	v.start(0)
	require.False(t, v.mark(5), "after all numbers were used, none is taken for an old one")
}

// Elements without a leaf take no room.
func TestViewElements(t *testing.T) {
	p, err := Compile(`{"a":{"b":[1]}}`, Body)
	require.NoError(t, err)
	var m Message
	m.Reset(`{"a":[{"c":1},[[{"b":1}]],[[]],{"b":2}]}`, nil)
	p.prepare()
	v := m.look(p.names)
	require.Len(t, v.elements, 5, "the root, and those with leaves in them")
	require.Len(t, v.leaves, 2)
	v.reset()
	require.Equal(t, []int32{0}, v.first)
}
