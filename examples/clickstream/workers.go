package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/leat-go/leat/kinesis"
)

// workers is the group that counts. Its members share the shards of the stream by
// leases; in a real system each would be a program of its own, and the leases in a
// database.
type workers struct {
	stream  kinesis.Stream
	leases  *kinesis.MemoryLeases
	tally   *tally
	members []*kinesis.Group
	running errgroup.Group
}

func newWorkers(stream kinesis.Stream) *workers {
	return &workers{stream: stream, leases: kinesis.NewMemoryLeases(), tally: newTally()}
}

// hire adds a member. The others hand over shards to it, one after the other.
func (w *workers) hire() error {
	member, err := kinesis.NewGroup(w.stream, w.handle, kinesis.GroupConfig{
		Name:         "page-counters",
		WorkerID:     fmt.Sprintf("worker-%d", len(w.members)+1),
		Leases:       w.leases,
		FailoverTime: 500 * time.Millisecond, // ten seconds would be more usual; the replay takes only two
	})
	if err != nil {
		return err
	}
	w.members = append(w.members, member)
	w.running.Go(func() error { return member.Run(context.Background()) })
	return nil
}

// handle counts the lines in a batch of one shard.
func (w *workers) handle(_ context.Context, batch *kinesis.ShardBatch) error {
	for _, r := range batch.Records {
		l, ok := parseLine(string(r.Data))
		if !ok {
			return fmt.Errorf("%s is no line of a log: %.100q", r.SequenceNumber, r.Data)
		}
		w.tally.add(r.SequenceNumber, l)
	}
	return nil
}

// end has the members finish what they are at.
func (w *workers) end(ctx context.Context) error {
	var errs []error
	for _, member := range w.members {
		errs = append(errs, member.Shutdown(ctx))
	}
	return errors.Join(errs...)
}

func (w *workers) close() error {
	var errs []error
	for _, member := range w.members {
		errs = append(errs, member.Close())
	}
	return errors.Join(append(errs, w.running.Wait())...)
}
