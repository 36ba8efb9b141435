package journal

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/faultfs"
)

// model is what a journal has to contain: a naive list of what was tried.
type model struct {
	tried     []attempt
	life      int // from 1
	backups   int
	trimmed   int // the first of them that must be there
	snapshots []string
	snapshot  int  // the last snapshot that was acknowledged; 0 if none
	trims     bool // it trims all the time
}

// attempt is a batch, and what is known of it.
type attempt struct {
	text   string
	state  state
	commit Commit
	ticket Ticket // of this life
	sizes  [2]int // of its records
	life   int    // which time the journal was open
}

// records are what is added of an attempt.
func (a *attempt) records() [][]byte {
	return [][]byte{[]byte(a.text[:a.sizes[0]]), []byte(a.text[a.sizes[0]:])}
}

// waits tells whether it is still to be written.
func (a *attempt) waits(life int) bool {
	done, _ := a.ticket.Done()
	return a.life == life && !done
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
		k := rnd.IntN(30)
		if m.trims && rnd.IntN(4) == 0 {
			k = 28
		}
		switch {
		case k < 15:
			if err = m.add(j, rnd); err == nil && k < 10 {
				err = m.tried[len(m.tried)-1].ticket.Wait()
				if err == nil && policy != SyncNever {
					done, err := m.tried[len(m.tried)-1].ticket.Done()
					if !done || err != nil {
						return fmt.Errorf("what was waited for is not done: %v, %w", done, err)
					}
				}
			}
		case k == 15:
			if err = j.Sync(); err == nil {
				m.look(policy)
				m.allSynced()
			}
		case k == 16:
			if err = j.Barrier().Wait(); err == nil && policy != SyncNever {
				if m.look(policy); m.waiting() {
					return errors.New("a barrier was done too early")
				}
			}
		case k == 17:
			if err = j.Retry(); err == nil && j.Stuck() {
				return errors.New("something is stuck after it was written")
			}
		case k == 18:
			time.Sleep(maxLate + time.Millisecond) // what nobody waits for is written
			if !j.Stuck() {
				if m.look(policy); m.waiting() {
					return errors.New("what nobody waits for is not written")
				}
			}
		case k < 25:
			err = m.read(j, rnd)
		case k == 29:
			err = m.backup(j, policy)
		case k < 27:
			text := fmt.Sprintf("snapshot %d %s", len(m.snapshots), strings.Repeat("s", rnd.IntN(300)))
			m.snapshots = append(m.snapshots, text)
			if err = j.Snapshot([]byte(text)); err == nil {
				m.snapshot = len(m.snapshots)
			}
		default:
			segments := j.Segments()
			before := segments[rnd.IntN(len(segments))]
			// What is tried to be trimmed may be there or not from now on.
			m.look(policy)
			first := slices.IndexFunc(m.tried, func(a attempt) bool {
				return a.commit.Segment >= before.Number || a.waits(m.life)
			})
			if first < 0 {
				first = len(m.tried)
			}
			m.trimmed = max(m.trimmed, first)
			err = j.Trim(before.Number)
		}
		if policy == SyncNever && rnd.IntN(3) == 0 {
			time.Sleep(maxLate + time.Millisecond) // so that segments get full
		}
		synctest.Wait() // for what is flushed, so that the same seed does the same
		m.look(policy)
		if err != nil && !errors.Is(err, ErrNoSpace) {
			return err
		}
	}
	return nil
}

// add adds a batch.
func (m *model) add(j *Journal, rnd *rand.Rand) (err error) {
	a := attempt{text: fmt.Sprintf("%d:%s", len(m.tried), strings.Repeat("x", rnd.IntN(200))), life: m.life}
	a.sizes[0] = rnd.IntN(len(a.text))
	a.sizes[1] = len(a.text) - a.sizes[0]
	if rnd.IntN(3) > 0 {
		a.ticket, err = j.Add(a.records()...)
	} else {
		frame, records := NewFrame(nil, a.sizes[0], a.sizes[1])
		for i, r := range a.records() {
			copy(records[i], r)
		}
		a.ticket, err = j.AddFrame(frame)
	}
	if err == nil {
		m.tried = append(m.tried, a)
	}
	return err
}

// look notes what is written by now.
func (m *model) look(policy Policy) {
	for i := range m.tried {
		a := &m.tried[i]
		if a.life != m.life || a.state != unknown {
			continue
		}
		if done, err := a.ticket.Done(); done && err == nil {
			a.state, a.commit = acked, a.ticket.Commit()
			if policy == SyncEach {
				a.state = synced
			}
		}
	}
}

// waiting tells whether something is still to be written.
func (m *model) waiting() bool {
	return slices.ContainsFunc(m.tried, func(a attempt) bool { return a.waits(m.life) })
}

// read reads a record of a batch that was written in this life.
func (m *model) read(j *Journal, rnd *rand.Rand) error {
	if len(m.tried) == 0 {
		return nil
	}
	a := &m.tried[rnd.IntN(len(m.tried))]
	if a.life != m.life || a.commit.Segment == 0 {
		return nil
	}
	which := rnd.IntN(2)
	p := a.ticket.Place(Offsets(nil, a.records()...)[which], a.sizes[which])
	got, err := j.Read(p, make([]byte, 50))
	gone := j.Segments()[0].Number > a.commit.Segment
	switch {
	case err == nil && gone:
		return errors.New("a record was read of a segment that is gone")
	case err == nil && string(got) != string(a.records()[which]):
		return fmt.Errorf("%q was read for %q", got, a.records()[which])
	case errors.Is(err, ErrGone) && gone:
		return nil
	case errors.Is(err, ErrGone), errors.Is(err, ErrInvalid), errors.Is(err, ErrCorrupt):
		return errWrong{err}
	}
	return nil // an error of the disk, which ends nothing
}

// backup makes a copy of the journal, and compares it with the model as it is now.
func (m *model) backup(j *Journal, policy Policy) error {
	stuck := j.Stuck()
	to := faultfs.NewMem(1)
	if err := j.Backup(context.Background(), to); err != nil {
		if names, _ := to.ReadDir(); len(names) > 0 {
			return errWrong{fmt.Errorf("a backup that failed has left %q", names)}
		}
		return nil // commits go on, or the next one tells
	}
	to.Crash()
	if m.look(policy); m.waiting() && !stuck && !j.Stuck() {
		return errWrong{errors.New("a backup was made without what was added before")}
	}
	m.backups++
	copied := *m
	copied.tried = slices.Clone(m.tried)
	report, err := copied.compare(to, acked)
	if err != nil || report.Torn != 0 || len(report.Dropped) > 0 {
		return errWrong{fmt.Errorf("a backup: %w, %+v", err, report)}
	}
	return nil
}

// compare reads a journal without opening it.
func (m *model) compare(fsys faultfs.FS, least state) (Report, error) {
	var got []string
	snapshot := ""
	report, err := Scan(fsys, Config{
		Snapshot: func(data []byte) error { snapshot = string(data); return nil },
		Batch: func(b Batch) error {
			got = append(got, string(slices.Concat(b.Records...)))
			return nil
		},
	})
	if err == nil {
		err = m.check(got, snapshot, least)
	}
	return report, err
}

// errWrong is an error that there should not be.
type errWrong struct{ error }

func (m *model) allSynced() {
	for i := range m.tried {
		if m.tried[i].state == acked {
			m.tried[i].state = synced
		}
	}
}

// check compares what a journal contains with the model, which then knows.
func (m *model) check(got []string, snapshot string, least state) error {
	next, lost := 0, 0
	for i := range m.tried {
		a := &m.tried[i]
		switch {
		case next < len(got) && got[next] == a.text:
			if a.state == gone {
				return fmt.Errorf("batch %d has come back", i)
			}
			if lost == a.life {
				return fmt.Errorf("batch %d is there, and one before it is not", i)
			}
			a.state = synced
			next++
		case a.state != gone && a.state >= least && i >= m.trimmed:
			return fmt.Errorf("batch %d is lost, which was acknowledged", i)
		default:
			if i >= m.trimmed && a.state != gone {
				lost = a.life
			}
			a.state, a.commit = gone, Commit{} // others may come to be there
		}
	}
	if next < len(got) {
		return fmt.Errorf("there is %q, which was not committed, or not in this order", got[next])
	}
	found := slices.Index(m.snapshots, snapshot) + 1
	if found < m.snapshot || found == 0 && snapshot != "" {
		return fmt.Errorf("the snapshot is %q, and not %d", snapshot, m.snapshot)
	}
	m.snapshot = found
	return nil
}

// open opens a journal and checks it.
func (m *model) open(t *testing.T, fsys *faultfs.Mem, policy Policy, least state) (*Journal, error) {
	var got []string
	snapshot := ""
	places := map[string]Commit{}
	j, err := Open(fsys.Process(), Config{
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
	require.NoError(t, m.check(got, snapshot, least))
	m.life++
	for i, a := range m.tried {
		if at, ok := places[a.text]; ok {
			m.tried[i].commit = at
		}
	}
	return j, nil
}
