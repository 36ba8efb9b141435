package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/leat-go/leat/elb"
)

// story is one run of the program.
type story struct {
	*tier
	apis, webs []*server
	visitors   *visitors
	out        io.Writer
	log        *log.Logger

	watching sync.WaitGroup
	unwatch  context.CancelFunc
}

// patience is how long anything may take.
const patience = 30 * time.Second

// newStory starts everything. The story is to be closed even if that fails.
func newStory(stdout, stderr io.Writer) (s *story, err error) {
	s = &story{out: stdout, log: log.New(stderr, "", 0)}
	if s.tier, err = newTier(); err != nil {
		return s, err
	}
	// The third api server is a slow one.
	if s.apis, err = newFleet("api", 2*time.Millisecond, 2*time.Millisecond, 40*time.Millisecond); err != nil {
		return s, err
	}
	if s.webs, err = newFleet("web", 2*time.Millisecond, 2*time.Millisecond, 2*time.Millisecond); err != nil {
		return s, err
	}
	s.visitors = newVisitors(s.address, s.log)
	return s, nil
}

// tell has everything happen, and accounts for it, even if it is interrupted.
func (s *story) tell(ctx context.Context, wait bool) error {
	s.log.Printf("the shop:        http://%s/", s.address)
	s.log.Printf("the status page: %s", s.page)
	s.watch()
	limited, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("it is not over after %v", patience))
	defer cancel()
	err := s.happen(limited)
	s.table()
	account := s.account()
	s.print(account)
	err = errors.Join(err, check(account))
	if wait && err == nil {
		s.log.Print("Ctrl-C ends the program")
		for ctx.Err() == nil {
			s.visitors.come(ctx, 100)()
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
			}
		}
	}
	return err
}

// happen is what happens, if nothing interrupts it.
func (s *story) happen(ctx context.Context) error {
	if err := errors.Join(s.api.Register(targets(s.apis)...), s.web.Register(targets(s.webs)...)); err != nil {
		return err
	}
	for _, one := range s.apis {
		if err := await(ctx, s.api, one, elb.StateHealthy); err != nil {
			return err
		}
	}
	for _, one := range s.webs {
		if err := await(ctx, s.web, one, elb.StateHealthy); err != nil {
			return err
		}
	}
	s.say("%d api servers and %d web servers are healthy", len(s.apis), len(s.webs))
	for _, act := range []struct {
		requests int64
		of       func(context.Context) error
	}{
		{400, func(context.Context) error { return nil }},
		{1000, s.crashAndReturn},
		{600, s.drain},
	} {
		wait := s.visitors.come(ctx, act.requests)
		err := act.of(ctx)
		wait()
		if err != nil {
			return err
		}
	}
	s.say("%s, which is slow, got less to do than %s", s.apis[2].name, s.apis[1].name)
	if slow, fast := s.apis[2].served.Load(), s.apis[1].served.Load(); slow >= fast {
		return fmt.Errorf("that is not so: %d requests, and %d", slow, fast)
	}
	return nil
}

// crashAndReturn has a server crash. Until the third health check fails the balancer goes on
// trying it: what it does not answer is sent to the others.
func (s *story) crashAndReturn(ctx context.Context) error {
	one := s.webs[1]
	var broken int64
	if err := one.during(ctx, func() error { broken = one.crash(); return nil }); err != nil {
		return err
	}
	s.say("%s crashes in the middle of a request", one.name)
	s.log.Printf("%s: %d requests are broken off", one.name, broken)
	if err := await(ctx, s.web, one, elb.StateUnhealthy); err != nil {
		return err
	}
	s.say("%s is unhealthy", one.name)
	if err := one.start(); err != nil {
		return err
	}
	s.say("%s is started again", one.name)
	if err := await(ctx, s.web, one, elb.StateHealthy); err != nil {
		return err
	}
	s.say("%s is healthy", one.name)
	return nil
}

// drain takes a server out of service, as before its program is replaced by a newer one: it
// gets no new requests, and is stopped when those that it has are over.
func (s *story) drain(ctx context.Context) error {
	one := s.apis[0]
	if err := one.during(ctx, func() error { return s.api.Deregister(one.target) }); err != nil {
		return err
	}
	s.say("%s is deregistered in the middle of a request", one.name)
	if err := await(ctx, s.api, one, elb.StateUnused); err != nil {
		return err
	}
	if broken := one.crash(); broken > 0 {
		return fmt.Errorf("%s had %d requests left", one.name, broken)
	}
	s.say("%s is drained, and stopped: nothing was broken off", one.name)
	return nil
}

// await waits until a server is in a state as its group sees it.
func await(ctx context.Context, group *elb.TargetGroup, one *server, state elb.HealthState) error {
	changes := group.Watch(ctx) // first, so that there is none between the look and the wait
	if stateOf(group, one) == state {
		return nil
	}
	for c := range changes {
		if c.Target == one.target && c.To.State == state {
			return nil
		}
	}
	return fmt.Errorf("%s is not %s: %w", one.name, state, context.Cause(ctx))
}

func stateOf(group *elb.TargetGroup, one *server) elb.HealthState {
	for _, t := range group.Targets() {
		if t.Target == one.target {
			return t.Health.State
		}
	}
	return elb.StateUnused
}

// watch logs what becomes of the groups' targets.
func (s *story) watch() {
	ctx, cancel := context.WithCancel(context.Background())
	s.unwatch = cancel
	for _, group := range []*elb.TargetGroup{s.api, s.web} {
		changes := group.Watch(ctx)
		s.watching.Go(func() {
			for c := range changes {
				s.log.Printf("%s: %s, was %s. %s", c.Target.Name(), c.To.State, c.From.State, c.To.Description)
			}
		})
	}
}

func (s *story) say(format string, args ...any) { fmt.Fprintf(s.out, format+"\n", args...) }

// table logs what each server did, which is another each time.
func (s *story) table() {
	w := tabwriter.NewWriter(s.log.Writer(), 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "server\tserved\tbroken off\tstate\t")
	for _, one := range s.apis {
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\t\n", one.name, one.served.Load(), one.broken.Load(), stateOf(s.api, one))
	}
	for _, one := range s.webs {
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\t\n", one.name, one.served.Load(), one.broken.Load(), stateOf(s.web, one))
	}
	_ = w.Flush()
}

// close ends everything.
func (s *story) close() error {
	if s.unwatch != nil {
		s.unwatch()
	}
	if s.visitors != nil {
		s.visitors.through.CloseIdleConnections()
	}
	err := s.tier.close()
	for _, one := range append(s.apis, s.webs...) {
		one.crash()
	}
	s.watching.Wait()
	return err
}
