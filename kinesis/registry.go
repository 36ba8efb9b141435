package kinesis

import (
	"fmt"
	"sync"
	"time"
)

// registry holds the streams of all accounts and regions of a Service.
type registry struct {
	start   time.Time
	startNS int64 // start.UnixNano()
	config  ServiceConfig

	mu       sync.Mutex // taken last
	streams  map[arn]*LocalStream
	accounts map[place]AccountSettings // made when first set
	closed   bool

	disk   *serviceDisk  // nil in memory
	leases *MemoryLeases // of a service in memory, made when first wanted; guarded by mu
}

// place is an account in a region.
type place struct{ region, account string }

// now returns the time in nanoseconds since 1970. It follows the monotonic clock,
// so it never runs backwards, whatever becomes of the wall clock.
func (r *registry) now() int64 { return r.startNS + int64(time.Since(r.start)) }

// get returns the stream of an ARN.
func (r *registry) get(op string, a arn, said string) (*LocalStream, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, &Error{Op: op, Stream: said, Err: ErrClosed}
	}
	if stream := r.lookup(a); stream != nil && !stream.pending {
		return stream, nil
	}
	return nil, &Error{Op: op, Stream: said, Err: ErrResourceNotFound, Message: notFound(a.name, a.account)}
}

// lookup returns the stream of an ARN, nil if there is none; it forgets one that has
// been deleted long enough ago. The caller holds mu.
func (r *registry) lookup(a arn) *LocalStream {
	stream := r.streams[a]
	if stream != nil && stream.deleted != 0 && stream.deleted <= r.now() {
		delete(r.streams, a)
		return nil
	}
	return stream
}

// forget drops a stream that was closed.
func (r *registry) forget(s *LocalStream) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if a := (arn{s.region, s.account, s.name}); r.streams[a] == s {
		delete(r.streams, a)
	}
}

// reserve lets a provisioned stream have more open shards, if its account may. The
// caller calls release when it has them or not; until then no other stream of the
// service gets any.
func (r *registry) reserve(s *LocalStream, more int) (release func(), err error) {
	r.mu.Lock()
	if err := r.room(s, more); err != nil {
		r.mu.Unlock()
		return nil, err
	}
	return func() {
		s.shards.Store(int64(len(s.core.open)))
		r.mu.Unlock()
	}, nil
}

// room returns ErrLimitExceeded if there may not be so many more shards of provisioned
// streams in the account of one. The caller holds mu.
func (r *registry) room(s *LocalStream, more int) error {
	count := 0
	for a := range r.streams {
		other := r.lookup(a)
		if other != nil && a.region == s.region && a.account == s.account && other.config.Load().Mode == ModeProvisioned {
			count += int(other.shards.Load())
		}
	}
	if more == 0 || count+more <= r.config.ShardLimit {
		return nil
	}
	return &Error{Err: ErrLimitExceeded, Message: fmt.Sprintf("This request would exceed the shard limit for the account %s in %s. Current shard count for the account: %d. Limit: %d. Number of additional shards that would have resulted from this request: %d. Refer to the AWS Service Limits page (http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current limits and how to request higher limits.",
		s.account, s.region, count, r.config.ShardLimit, more)}
}

// onDemand counts the on-demand streams of an account. The caller holds mu.
func (r *registry) onDemand(account, region string) (n int) {
	for a := range r.streams {
		s := r.lookup(a)
		if s != nil && a.region == region && a.account == account && s.config.Load().Mode == ModeOnDemand {
			n++
		}
	}
	return n
}

// admit returns ErrLimitExceeded if the account of a stream that is to have a mode and a
// number of open shards may not have it. The caller holds mu.
func (r *registry) admit(s *LocalStream, mode StreamMode, shards int) error {
	if mode == ModeProvisioned {
		return r.room(s, shards)
	}
	if r.onDemand(s.account, s.region) < r.config.OnDemandStreamLimit {
		return nil
	}
	return &Error{Err: ErrLimitExceeded, Message: fmt.Sprintf("The account %s has %d on-demand streams in %s, which is the most.", s.account, r.config.OnDemandStreamLimit, s.region)}
}

func notFound(name, account string) string {
	return "Stream " + name + " under account " + account + " not found."
}
