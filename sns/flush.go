package sns

import (
	"context"
	"sync"
)

// Flush waits until everything that the topic has accepted is delivered, dead-lettered
// or given up: what is published meanwhile it does not wait for. When ctx ends
// first it returns ctx's error. In a testing/synctest bubble even a schedule of
// retries over 23 days takes no time.
func (t *LocalTopic) Flush(ctx context.Context) error {
	outs, graves := t.couriers()
	if err := await(ctx, outs); err != nil {
		return err
	}
	return await(ctx, graves)
}

func (t *LocalTopic) couriers() (outs, graves []*courier) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for s := range t.everySubscription {
		outs, graves = append(outs, &s.out), append(graves, &s.graves)
	}
	return outs, graves
}

// await waits until every courier has settled what it has now.
func await(ctx context.Context, couriers []*courier) error {
	var left sync.WaitGroup
	watches := make([]*watch, len(couriers))
	for i, c := range couriers {
		c.mu.Lock()
		left.Add(1)
		if watches[i] = c.lane.watch(left.Done); watches[i] == nil {
			left.Done()
		}
		c.mu.Unlock()
	}
	done := make(chan struct{})
	go func() {
		left.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	for i, c := range couriers { // whose lanes must not remember what nobody waits for
		c.mu.Lock()
		if c.lane.unwatch(watches[i]) {
			left.Done()
		}
		c.mu.Unlock()
	}
	<-done
	return ctx.Err()
}
