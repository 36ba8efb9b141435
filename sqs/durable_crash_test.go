package sqs_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/internal/faultfs"
	"github.com/leat-go/leat/internal/faultfs/faulttest"
	"github.com/leat-go/leat/sqs"
)

// fate is what is known of a message, from what was acknowledged.
type fate int

const (
	unknown fate = iota // an operation on it has failed
	kept
	deleted
)

// crashStory is a workload on a queue, its dead-letter queue and a disk, and what must be
// true of them whenever the disk fails.
type crashStory struct {
	t       *testing.T
	rnd     *rand.Rand
	fsys    *faultfs.Mem
	opts    durable.Options
	fifo    bool
	service *sqs.Service
	main    *sqs.LocalQueue
	dead    *sqs.LocalQueue

	fates    map[string]fate // by body
	counts   map[string]int  // receives of each
	handles  map[string]string
	bodies   int
	timeouts []string // the visibility timeouts that may be
}

func newCrashStory(t *testing.T, seed uint64) *crashStory {
	s := &crashStory{
		t: t, rnd: rand.New(rand.NewPCG(seed, 3)), fsys: faultfs.NewMem(seed), fifo: seed%2 == 1,
		fates: map[string]fate{}, counts: map[string]int{}, handles: map[string]string{}, timeouts: []string{"30"},
	}
	s.fsys.SetReserves(seed%2 == 0)
	s.opts = durable.Options{SegmentSize: 1024, MemoryBudget: []int64{0, -1, 100}[seed%3]}
	if seed%4 == 3 {
		s.opts.Sync = durable.SyncInterval
	}
	return s
}

// open opens the service, and the queues, which it creates if they were not there yet.
func (s *crashStory) open() error {
	service, err := sqs.OpenFS(s.fsys.Process(), sqs.ServiceConfig{Relaxed: true, Durable: s.opts})
	if err != nil {
		require.NotErrorIs(s.t, err, durable.ErrCorrupt)
		return err
	}
	s.service = service
	suffix := driveFIFOSuffix[s.fifo]
	if s.dead, err = service.CreateQueue("dead"+suffix, sqs.Config{FIFO: s.fifo}); err != nil {
		return err
	}
	s.main, err = service.CreateQueue("main"+suffix, sqs.Config{
		FIFO: s.fifo, RedrivePolicy: &sqs.RedrivePolicy{DeadLetterTargetARN: s.dead.ARN(), MaxReceiveCount: 2},
	})
	if err != nil {
		return err
	}
	return s.look()
}

var errUnreadable = fmt.Errorf("the test could not look: %w", faultfs.ErrPowerCut)

// look holds the queues against what is known, and learns what was not.
func (s *crashStory) look() error {
	found := map[string]int{}
	all, readable := s.all()
	if !readable {
		return errUnreadable
	}
	for _, m := range all {
		found[m.Body]++
		require.Contains(s.t, s.fates, m.Body)
		require.LessOrEqual(s.t, m.ReceiveCount, s.counts[m.Body], "%s was not received that often", m.Body)
		require.Equal(s.t, "value of "+m.Body, m.Attributes["name"].Value)
	}
	for body, f := range s.fates {
		switch {
		case f == kept:
			require.Equal(s.t, 1, found[body], "%s was acknowledged", body)
		case f == deleted:
			require.Zero(s.t, found[body], "%s was deleted, and that was acknowledged", body)
		default:
			require.LessOrEqual(s.t, found[body], 1, "%s is there twice", body)
			if s.fates[body] = deleted; found[body] == 1 {
				s.fates[body] = kept
			}
		}
	}
	timeout := s.main.Attributes()["VisibilityTimeout"]
	require.Contains(s.t, s.timeouts, timeout)
	s.timeouts = []string{timeout}
	return nil
}

// all returns the messages of both queues, and whether all could be read.
func (s *crashStory) all() (all []sqs.PeekedMessage, readable bool) {
	for range 3 { // a fault may pass
		all = append(s.main.Peek(1000), s.dead.Peek(1000)...)
		if !slices.ContainsFunc(all, func(m sqs.PeekedMessage) bool { return m.Body == "" }) {
			return all, true
		}
	}
	return nil, false
}

// run makes operations until one fails otherwise than for want of space.
func (s *crashStory) run(ctx context.Context, n int) (err error) {
	for range n {
		switch s.rnd.IntN(12) {
		case 0, 1, 2, 3:
			err = s.send(ctx)
		case 4, 5, 6:
			err = s.receive(ctx)
		case 7, 8:
			err = s.delete(ctx)
		case 9:
			value := fmt.Sprint(1 + s.rnd.IntN(40))
			if err = s.main.SetAttributes(map[string]string{"VisibilityTimeout": value}); err == nil {
				s.timeouts = []string{value}
			} else {
				s.timeouts = append(s.timeouts, value)
			}
		case 10:
			time.Sleep(time.Duration(s.rnd.IntN(60)) * time.Second)
		case 11:
			if s.rnd.IntN(4) == 0 {
				err = s.purge()
			} else {
				_, _ = s.service.StartMessageMoveTask(sqs.MoveRequest{SourceARN: s.dead.ARN(), DestinationARN: s.main.ARN()})
			}
		}
		if err != nil && !errors.Is(err, durable.ErrNoSpace) {
			if (errors.Is(err, syscall.EIO) || errors.Is(err, syscall.ENOSPC)) && !errors.Is(err, durable.ErrFailed) { // something could not be read
				continue
			}
			require.True(s.t, errors.Is(err, durable.ErrFailed) || errors.Is(err, faultfs.ErrPowerCut), "%v", err)
			return err
		}
	}
	return nil
}

func (s *crashStory) send(ctx context.Context) error {
	var batch []sqs.Entry
	for range 1 + s.rnd.IntN(3) {
		s.bodies++
		e := sqs.Entry{Body: fmt.Sprint("message ", s.bodies)}
		e.Attributes = map[string]sqs.Attribute{"name": sqs.StringAttribute("value of " + e.Body)}
		if s.fifo {
			e.GroupID, e.DeduplicationID = fmt.Sprint(s.rnd.IntN(3)), fmt.Sprint(s.bodies)
		}
		batch = append(batch, e)
		s.fates[e.Body] = unknown
	}
	_, err := s.main.Send(ctx, batch...)
	for _, e := range batch {
		switch {
		case err == nil:
			s.fates[e.Body] = kept
		case errors.Is(err, durable.ErrNoSpace):
			for _, m := range s.main.Peek(1000) {
				require.NotEqual(s.t, e.Body, m.Body, "it was not sent")
			}
		}
	}
	return err
}

func (s *crashStory) receive(ctx context.Context) error {
	q := s.main
	if s.rnd.IntN(4) == 0 {
		q = s.dead
	}
	got, err := q.Receive(ctx, sqs.ReceiveRequest{MaxMessages: 1 + s.rnd.IntN(3)})
	all, readable := s.all()
	if !readable {
		for body := range s.fates { // it may have been received
			s.counts[body]++
		}
		return errUnreadable
	}
	for _, m := range all { // also of those that could not be read
		s.counts[m.Body] = max(s.counts[m.Body], m.ReceiveCount)
	}
	for _, m := range got {
		require.NotEqual(s.t, deleted, s.fates[m.Body], "%s was deleted", m.Body)
		s.handles[m.Body] = q.Name() + " " + m.ReceiptHandle
	}
	return err
}

func (s *crashStory) delete(ctx context.Context) error {
	for body, h := range s.handles {
		delete(s.handles, body)
		q, handle := s.main, ""
		if _, err := fmt.Sscanf(h, s.dead.Name()+" %s", &handle); err == nil {
			q = s.dead
		} else {
			_, err := fmt.Sscanf(h, s.main.Name()+" %s", &handle)
			require.NoError(s.t, err)
		}
		err := q.Delete(ctx, handle)
		synctest.Wait() // for what moves between the queues
		all, readable := s.all()
		there := slices.ContainsFunc(all, func(m sqs.PeekedMessage) bool { return m.Body == body })
		switch {
		case !readable:
			s.fates[body] = unknown
			return errUnreadable
		case errors.Is(err, sqs.ErrInvalidParameterValue): // its visibility timeout has ended
			return nil
		case there: // the handle was of an earlier receive, or of another queue
		case err == nil:
			s.fates[body] = deleted
		default:
			s.fates[body] = unknown
		}
		return err
	}
	return nil
}

func (s *crashStory) purge() error {
	err := s.main.Purge()
	for body, f := range s.fates {
		if f == kept {
			s.fates[body] = unknown // it may be in the other queue
		}
	}
	return err
}

// tell runs a story that meets faults.
func tell(t *testing.T, seed uint64, onCall func(faultfs.Call) faultfs.Fault) {
	synctest.Test(t, func(t *testing.T) {
		s := newCrashStory(t, seed)
		s.fsys.OnCall(onCall)
		for range 3 {
			err := s.open()
			if err == nil {
				err = s.run(t.Context(), 12)
			}
			if err == nil && s.rnd.IntN(2) == 0 {
				_ = s.service.Close()
			}
			s.end(s.opts.Sync == durable.SyncEach && s.rnd.IntN(2) == 0)
		}
		s.fsys.OnCall(nil)
		for range 2 {
			require.NoError(t, s.open())
			require.NoError(t, s.run(t.Context(), 3))
			s.end(s.opts.Sync == durable.SyncEach)
		}
		require.NoError(t, s.open())
		require.NoError(t, s.service.Close())
	})
}

// end ends the process, and perhaps takes the power away.
func (s *crashStory) end(power bool) {
	if power {
		s.fsys.Crash()
	} else {
		s.fsys.Kill()
	}
	if s.service != nil {
		_ = s.service.Close() // only for what it holds in memory
		s.service = nil
	}
}

// A queue on disk keeps its word whatever call of the file system fails, and however.
func TestCrashAtEveryCall(t *testing.T) {
	seeds := uint64(2)
	if testing.Short() {
		seeds = 1
	}
	total := 0
	for name, fault := range faulttest.Faults {
		t.Run(name, func(t *testing.T) {
			points := faulttest.EveryCall(t, seeds, faulttest.Step, fault, tell)
			t.Logf("%d points tried", points)
			total += points
		})
	}
	t.Logf("%d crash points tried", total)
}

// TestFullForAWhile has no space for some time, and then again.
func TestFullForAWhile(t *testing.T) {
	stories := uint64(200)
	if testing.Short() {
		stories = 40
	}
	refused := 0
	for seed := range stories {
		rnd := rand.New(rand.NewPCG(seed, 5))
		full := false
		tell(t, seed, func(c faultfs.Call) (f faultfs.Fault) {
			if rnd.IntN(30) == 0 {
				full = !full
			}
			if full {
				refused++
				return faultfs.Fault{Err: syscall.ENOSPC, Short: rnd.IntN(60)}
			}
			return f
		})
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	t.Logf("%d stories, %d calls without space", stories, refused)
}
