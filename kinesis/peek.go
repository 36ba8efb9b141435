package kinesis

import (
	"context"
	"time"
)

// Peek returns up to limit records of a shard from a position on, as Read does, without
// waiting and without using up what the shard's readers may read: nothing changes. A
// limit of zero means 10,000. It is for tests and people; AWS has no such operation. It
// fails with ErrResourceNotFound or ErrInvalidArgument, as Read does.
func (s *LocalStream) Peek(shardID string, p Position, limit int) (Batch, error) {
	return s.read(context.Background(), "Peek", ReadRequest{ShardID: shardID, Position: p, Limit: limit}, false)
}

// Backlog is what a shard has from a position on.
type Backlog struct {
	Records int64
	Oldest  time.Time // when the first of them arrived; zero if there is none
}

// Backlog tells how much a reader at a position has before it, without reading: nothing
// changes, and it takes no longer where there is more. It is for tests and people; AWS
// has no such operation. It fails with ErrResourceNotFound or ErrInvalidArgument, as
// Read does.
func (s *LocalStream) Backlog(shardID string, p Position) (Backlog, error) {
	now, err := s.enter("Backlog")
	if err != nil {
		return Backlog{}, err
	}
	defer s.mu.Unlock()
	sh, index, err := s.locate("Backlog", now, shardID, p)
	if err != nil {
		return Backlog{}, err
	}
	index = max(index, sh.oldest())
	b := Backlog{Records: sh.tip - index}
	if b.Records > 0 {
		b.Oldest = time.UnixMilli(sh.log.arrived(int(index - sh.oldest())))
	}
	return b, nil
}
