package sns_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/internal/faultfs"
	"github.com/leat-go/leat/internal/faultfs/faulttest"
	"github.com/leat-go/leat/sns"
)

// crashStory runs a random workload on a durable service that meets faults, and crashes. What
// its endpoints see is held against a log of what was acknowledged.
func crashStory(t *testing.T, seed uint64, fifo bool, onCall func(faultfs.Call) faultfs.Fault) (sums storySums) {
	bubble(t, func(t *testing.T) {
		st := &storyline{world: newWorld(t, seed), rnd: rand.New(rand.NewPCG(seed, 11)), fifo: fifo, name: "topic" + fifoSuffix[fifo]}
		st.cfg.Resolve = nil
		st.cfg.Functions = func(arn string) (sns.Endpoint, error) {
			st.mu.Lock()
			defer st.mu.Unlock()
			return st.found[arn], nil
		}
		st.cfg.Durable = durable.Options{SegmentSize: []int64{512, 2048, 1 << 20}[st.rnd.IntN(3)]}
		st.dead = createQueue(t, st.queues, "dead"+fifoSuffix[fifo])
		st.disk.OnCall(onCall)
		defer func() {
			if t.Failed() {
				t.Logf("%s", st.trace)
			}
		}()
		for range 4 {
			st.life()
		}
		st.disk.OnCall(nil)
		st.finish()
		sums = st.storySums
		require.NoError(t, st.queues.Close())
	})
	return sums
}

type storySums struct{ acked, refused, lives, delivered, again, letters int }

type storyline struct {
	*world
	mu   sync.Mutex // guards what endpoints use; held by a step but while it does something
	rnd  *rand.Rand
	fifo bool
	name string
	dead interface{ ARN() string }
	made bool // the topic
	idle bool // the latest operation had nothing to store
	subs []*storySub
	msgs []*storyMessage
	now  int // counts attempts and acknowledgements

	trace string
	storySums
}

// storyMessage is a message that was published, or perhaps.
type storyMessage struct {
	number, group int
	life          int
	acked         bool
	refused       bool // for want of space
	void          bool // refused, and what says so is durable
}

// storySub is a subscription and its endpoint.
type storySub struct {
	st        *storyline
	name      string
	id        sns.SubscriptionID
	sure      bool // it is known what it gets
	gone      bool
	odd       bool // filters
	inOrder   bool
	letters   bool // has a dead-letter queue, and refuses every fifth message
	failing   bool
	want      []*storyMessage
	delivered map[int]int  // by number: when
	sealed    int          // deliveries up to here are durable
	loose     map[int]bool // by number: deliveries that a crash may have made undone
	tried     map[int]int  // by number: the latest life in which it was
}

func (st *storyline) tell(format string, args ...any) {
	st.trace += fmt.Sprintf(format, args...) + "\n"
}

// do does something, and waits for what comes of it.
func (st *storyline) do(f func() error) error {
	st.mu.Unlock()
	defer st.mu.Lock()
	err := f()
	synctest.Wait()
	return err
}

// seal is called after an operation was acknowledged that began at a time.
func (st *storyline) seal(began int) {
	for _, s := range st.subs {
		s.sealed = began
	}
	for _, m := range st.msgs {
		m.void = m.void || m.refused && m.life == st.lives
	}
}

func (st *storyline) life() {
	st.lives++
	s, err := sns.OpenFS(st.disk.Process(), st.cfg)
	if err != nil {
		st.tell("open: %v", err)
		require.NotErrorIs(st.t, err, durable.ErrCorrupt)
		st.disk.Crash()
		return
	}
	st.service = s
	for range 20 {
		if err := st.step(); err != nil {
			st.tell("%v", err)
			if !errors.Is(err, durable.ErrNoSpace) {
				break
			}
		}
	}
	synctest.Wait()
	switch began := st.now; st.rnd.IntN(3) {
	case 0:
		st.tell("close")
		if st.service.Close() == nil {
			st.seal(began)
		}
		st.disk.Crash()
	case 1:
		st.tell("kill")
		st.disk.Kill()
	default:
		st.tell("crash")
		st.disk.Crash()
	}
	st.service.Close()
	st.mu.Lock()
	defer st.mu.Unlock()
	for _, s := range st.subs {
		for number, at := range s.delivered {
			s.loose[number] = s.loose[number] || at > s.sealed
		}
	}
}

func (st *storyline) step() error {
	synctest.Wait()
	st.mu.Lock()
	defer st.mu.Unlock()
	began := st.now
	st.idle = true
	if !st.made {
		err := st.do(func() error {
			_, err := st.service.CreateTopic(st.name, sns.Config{FIFO: st.fifo})
			return err
		})
		if st.made = err == nil; err != nil {
			return err
		}
	}
	topic, err := st.service.Topic(st.name)
	require.NoError(st.t, err)
	switch c := st.rnd.IntN(20); {
	case c < 9:
		err = st.publish(topic)
	case c < 12:
		err = st.subscribe(topic)
	case c < 13:
		err = st.unsubscribe(topic)
	case c < 15 && len(st.subs) > 0:
		s := st.subs[st.rnd.IntN(len(st.subs))]
		s.failing = !s.failing
		return nil
	case c < 16 && len(st.subs) > 0:
		err = st.change(topic)
	default:
		return st.do(func() error {
			time.Sleep([]time.Duration{time.Second, 10 * time.Second, 50 * time.Millisecond}[st.rnd.IntN(3)])
			return nil
		})
	}
	if err == nil && !st.idle {
		st.seal(began)
	}
	return err
}

func (st *storyline) publish(topic *sns.LocalTopic) error {
	var batch []sns.Entry
	var messages []*storyMessage
	for range 1 + st.rnd.IntN(3) {
		m := &storyMessage{number: len(st.msgs), group: st.rnd.IntN(2), life: st.lives}
		st.msgs, messages = append(st.msgs, m), append(messages, m)
		e := sns.Entry{Message: fmt.Sprint(m.number), Attributes: map[string]sns.Attribute{"odd": {DataType: "String", Value: fmt.Sprint(m.number % 2)}}}
		if st.fifo {
			e.GroupID, e.DeduplicationID = fmt.Sprint(m.group), fmt.Sprint(m.number)
		}
		batch = append(batch, e)
	}
	st.tell("publish from %d", messages[0].number)
	try := func() error {
		_, err := topic.Publish(st.t.Context(), batch...)
		return err
	}
	err := st.do(try)
	if errors.Is(err, durable.ErrNoSpace) {
		st.refused += len(messages)
		if st.rnd.IntN(2) == 0 {
			st.tell("%v, once more", err)
			err = st.do(try) // which is no duplicate
		}
	}
	for _, s := range st.subs {
		if at, tried := s.tried[messages[0].number]; tried && at == st.lives && errors.Is(err, durable.ErrNoSpace) {
			st.t.Errorf("%s: message %d, which is refused", s.name, messages[0].number)
		}
	}
	st.idle = !st.fifo // on a standard topic what nobody gets is not stored
	for _, m := range messages {
		m.acked, m.refused = err == nil, errors.Is(err, durable.ErrNoSpace)
		for _, s := range st.subs {
			if m.acked && s.sure && !s.gone && (!s.odd || m.number%2 == 1) {
				s.want = append(s.want, m)
				st.idle = false
			}
		}
	}
	if err == nil {
		st.acked += len(messages)
	}
	return err
}

func (st *storyline) subscribe(topic *sns.LocalTopic) error {
	s := &storySub{st: st, name: fmt.Sprint("s", len(st.subs)), delivered: map[int]int{}, loose: map[int]bool{}, tried: map[int]int{}}
	sub := sns.Subscription{Protocol: sns.ProtocolLambda, Address: s.name, Endpoint: s}
	if s.odd = st.rnd.IntN(3) == 0; s.odd {
		sub.FilterPolicy = `{"odd":["1"]}`
	}
	if s.letters = st.rnd.IntN(3) == 0; s.letters {
		sub.RedrivePolicy = &sns.RedrivePolicy{DeadLetterTargetARN: st.dead.ARN()}
	}
	s.inOrder = st.rnd.IntN(4) == 0
	sub.InOrder = s.inOrder
	st.subs, st.found[s.name] = append(st.subs, s), s
	var id sns.SubscriptionID
	err := st.do(func() (err error) {
		id, err = topic.Subscribe(st.t.Context(), sub)
		return err
	})
	st.idle = false
	st.tell("subscribe %s: odd %v, letters %v", s.name, s.odd, s.letters)
	if err == nil {
		s.id, s.sure = id, true
	}
	return err
}

func (st *storyline) unsubscribe(topic *sns.LocalTopic) error {
	for _, s := range st.subs {
		if s.sure && !s.gone {
			st.tell("unsubscribe %s", s.name)
			st.idle = false
			err := st.do(func() error { return topic.Unsubscribe(st.t.Context(), s.id) })
			if s.want = nil; err == nil {
				s.gone = true
			}
			s.sure = err == nil
			return err
		}
	}
	return nil
}

func (st *storyline) change(topic *sns.LocalTopic) error {
	s := st.subs[st.rnd.IntN(len(st.subs))]
	if !s.sure || s.gone {
		return nil
	}
	sub, err := topic.Subscription(s.id)
	require.NoError(st.t, err, "%s is gone", s.name)
	policy := map[bool]string{true: "{}", false: `{"odd":["1"]}`}[s.odd]
	s.odd = !s.odd
	st.tell("%s: filter %s", s.name, policy)
	st.idle = false
	err = st.do(func() error { return sub.SetAttribute("FilterPolicy", policy) })
	if err != nil {
		s.sure = false // and what it gets from now on is not
	}
	return err
}

// Deliver checks an attempt.
func (s *storySub) Deliver(_ context.Context, n sns.Notification) error {
	st := s.st
	number := 0
	_, err := fmt.Sscan(n.Message, &number)
	require.NoError(st.t, err)
	st.mu.Lock()
	defer st.mu.Unlock()
	m := st.msgs[number]
	st.now++
	s.tried[number] = st.lives
	st.delivery(s, m)
	if s.failing || number%4 == 3 && n.Attempt == 1 {
		return errBoom
	}
	s.delivered[number], s.loose[number] = st.now, false
	st.delivered++
	if s.letters && number%5 == 0 {
		return sns.Permanent(errBoom)
	}
	return nil
}

func (st *storyline) delivery(s *storySub, m *storyMessage) {
	t := st.t
	if s.gone {
		t.Errorf("%s: message %d after it was unsubscribed", s.name, m.number)
	}
	if m.void || m.refused && m.life == st.lives {
		t.Errorf("%s: message %d, which was refused", s.name, m.number)
	}
	if at, before := s.delivered[m.number]; before {
		if st.again++; at <= s.sealed && !s.loose[m.number] {
			t.Errorf("%s: message %d again, which was settled at %d, long before %d", s.name, m.number, at, s.sealed)
		}
	}
	if !st.fifo && !s.inOrder {
		return
	}
	for _, o := range s.want {
		if o.number < m.number && (s.inOrder || o.group == m.group) && s.delivered[o.number] == 0 {
			t.Errorf("%s: message %d before %d of its group", s.name, m.number, o.number)
		}
	}
}

// finish lets everything be delivered, and counts.
func (st *storyline) finish() {
	t := st.t
	for _, s := range st.subs {
		s.failing = false
	}
	st.lives++
	st.open()
	require.NoError(t, st.service.Flush(t.Context()))
	synctest.Wait()
	dead := map[string]int{}
	for _, b := range bodies(t, must(st.queues.QueueByARN(st.dead.ARN()))) {
		dead[between(b, `SubscriptionArn=`, `"`)+between(b, `"Message" : "`, `"`)]++
		st.letters++
	}
	for _, s := range st.subs {
		for _, m := range s.want {
			if s.delivered[m.number] == 0 {
				t.Errorf("%s: message %d was lost", s.name, m.number)
			}
			if s.letters && m.number%5 == 0 && dead[fmt.Sprint(s.id, m.number)] == 0 {
				t.Errorf("%s: the dead letter %d was lost", s.name, m.number)
			}
		}
	}
	began := st.now
	require.NoError(t, st.service.Close())
	st.seal(began)
	st.lives++
	st.open() // nothing comes again
	time.Sleep(time.Hour)
	require.Equal(t, began, st.now, "after Flush and Close nothing is left")
	require.NoError(t, st.service.Close())
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestFaultAtEveryCall(t *testing.T) {
	stride := faulttest.Step
	if testing.Short() {
		stride = 7
	}
	for name, fault := range faulttest.Faults {
		t.Run(name, func(t *testing.T) {
			var total storySums
			points := faulttest.EveryCall(t, 2, stride, fault, func(t *testing.T, seed uint64, onCall func(faultfs.Call) faultfs.Fault) {
				total.add(crashStory(t, seed, seed%2 == 1, onCall))
			})
			t.Logf("%d points tried: %+v", points, total)
		})
	}
}

func (s *storySums) add(o storySums) {
	s.acked, s.refused, s.lives = s.acked+o.acked, s.refused+o.refused, s.lives+o.lives
	s.delivered, s.again, s.letters = s.delivered+o.delivered, s.again+o.again, s.letters+o.letters
}

// TestFaultsInARow has random faults, several in each story.
func TestFaultsInARow(t *testing.T) {
	stories := uint64(1000)
	if testing.Short() {
		stories = 200
	}
	kinds := []faultfs.Fault{{Cut: true}, {Err: syscall.EIO}, {Err: syscall.ENOSPC, Short: 70}, {Err: syscall.ENOSPC}, {Err: syscall.ENOSPC, Short: 1 << 20}, {Err: syscall.ENOSPC}}
	var total storySums
	points := faulttest.InARow(t, stories, 40, kinds, func(t *testing.T, seed uint64, onCall func(faultfs.Call) faultfs.Fault) {
		total.add(crashStory(t, 100+seed, seed%2 == 1, onCall))
	})
	t.Logf("%d stories, %d faults: %+v", stories, points, total)
}
