package kinesis

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/leat-go/leat/kinesis/internal/shard"
)

// errMisrouted is the failure of a record whose aggregated record came to another shard.
var errMisrouted = errors.New("kinesis: the stream was resharded, and the aggregated record came to a shard to which not all of its records belong")

// routeMap is the shards of a stream as they once were. It does not change.
type routeMap struct {
	router *shard.Router
	open   []string                // the open shards, as router counts them
	ranges map[string]HashKeyRange // of all shards
}

func newRouteMap(shards []Shard) (*routeMap, error) {
	m := &routeMap{ranges: make(map[string]HashKeyRange, len(shards))}
	var open []Shard
	for _, s := range shards {
		m.ranges[s.ID] = s.HashKeyRange
		if s.IsOpen() {
			open = append(open, s)
		}
	}
	slices.SortFunc(open, func(a, b Shard) int { return a.HashKeyRange.Start.Compare(b.HashKeyRange.Start) })
	ranges := make([]shard.Range, len(open))
	for i, s := range open {
		m.open = append(m.open, s.ID)
		ranges[i] = s.HashKeyRange.inner()
	}
	var err error
	m.router, err = shard.NewRouter(ranges)
	return m, err
}

// find returns the index of the open shard that has a hash key.
func (m *routeMap) find(key shard.HashKey) int { return m.router.Find(key) }

func (m *routeMap) knows(shardID string) bool {
	_, known := m.ranges[shardID]
	return known
}

// owns tells whether a shard is known and has the hash keys of all the parcels.
func (m *routeMap) owns(shardID string, list *parcels) bool {
	r, known := m.ranges[shardID]
	for c := list.first; known && c != nil; c = c.next {
		known = r.inner().Contains(c.hash)
	}
	return known
}

// reroute looks for what came to another shard than was expected, and has the parts of
// aggregated records put again that readers will drop there: all of them do if one part
// does not belong to the shard. (AggregatorUtil in awslabs/amazon-kinesis-client.)
func (p *Producer) reroute(s *shipment) {
	for i := range s.crates {
		c := &s.crates[i]
		if c.err != nil || c.put.ShardID == s.routes.open[c.shard] {
			continue
		}
		routes, err := p.relearn(s.routes, c.put.ShardID)
		if err != nil {
			s.report("Shards", "", err)
		}
		if c.parcels.n > 1 && (routes == nil || !routes.owns(c.put.ShardID, &c.parcels)) {
			c.decide(misrouted, errMisrouted)
		}
	}
}

// relearn returns routes that know a shard, or nil if there are none to be had. seen are
// those that did not expect a record there.
func (p *Producer) relearn(seen *routeMap, shardID string) (*routeMap, error) {
	p.mu.Lock()
	for p.learning != nil {
		learned := p.learning
		p.mu.Unlock()
		<-learned
		p.mu.Lock()
	}
	routes := p.backlog.routes
	if routes == nil || routes != seen && routes.knows(shardID) {
		p.mu.Unlock()
		return routes, nil
	}
	p.learning = make(chan struct{})
	p.mu.Unlock()
	return p.learn(shardID)
}

// mustLearn tells whether to wait for the shards to be known, and sees to that. The
// caller holds mu.
func (p *Producer) mustLearn(now time.Duration) bool {
	switch {
	case !p.cfg.Aggregate || p.backlog.aborted:
		return false
	case p.learning != nil:
		return true
	case p.backlog.routes != nil:
		return false
	case now < p.learnAfter:
		return false // records go plain meanwhile
	}
	p.learning = make(chan struct{})
	p.running++
	go func() {
		// Deferred because OnError may end the goroutine.
		defer p.learned()
		if _, err := p.learn(""); err != nil {
			p.report(&ProducerError{Op: "Shards", Err: err})
		}
	}()
	return true
}

func (p *Producer) learned() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running--
	p.schedule(time.Since(p.start))
}

// learn asks the stream for its shards. Without an answer, or with one that is behind and
// does not know the shard that it should, nothing is aggregated for a while. The caller
// has set learning.
func (p *Producer) learn(shardID string) (routes *routeMap, err error) {
	err = errors.New("kinesis: the stream's Shards ended its goroutine")
	// Deferred because the stream of a test may do that.
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if err != nil {
			routes = nil
			p.learnAfter = time.Since(p.start) + p.cfg.MaxBackoff
		}
		p.backlog.routes = routes
		close(p.learning)
		p.learning = nil
	}()
	ctx, cancel := context.WithTimeout(p.requests, p.cfg.RequestTimeout)
	defer cancel()
	for attempts := 1; ; attempts++ {
		routes, err = p.askForShards(ctx, shardID)
		// At first, when there is nothing to lose, one attempt will do.
		if err == nil || shardID == "" || !retryable(err) || !rest(ctx, jittered(&p.cfg, attempts)) {
			return routes, err
		}
	}
}

func (p *Producer) askForShards(ctx context.Context, shardID string) (*routeMap, error) {
	shards, err := p.stream.Shards(ctx)
	if err != nil {
		return nil, err
	}
	routes, err := newRouteMap(shards)
	if err == nil && shardID != "" && !routes.knows(shardID) {
		err = &Error{Op: "Shards", Err: ErrInternalFailure, Message: "The list of shards lacks " + shardID + ", which accepted a record."}
	}
	return routes, err
}
