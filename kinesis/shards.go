package kinesis

import (
	"context"
	"sort"
	"time"
)

// Shards implements [Stream]. A stream that is being created has none yet. (ListShards.)
func (s *LocalStream) Shards(ctx context.Context) ([]Shard, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	page, err := s.ListShards(ShardListRequest{Limit: maxShardPage})
	for err == nil && page.HasMore {
		var more ShardPage
		more, err = s.ListShards(ShardListRequest{Limit: maxShardPage, ExclusiveStartShard: page.Shards[len(page.Shards)-1].ID})
		page.Shards, page.HasMore = append(page.Shards, more.Shards...), more.HasMore
	}
	if err != nil {
		return nil, located("Shards", s.name, err)
	}
	return page.Shards, nil
}

// ShardListRequest asks for a page of a stream's shards.
type ShardListRequest struct {
	// Filter says which shards. Zero means all that can be read.
	Filter ShardFilter
	// ExclusiveStartShard is the last shard of the page before. Empty means the first
	// page.
	ExclusiveStartShard string
	// Limit is the length of the page, 1 to 10,000. Zero means 1,000.
	Limit int
}

// ShardFilter says which shards to list. (ShardFilter in the API reference.)
type ShardFilter struct {
	Type      ShardFilterType // empty means FilterFromTrimHorizon
	ShardID   string          // for FilterAfterShardID
	Timestamp time.Time       // for FilterAtTimestamp and FilterFromTimestamp; not in the future
}

// ShardFilterType is which shards to list.
type ShardFilterType string

const (
	FilterAfterShardID    ShardFilterType = "AFTER_SHARD_ID"    // created after a shard
	FilterAtTrimHorizon   ShardFilterType = "AT_TRIM_HORIZON"   // open when the retention period began
	FilterFromTrimHorizon ShardFilterType = "FROM_TRIM_HORIZON" // open then or created since: all
	FilterAtLatest        ShardFilterType = "AT_LATEST"         // open now
	FilterAtTimestamp     ShardFilterType = "AT_TIMESTAMP"      // open at a time
	FilterFromTimestamp   ShardFilterType = "FROM_TIMESTAMP"    // open then or created since
)

// ShardPage is a page of a list of shards.
type ShardPage struct {
	Shards  []Shard // in the order in which they were created
	HasMore bool
}

const (
	defaultShardPage = 1000
	maxShardPage     = 10_000
)

// ListShards lists shards. It fails with ErrInvalidArgument. (ListShards.)
func (s *LocalStream) ListShards(req ShardListRequest) (ShardPage, error) {
	orElse(&req.Limit, defaultShardPage)
	orElse(&req.Filter.Type, FilterFromTrimHorizon)
	now, err := s.enter("ListShards")
	if err != nil {
		return ShardPage{}, err
	}
	defer s.mu.Unlock()
	matches, err := s.core.matcher(now, req.Filter)
	if err == nil && (req.Limit < 0 || req.Limit > maxShardPage) {
		err = invalid("Limit is %d; it must be 1 to %d.", req.Limit, maxShardPage)
	}
	if err != nil {
		return ShardPage{}, located("ListShards", s.name, err)
	}
	var page ShardPage
	if s.state.at(now) == StatusCreating {
		return page, nil
	}
	for _, sh := range s.core.after(req.ExclusiveStartShard) {
		if sh.hidden || !matches(sh) {
			continue
		}
		if page.HasMore = len(page.Shards) == req.Limit; page.HasMore {
			break
		}
		page.Shards = append(page.Shards, sh.view())
	}
	return page, nil
}

// after returns the shards after one with an id; all if that is none.
func (c *core) after(id string) []*shardState {
	index, ok := indexOf(id)
	if !ok {
		return c.shards
	}
	return c.shards[sort.Search(len(c.shards), func(i int) bool { return c.shards[i].index > index }):]
}

// matcher tells which shards a filter lets through.
func (c *core) matcher(now int64, f ShardFilter) (func(*shardState) bool, error) {
	openAt := func(ms int64) func(*shardState) bool {
		return func(sh *shardState) bool {
			return sh.openedAt <= ms && (!sh.sealed || sh.closedAt/int64(time.Millisecond) > ms)
		}
	}
	openSince := func(ms int64) func(*shardState) bool {
		return func(sh *shardState) bool { return !sh.sealed || sh.closedAt/int64(time.Millisecond) >= ms }
	}
	nowMS := now / int64(time.Millisecond)
	at := f.Timestamp.UnixMilli()
	switch f.Type {
	case FilterAfterShardID:
		index, ok := indexOf(f.ShardID)
		if !ok {
			return nil, invalid("ShardFilter.ShardId %.130q is not the id of a shard.", f.ShardID)
		}
		return func(sh *shardState) bool { return sh.index > index }, nil
	case FilterAtTrimHorizon:
		return openAt(max(nowMS-c.retention, c.began)), nil
	case FilterFromTrimHorizon:
		return func(*shardState) bool { return true }, nil
	case FilterAtLatest:
		return func(sh *shardState) bool { return !sh.sealed }, nil
	case FilterAtTimestamp, FilterFromTimestamp:
		if at > nowMS {
			return nil, invalid("The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. timestampInMillis: %d, currentTimestampInMillis: %d", at, nowMS)
		}
		at = max(at, c.began)
		if f.Type == FilterAtTimestamp {
			return openAt(at), nil
		}
		return openSince(at), nil
	}
	return nil, invalid("ShardFilter.Type is %.130q, which is none.", f.Type)
}

// Summary is what a stream holds.
type Summary struct {
	OpenShards int
	Shards     int   // that can be read
	Records    int64 // that can be read
	Bytes      int64 // of their data and partition keys
	Consumers  int   // that are registered
}

// Summary returns what the stream holds now; nothing once it is gone.
// (DescribeStreamSummary.)
func (s *LocalStream) Summary() Summary {
	consumers := len(s.Consumers())
	if _, err := s.enter("Summary"); err != nil {
		return Summary{}
	}
	defer s.mu.Unlock()
	c := s.core
	summary := Summary{OpenShards: len(c.open), Shards: len(c.shards), Consumers: consumers}
	summary.Records, summary.Bytes = c.seen()
	if c.waits() {
		summary.OpenShards, summary.Shards = c.seenShards()
	}
	return summary
}
