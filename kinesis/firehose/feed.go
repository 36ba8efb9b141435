package firehose

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/leat-go/leat/kinesis"
)

// feed reads a delivery stream's Source: each shard in a goroutine of its own, and a
// shard that came of others when those are read to their ends, so that records of one
// partition key keep their order.
type feed struct {
	stream *DeliveryStream
	source kinesis.Stream
	ctx    context.Context
	cancel context.CancelFunc
	shards map[string]*fedShard // that are not read to their ends, by id; guarded by stream.mu
}

// fedShard is a shard of the Source.
type fedShard struct {
	id       string
	parents  []string
	position kinesis.Position
	begun    bool // guarded by stream.mu
}

const (
	feedTimeout = 30 * time.Second // of finding the shards
	feedWait    = 20 * time.Second // of a read without records
	feedBytes   = 1 << 20          // of a read
)

// newFeed finds the shards of a source, and where to begin in them.
func newFeed(s *DeliveryStream, cfg *Config) (*feed, error) {
	f := &feed{stream: s, source: cfg.Source, shards: map[string]*fedShard{}}
	f.ctx, f.cancel = context.WithCancel(context.Background())
	ctx, cancel := context.WithTimeout(f.ctx, feedTimeout)
	defer cancel()
	listed, err := f.source.Shards(ctx)
	for i := 0; i < len(listed) && err == nil; i++ {
		err = f.find(ctx, &listed[i], cfg.SourcePosition)
	}
	if err != nil {
		f.cancel()
		return nil, err
	}
	return f, nil
}

func (f *feed) find(ctx context.Context, listed *kinesis.Shard, from *kinesis.Position) error {
	shard := &fedShard{id: listed.ID}
	for _, id := range []string{listed.ParentID, listed.AdjacentParentID} {
		if id != "" {
			shard.parents = append(shard.parents, id)
		}
	}
	switch {
	case from != nil && from.Type != kinesis.Latest:
		shard.position = *from
		f.shards[shard.id] = shard
		return nil
	case !listed.IsOpen():
		return nil
	}
	// The position is fixed now, so that nothing is missed that comes from now on.
	batch, err := f.source.Read(ctx, kinesis.ReadRequest{ShardID: shard.id, Position: kinesis.Position{Type: kinesis.Latest}, Limit: 1})
	shard.position = batch.Next
	if batch.End {
		f.adopt(batch.ChildShards)
	} else {
		f.shards[shard.id] = shard
	}
	return err
}

// start begins to read.
func (f *feed) start() {
	f.stream.mu.Lock()
	defer f.stream.mu.Unlock()
	f.spread()
}

// spread begins with the shards whose turn it is. The caller holds stream.mu.
func (f *feed) spread() {
	for _, shard := range f.shards {
		if !shard.begun && !slices.ContainsFunc(shard.parents, f.isUnread) {
			shard.begun = true
			f.stream.feeding++
			go f.read(shard)
		}
	}
}

// isUnread tells whether there is more to come from a shard.
func (f *feed) isUnread(id string) bool { return f.shards[id] != nil }

// adopt takes note of shards that took the place of others.
func (f *feed) adopt(children []kinesis.ChildShard) {
	for _, child := range children {
		if f.shards[child.ShardID] == nil {
			f.shards[child.ShardID] = &fedShard{id: child.ShardID, parents: child.ParentShards}
		}
	}
}

// read reads a shard to its end.
func (f *feed) read(shard *fedShard) {
	ended, children := f.readAll(shard)
	s := f.stream
	s.mu.Lock()
	defer s.mu.Unlock()
	if ended {
		delete(f.shards, shard.id)
		f.adopt(children)
		if !s.draining {
			f.spread()
		}
	}
	s.feeding--
	if s.draining && !s.closing && s.feeding == 0 {
		s.core.renew() // what came since Shutdown
	}
	s.leave(s.registry.now())
}

// readAll returns the shards that come after a shard, if it was read to its end.
func (f *feed) readAll(shard *fedShard) (ended bool, children []kinesis.ChildShard) {
	position := shard.position
	var pause time.Duration
	for f.awaitRoom() {
		began := time.Now()
		batch, err := f.source.Read(f.ctx, kinesis.ReadRequest{ShardID: shard.id, Position: position, MaxBytes: feedBytes, Wait: feedWait})
		if err == nil {
			f.stream.swallow(batch.Records)
			position = batch.Next
		}
		switch {
		case f.ctx.Err() != nil:
			return false, nil
		case errors.Is(err, kinesis.ErrClosed):
			f.stream.log().Error("the source is closed", slog.String("shard", shard.id))
			return false, nil
		case errors.Is(err, kinesis.ErrResourceNotFound):
			f.stream.log().Error("a shard of the source is gone", slog.String("shard", shard.id))
			return true, nil
		case err != nil:
			f.stream.log().Warn("reading the source failed", slog.String("shard", shard.id), slog.Any("error", err))
		case batch.End:
			return true, batch.ChildShards
		case len(batch.Records) > 0 || time.Since(began) >= feedWait/2:
			pause = 0
			continue
		}
		// Also for a source that says at once, without an error, that it has nothing:
		// it would be asked in a busy loop.
		pause = min(max(2*pause, 250*time.Millisecond), 30*time.Second)
		if !sleep(f.ctx, pause) {
			return false, nil
		}
	}
	return false, nil
}

// awaitRoom waits until there is room for more, and reports false if ctx ended.
func (f *feed) awaitRoom() bool {
	s := f.stream
	for f.ctx.Err() == nil {
		s.mu.Lock()
		if s.core.held < s.settings.Load().cfg.MaxBuffered {
			s.mu.Unlock()
			return true
		}
		if s.roomy == nil {
			s.roomy = make(chan struct{})
		}
		roomy := s.roomy
		s.core.cutAll() // there is no sense in waiting for more
		s.leave(s.registry.now())
		s.mu.Unlock()
		select {
		case <-roomy:
		case <-f.ctx.Done():
		}
	}
	return false
}

// sleep returns false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
