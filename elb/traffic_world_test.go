package elb_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leat-go/leat/elb"
	"github.com/stretchr/testify/require"
)

const (
	trafficClients  = 16
	trafficPatience = time.Minute // with any event
)

// trafficWorld is a balancer, its targets and its clients, and what was seen of them. The
// tests in it wait for events and counts, never for some time.
type trafficWorld struct {
	t        *testing.T
	group    *elb.TargetGroup
	balancer *elb.LoadBalancer
	address  string
	targets  []*webTarget
	running  sync.WaitGroup // clients, servers, watchers
	stop     func()         // ends the clients
	stopped  <-chan struct{}

	mu      sync.Mutex
	changed chan struct{} // closed at the next change of what follows
	states  map[*elb.Target]elb.HealthState
	asked   int                 // requests; the next one's number
	answers map[int]trafficEnd  // what clients got, by request
	records map[int]trafficPath // what the balancer logged
}

type trafficEnd struct{ err string } // empty if all is well

type trafficPath struct {
	attempts    []*elb.Target
	begun, over time.Time
}

// methodOf is the method of a request: of four one is a POST.
func methodOf(id int) string {
	if id%4 == 3 {
		return http.MethodPost
	}
	return http.MethodGet
}

func newTrafficWorld(t *testing.T, retries *elb.Retries) *trafficWorld {
	stopped := make(chan struct{})
	w := &trafficWorld{
		t:       t,
		stop:    sync.OnceFunc(func() { close(stopped) }),
		stopped: stopped,
		changed: make(chan struct{}),
		states:  make(map[*elb.Target]elb.HealthState),
		answers: make(map[int]trafficEnd),
		records: make(map[int]trafficPath),
	}
	var err error
	w.group, err = elb.NewTargetGroup(elb.GroupConfig{
		Name:        "traffic",
		InitialDown: true,
		HealthCheck: elb.HealthCheck{Path: "/health", Interval: 200 * time.Millisecond, UnhealthyThreshold: 2, HealthyThreshold: 2},
	})
	require.NoError(t, err)
	changes := w.group.Watch(context.Background())
	w.running.Go(func() {
		for c := range changes {
			w.change(func() { w.states[c.Target] = c.To.State })
		}
	})
	w.balancer, err = elb.NewLoadBalancer(elb.LoadBalancerConfig{
		Groups:    []*elb.TargetGroup{w.group},
		Listeners: []elb.Listener{{DefaultAction: &elb.Action{Forward: &elb.Forward{Groups: []elb.WeightedGroup{{Group: "traffic"}}}}}},
		Retries:   retries,
		AccessLog: w.record,
	})
	require.NoError(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w.address = l.Addr().String()
	w.running.Go(func() {
		if err := w.balancer.Serve(l); !errors.Is(err, elb.ErrBalancerClosed) {
			t.Errorf("Serve: %v", err)
		}
	})
	for i := range 3 {
		s := &webTarget{world: w, Target: &elb.Target{ID: fmt.Sprint("t", i+1)}, working: make(map[int]bool)}
		s.start()
		w.targets = append(w.targets, s)
		require.NoError(t, w.group.Register(s.Target))
	}
	t.Cleanup(func() { // after a failure
		w.stop()
		_ = w.balancer.Close()
		_ = w.group.Close()
		for _, target := range w.targets {
			target.kill()
		}
	})
	return w
}

// close ends everything, and waits for that.
func (w *trafficWorld) close() {
	w.stop()
	ctx, cancel := context.WithTimeout(w.t.Context(), trafficPatience)
	defer cancel()
	w.await("the clients end", func() bool { return len(w.answers) == w.asked })
	require.NoError(w.t, w.balancer.Shutdown(ctx))
	require.NoError(w.t, w.group.Close())
	for _, target := range w.targets {
		target.kill()
	}
	w.running.Wait()
}

// change changes what is seen, and wakes who waits for it.
func (w *trafficWorld) change(do func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	do()
	close(w.changed)
	w.changed = make(chan struct{})
}

// await waits until something is so. done is called with the mutex held.
func (w *trafficWorld) await(what string, done func() bool) {
	w.t.Helper()
	late := time.After(trafficPatience)
	for {
		w.mu.Lock()
		over, changed := done(), w.changed
		w.mu.Unlock()
		if over {
			return
		}
		select {
		case <-changed:
		case <-late:
			w.t.Fatalf("it is not so after %v: %s", trafficPatience, what)
		}
	}
}

func (w *trafficWorld) awaitState(s *webTarget, state elb.HealthState) {
	w.t.Helper()
	w.await(s.ID+" is "+string(state), func() bool { return w.states[s.Target] == state })
}

// awaitAnswers waits for so many more of them.
func (w *trafficWorld) awaitAnswers(n int) {
	w.t.Helper()
	w.mu.Lock()
	n += len(w.answers)
	w.mu.Unlock()
	w.await(fmt.Sprint(n, " answers"), func() bool { return len(w.answers) >= n })
}

// sendAll has clients send requests until stop, each over one connection that it keeps.
func (w *trafficWorld) sendAll() {
	for range trafficClients {
		w.running.Go(func() {
			through := new(http.Transport)
			defer through.CloseIdleConnections()
			client := &http.Client{Transport: through, Timeout: trafficPatience}
			for {
				select {
				case <-w.stopped:
					return
				default:
				}
				w.mu.Lock()
				id := w.asked
				w.asked++
				w.mu.Unlock()
				err := w.send(client, id)
				w.change(func() { w.answers[id] = trafficEnd{err} })
			}
		})
	}
}

// send sends a request, and says what is wrong with the answer. Of the bodies every other
// one is of a length that is not told before.
func (w *trafficWorld) send(client *http.Client, id int) string {
	text := strings.Repeat("x", id%3000)
	var body io.Reader
	if methodOf(id) == http.MethodPost {
		if body = strings.NewReader(text); id%8 == 3 {
			body = io.MultiReader(body)
		}
	} else {
		text = ""
	}
	r, err := http.NewRequest(methodOf(id), fmt.Sprintf("http://%s/%d", w.address, id), body)
	if err != nil {
		return err.Error()
	}
	response, err := client.Do(r)
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
		return err.Error()
	case response.StatusCode != http.StatusOK:
		return fmt.Sprint("status ", response.StatusCode)
	case string(got) != fmt.Sprint(id, " ", len(text)):
		return fmt.Sprintf("%.40q is another's answer", got)
	}
	return ""
}

// record is the access log.
func (w *trafficWorld) record(a *elb.AccessRecord) {
	p := trafficPath{begun: a.Begun, over: a.Time}
	for _, attempt := range a.Attempts {
		p.attempts = append(p.attempts, attempt.Target)
	}
	if len(p.attempts) == 0 && a.Target != nil {
		p.attempts = []*elb.Target{a.Target}
	}
	u, err := url.Parse(a.URL)
	if err != nil {
		w.t.Errorf("%q: %v", a.URL, err)
		return
	}
	w.change(func() { w.records[requestID(u)] = p })
}

// requestID is the number in a path; -1 if there is none.
func requestID(u *url.URL) int {
	id, err := strconv.Atoi(path.Base(u.Path))
	if err != nil {
		return -1
	}
	return id
}

// webTarget is a server that can be killed, and started again at the same port. It answers
// with the request's number and the length of its body.
type webTarget struct {
	*elb.Target
	world  *trafficWorld
	work   time.Duration // that a request makes
	server *http.Server
	conns  *mortalListener
	life   context.Context
	end    context.CancelFunc

	// Guarded by world.mu.
	served      int
	working     map[int]bool  // requests under way
	gets, posts int           // how many of either are to be held from now on
	held        []int         // requests
	open        chan struct{} // closed when those that are held may go on
}

func (s *webTarget) start() {
	l, err := net.Listen("tcp", cmp.Or(s.Address, "127.0.0.1:0"))
	require.NoError(s.world.t, err)
	if s.Address == "" {
		s.Address = l.Addr().String()
	}
	s.life, s.end = context.WithCancel(context.Background())
	life := s.life
	s.conns = &mortalListener{Listener: l}
	s.server = &http.Server{Handler: s, BaseContext: func(net.Listener) context.Context { return life }}
	server, conns := s.server, s.conns
	s.world.running.Go(func() { _ = server.Serve(conns) })
}

// kill does what the system does when a process dies. Requests that are under way get no
// answer.
func (s *webTarget) kill() {
	s.conns.kill()
	_ = s.server.Close()
	s.end()
}

// hold has the next requests wait in the middle, and returns when there are so many.
func (s *webTarget) hold(w *trafficWorld, gets, posts int) {
	w.t.Helper()
	w.change(func() { s.gets, s.posts, s.held, s.open = gets, posts, nil, make(chan struct{}) })
	w.await("requests are held at "+s.ID, func() bool { return len(s.held) == gets+posts })
}

func (s *webTarget) release() { close(s.open) }

// atWork returns the requests that are under way.
func (s *webTarget) atWork(w *trafficWorld) (ids []int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id := range s.working {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func (s *webTarget) count(w *trafficWorld) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return s.served
}

// ServeHTTP implements http.Handler.
func (s *webTarget) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/health" {
		return
	}
	id := requestID(r.URL)
	var open chan struct{}
	s.world.change(func() {
		s.working[id] = true
		left := &s.gets
		if r.Method == http.MethodPost {
			left = &s.posts
		}
		if *left > 0 {
			*left--
			s.held = append(s.held, id)
			open = s.open
		}
	})
	defer s.world.change(func() { delete(s.working, id) })
	body, err := io.ReadAll(r.Body)
	if open != nil {
		select {
		case <-open:
		case <-r.Context().Done():
		}
	}
	if s.work > 0 {
		time.Sleep(s.work)
	}
	if err != nil || r.Context().Err() != nil {
		panic(http.ErrAbortHandler)
	}
	s.world.change(func() { s.served++ })
	fmt.Fprint(rw, id, " ", len(body))
}

// mortalListener is a listener whose connections end with it, also one that is just being
// accepted, which a Server's Close may miss.
type mortalListener struct {
	net.Listener
	mu    sync.Mutex
	dead  bool
	conns []net.Conn
}

func (l *mortalListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dead {
		_ = c.Close()
	}
	l.conns = append(l.conns, c)
	return c, nil
}

func (l *mortalListener) kill() {
	_ = l.Listener.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dead = true
	for _, c := range l.conns {
		_ = c.Close()
	}
}
