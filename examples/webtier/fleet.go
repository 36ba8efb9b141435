package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/leat-go/leat/elb"
)

// server is a server of the site, and the balancer's target. It knows nothing of a balancer.
type server struct {
	name   string
	work   time.Duration // that a request makes
	target *elb.Target
	http   *http.Server
	kill   context.CancelFunc // ends what the requests do

	working, served, broken atomic.Int64 // requests
	amid                    atomic.Pointer[func()]
}

// newFleet starts servers, which take a time for each request.
func newFleet(group string, work ...time.Duration) (fleet []*server, err error) {
	for i, work := range work {
		s := &server{name: fmt.Sprintf("%s-%d", group, i+1), work: work}
		if err := s.start(); err != nil {
			return fleet, err
		}
		fleet = append(fleet, s)
	}
	return fleet, nil
}

// start has the server listen: at the address it had if this is not the first time.
func (s *server) start() error {
	address := ""
	if s.target != nil {
		address = s.target.Address
	}
	l, err := listen(address)
	if err != nil {
		return err
	}
	if s.target == nil {
		s.target = &elb.Target{ID: s.name, Address: l.Addr().String()}
	}
	life, kill := context.WithCancel(context.Background())
	s.http, s.kill = &http.Server{Handler: s, BaseContext: func(net.Listener) context.Context { return life }}, kill
	go func(h *http.Server) { _ = h.Serve(l) }(s.http) // until it is closed
	return nil
}

// crash ends the server as kill -9 would: its listener and all connections are closed,
// whatever is going on there. It returns how many requests that breaks off.
func (s *server) crash() int64 {
	_ = s.http.Close() // the listener's error; there is nothing to be done about it
	s.kill()
	return s.working.Load()
}

// during does something in the middle of the next request that the server gets, which is
// answered only afterwards. It waits for that.
func (s *server) during(ctx context.Context, do func() error) error {
	done := make(chan error, 1)
	s.amid.Store(new(func() { done <- do() }))
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// ServeHTTP answers with the server's name, and with what it was sent.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == healthCheck.Path {
		return // 200: it is well
	}
	s.working.Add(1)
	defer s.working.Add(-1)
	body, err := io.ReadAll(r.Body)
	if do := s.amid.Swap(nil); do != nil {
		(*do)()
	}
	select {
	case <-time.After(s.work):
	case <-r.Context().Done():
	}
	if err != nil || r.Context().Err() != nil {
		s.broken.Add(1)
		panic(http.ErrAbortHandler) // or it would be an answer, if the connection is still there
	}
	s.served.Add(1)
	w.Header().Set(servedBy, s.name)
	_, _ = w.Write(body) // who is gone does not miss it
}

const servedBy = "Served-By"

// targets are the servers as a target group knows them.
func targets(fleet []*server) (all []*elb.Target) {
	for _, s := range fleet {
		all = append(all, s.target)
	}
	return all
}
