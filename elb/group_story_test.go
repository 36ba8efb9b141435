package elb

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-go/leat/internal/golden"
)

// TestGroupStories plays the scripts in testdata/stories. Their commands are the methods of
// groupStory, which say what they do.
func TestGroupStories(t *testing.T) {
	golden.Stories(t, func(t *testing.T) func(string) string {
		s := &groupStory{t: t, began: time.Now(), checks: make(map[string]string), targets: make(map[string]*Target), leases: make(map[string]*lease)}
		t.Cleanup(func() {
			if s.group != nil {
				_ = s.group.Close()
			}
		})
		return s.run
	})
}

// groupStory is a group whose targets are as well as the story says.
type groupStory struct {
	t       *testing.T
	began   time.Time
	group   *TargetGroup
	targets map[string]*Target
	leases  map[string]*lease

	mu     sync.Mutex
	checks map[string]string // what checks of a target find
	seen   []storyEvent      // what happened since the last answer
}

// storyEvent is what happened to a target or a lease. Of several at a time, those to one are
// in their order.
type storyEvent struct {
	at      time.Duration
	to, how string
}

func (s *groupStory) run(command string) string {
	name, rest, _ := strings.Cut(command, " ")
	op := map[string]func(*groupStory, []string) string{
		"group": (*groupStory).open, "register": (*groupStory).register, "deregister": (*groupStory).deregister,
		"checks": (*groupStory).set, "after": (*groupStory).after, "targets": (*groupStory).list,
		"picks": (*groupStory).picks, "acquire": (*groupStory).acquire, "release": (*groupStory).release,
		"spread": (*groupStory).spread, "close": (*groupStory).close,
	}[name]
	if op == nil {
		s.t.Fatalf("there is no command %q", name)
	}
	answer := op(s, strings.Fields(rest))
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	slices.SortStableFunc(s.seen, func(a, b storyEvent) int {
		return cmp.Or(cmp.Compare(a.at, b.at), strings.Compare(a.to, b.to))
	})
	var lines []string
	for _, e := range s.seen {
		lines = append(lines, fmt.Sprintf("%v %s %s", e.at, e.to, e.how))
	}
	s.seen = nil
	if answer != "" {
		lines = append(lines, answer)
	}
	return cmp.Or(strings.Join(lines, "\n"), "nothing") + "\n"
}

func (s *groupStory) happens(to, how string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, storyEvent{time.Since(s.began), to, how})
}

// open makes the group, its checks every 10 s with the default thresholds: "group zones slow=30s
// delay=60s minimum=2 percent=50 down most=1 unchecked outliers interval=10ms".
func (s *groupStory) open(args []string) string {
	c := GroupConfig{Name: "story", HealthCheck: HealthCheck{Interval: 10 * time.Second, Func: s.check}}
	for _, arg := range args {
		name, value, _ := strings.Cut(arg, "=")
		d, _ := time.ParseDuration(value)
		n, _ := strconv.Atoi(value)
		switch name {
		case "zones":
			c.CrossZoneDisabled = true
		case "slow":
			c.SlowStart = d
		case "delay":
			c.DeregistrationDelay = &d
		case "minimum":
			c.MinimumHealthy = n
		case "percent":
			c.MinimumHealthyPercent = n
		case "down":
			c.InitialDown = true
		case "most":
			c.MaxRequests = n
		case "unchecked":
			c.HealthCheck = HealthCheck{Disabled: true}
		case "outliers":
			c.Outliers = new(OutlierEjection)
		case "interval":
			c.HealthCheck.Interval = d
		default:
			s.t.Fatalf("%q is no option", arg)
		}
	}
	var err error
	if s.group, err = NewTargetGroup(c); err != nil {
		return err.Error()
	}
	changes := s.group.Watch(context.Background())
	go func() {
		for c := range changes {
			ejected := ""
			if c.Ejected {
				ejected = ", ejected"
			}
			s.happens(c.Target.Name(), healthText(c.From)+" -> "+healthText(c.To)+ejected)
		}
		s.happens("watch", "ends")
	}()
	return ""
}

func healthText(h TargetHealth) string {
	return strings.TrimSuffix(string(h.State)+" "+string(h.Reason), " ")
}

func (s *groupStory) check(ctx context.Context, t *Target) error {
	s.mu.Lock()
	found := s.checks[t.Name()]
	s.mu.Unlock()
	switch found {
	case "hang":
		<-ctx.Done()
		return ctx.Err()
	case "", "pass":
		return nil
	default:
		return errors.New(found)
	}
}

// set has checks of targets pass, hang or fail for a reason: "checks fail a b".
func (s *groupStory) set(args []string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range args[1:] {
		s.checks[name] = args[0]
	}
	return ""
}

// register registers targets of names, in zones: "register a b/east".
func (s *groupStory) register(args []string) string {
	var targets []*Target
	for _, arg := range args {
		name, zone, _ := strings.Cut(arg, "/")
		if s.targets[name] == nil {
			s.targets[name] = &Target{ID: name, Address: "192.0.2.1:80", Zone: zone}
		}
		targets = append(targets, s.targets[name])
	}
	return errorText(s.group.Register(targets...))
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func (s *groupStory) deregister(args []string) string {
	var targets []*Target
	for _, name := range args {
		targets = append(targets, s.targets[name])
	}
	return errorText(s.group.Deregister(targets...))
}

// after lets time pass: "after 10s".
func (s *groupStory) after(args []string) string {
	d, err := time.ParseDuration(args[0])
	if err != nil {
		s.t.Fatal(err)
	}
	time.Sleep(d)
	return ""
}

// list lists the targets.
func (s *groupStory) list([]string) string {
	var lines []string
	for _, t := range s.group.Targets() {
		line := fmt.Sprintf("%s %s since %v", t.Target.Name(), healthText(t.Health), t.Since.Sub(s.began))
		if t.Health.Description != "" {
			line += ": " + t.Health.Description
		}
		if t.Ejected {
			line += ", ejected"
		}
		if t.Share < 1 {
			line += fmt.Sprintf(", share %.2f", t.Share)
		}
		if t.Outstanding > 0 {
			line += fmt.Sprintf(", %d outstanding", t.Outstanding)
		}
		lines = append(lines, line)
	}
	return cmp.Or(strings.Join(lines, "\n"), "no targets")
}

// picks picks some times in a zone and says what: "picks 4 east".
func (s *groupStory) picks(args []string) string {
	n, _ := strconv.Atoi(args[0])
	var got []string
	for range n {
		l := new(lease)
		if err := s.group.acquire(strings.Join(args[1:], ""), Request{}, nil, l); err != nil {
			got = append(got, err.Error())
			continue
		}
		got = append(got, l.target.Name())
		l.release(Outcome{Status: 200})
	}
	return strings.Join(got, " ")
}

// acquire gives a lease a name, "acquire r1"; "acquire r1 b" asks for a target.
func (s *groupStory) acquire(args []string) string {
	l := &lease{connection: strings.HasPrefix(args[0], "connection")}
	l.abort = func(cause error) { s.happens(args[0], "ends: "+cause.Error()) }
	var want *Target
	if len(args) > 1 {
		want = s.targets[args[1]]
	}
	if err := s.group.acquire("", Request{}, want, l); err != nil {
		return err.Error()
	}
	s.leases[args[0]] = l
	return l.target.Name()
}

// release ends leases of names, with the status that comes first: "release 200 r1 r2".
func (s *groupStory) release(args []string) string {
	status, err := strconv.Atoi(args[0])
	if err != nil {
		s.t.Fatal(err)
	}
	for _, name := range args[1:] {
		s.leases[name].release(Outcome{Status: status})
	}
	return ""
}

// spread says how many of a thousand requests each target gets that come during some time, as
// many in each millisecond as in another: "spread 3s".
func (s *groupStory) spread(args []string) string {
	d, err := time.ParseDuration(args[0])
	if err != nil {
		s.t.Fatal(err)
	}
	counts := make(map[string]int)
	for range 1000 {
		time.Sleep(d / 1000)
		target, done, err := s.group.Pick(Request{})
		if err != nil {
			return err.Error()
		}
		done(Outcome{Status: 200})
		counts[target.Name()]++
	}
	var text []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		text = append(text, fmt.Sprintf("%s %d", name, counts[name]))
	}
	return strings.Join(text, ", ")
}

func (s *groupStory) close([]string) string { return errorText(s.group.Close()) }
