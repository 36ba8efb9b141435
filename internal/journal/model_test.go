package journal

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/faultfs"
)

// model is what a journal has to contain: a naive list of what was tried.
type model struct {
	tried     []attempt
	trimmed   int // the first of them that must be there
	snapshots []string
	snapshot  int // the last snapshot that was acknowledged; 0 if none
}

// attempt is a batch, and what is known of it.
type attempt struct {
	text   string
	state  state
	commit Commit
}

type state uint8

const (
	unknown state = iota // it may be there
	acked                // it survives the process
	synced               // it survives the machine
	gone                 // it was found to be missing, and must not come back
)

// run does random things to a journal until an error that is not for lack of
// space, and returns it.
func (m *model) run(j *Journal, rnd *rand.Rand, policy Policy, steps int) error {
	for range steps {
		var err error
		switch k := rnd.IntN(20); {
		case k < 15:
			a := attempt{text: fmt.Sprintf("%d:%s", len(m.tried), strings.Repeat("x", rnd.IntN(200)))}
			half := rnd.IntN(len(a.text))
			if a.commit, err = j.Append([]byte(a.text[:half]), []byte(a.text[half:])); err == nil {
				a.state = acked
			}
			m.tried = append(m.tried, a)
			if err == nil && policy == SyncEach {
				m.allSynced()
			}
		case k == 15:
			if err = j.Sync(); err == nil {
				m.allSynced()
			}
		case k < 18:
			text := fmt.Sprintf("snapshot %d %s", len(m.snapshots), strings.Repeat("s", rnd.IntN(300)))
			m.snapshots = append(m.snapshots, text)
			if err = j.Snapshot([]byte(text)); err == nil {
				m.snapshot = len(m.snapshots)
			}
		default:
			segments := j.Segments()
			before := segments[rnd.IntN(len(segments))]
			// What is tried to be trimmed may be there or not from now on.
			first := slices.IndexFunc(m.tried, func(a attempt) bool { return a.commit.Segment >= before.Number })
			if first < 0 {
				first = len(m.tried)
			}
			m.trimmed = max(m.trimmed, first)
			err = j.Trim(before.Number)
		}
		if err != nil && !errors.Is(err, ErrNoSpace) {
			return err
		}
	}
	return nil
}

func (m *model) allSynced() {
	for i := range m.tried {
		if m.tried[i].state == acked {
			m.tried[i].state = synced
		}
	}
}

// check compares what a journal contains with the model, which then knows.
func (m *model) check(t *testing.T, got []string, snapshot string, least state) {
	t.Helper()
	next := 0
	for i := range m.tried {
		a := &m.tried[i]
		switch {
		case next < len(got) && got[next] == a.text:
			require.NotEqual(t, gone, a.state, "batch %d has come back", i)
			a.state = max(a.state, synced)
			if a.state == unknown {
				a.state = synced
			}
			next++
		case a.state != gone && a.state >= least && i >= m.trimmed:
			require.Fail(t, "an acknowledged batch is lost", "batch %d", i)
		default:
			a.state = gone
		}
	}
	require.Equal(t, len(got), next, "there is something that was not committed, or not in this order")
	if snapshot == "" {
		require.Zero(t, m.snapshot)
		return
	}
	require.GreaterOrEqual(t, slices.Index(m.snapshots, snapshot)+1, max(1, m.snapshot))
	m.snapshot = slices.Index(m.snapshots, snapshot) + 1
}

// open opens a journal and checks it.
func (m *model) open(t *testing.T, fsys *faultfs.Mem, policy Policy, least state) (*Journal, error) {
	var got []string
	snapshot := ""
	places := map[string]Commit{}
	j, err := Open(fsys, Config{
		SegmentSize: 700, Sync: policy,
		Snapshot: func(data []byte) error { snapshot = string(data); return nil },
		Batch: func(b Batch) error {
			text := string(slices.Concat(b.Records...))
			got, places[text] = append(got, text), b.Commit
			return nil
		},
	})
	if err != nil {
		return nil, err
	}
	m.check(t, got, snapshot, least)
	for i, a := range m.tried {
		if at, ok := places[a.text]; ok {
			m.tried[i].commit = at
		}
	}
	return j, nil
}
