package elb

import (
	"context"
	"errors"
	"sync"
)

// Shutdown stops accepting connections, and waits until the requests under way are over,
// WebSockets among them, or ctx is, whose error it returns then. What still comes by Serve's
// connections is answered before they are closed; where another server has them it is answered
// with 503. Health checks are the groups' affair and go on. It may be called more than once, and
// after Close.
func (lb *LoadBalancer) Shutdown(ctx context.Context) error {
	servers := lb.stop()
	var wait sync.WaitGroup
	faults := make([]error, len(servers))
	for i, f := range servers {
		wait.Go(func() {
			if faults[i] = errors.Join(f.server.Shutdown(ctx), f.await(ctx)); faults[i] == nil {
				f.conns.Wait()
			}
		})
	}
	wait.Wait()
	if err := lb.awaitIdle(ctx); err != nil {
		return err
	}
	return errors.Join(faults...)
}

// Close ends everything at once: the connections that Serve accepted, and all requests, at
// the targets too. It waits for their ends, for half a second perhaps where a client that was
// refused may still send; a target in this process that does not heed its request's context
// holds it up. It always returns nil.
func (lb *LoadBalancer) Close() error {
	servers := lb.stop()
	lb.cancel(ErrBalancerClosed)
	for _, f := range servers {
		_ = f.server.Close()
	}
	for _, f := range servers {
		_ = f.await(context.Background())
		f.conns.Wait()
	}
	_ = lb.awaitIdle(context.Background())
	return nil
}

// stop begins the end. It returns what is to be ended.
func (lb *LoadBalancer) stop() []*frontServer {
	lb.mu.Lock()
	defer lb.mu.Unlock()
	lb.stopping = true
	lb.draining.Store(true)
	servers := make([]*frontServer, 0, len(lb.servers))
	for f := range lb.servers {
		servers = append(servers, f)
	}
	return servers
}

// awaitIdle waits for a moment after stop at which no request is left.
func (lb *LoadBalancer) awaitIdle(ctx context.Context) error {
	lb.mu.Lock()
	if lb.idle == nil {
		lb.idle = make(chan struct{})
	}
	idle := lb.idle
	if lb.active.Load() == 0 { // else the last one finds idle when it leaves
		close(idle)
		lb.idle = nil
	}
	lb.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
