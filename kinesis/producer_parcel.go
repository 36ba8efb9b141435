package kinesis

import (
	"sync"
	"time"

	"github.com/leat-go/leat/kinesis/internal/shard"
)

// parcel is a record from Add until it is settled. It is in one list at a time.
type parcel struct {
	Entry
	done  func(Put, error) // may be nil
	hash  shard.HashKey    // with Aggregate only
	size  int              // bytes of data and partition key
	added time.Duration
	lane  *keyLane // with Ordered, else nil
	epoch *epoch
	next  *parcel // in its list

	attempts int   // how often it was sent
	err      error // the last failure
	fate     fate
	alone    bool // not to share a request
}

// fate is what became of a parcel that was taken.
type fate uint8

const (
	inTransit   fate = iota
	accepted         // by the stream
	failed           // for good
	expired          // before the stream accepted it
	cancelled        // by Close
	toBeRetried      // after a backoff
	suspected        // of having spoiled a request, so sent alone, at once
	misrouted        // aggregated and not in its shard, so sent by the new shards, at once
)

func (f fate) settled() bool { return accepted <= f && f <= cancelled }

// parcels is a list, first in first out.
type parcels struct {
	first, last *parcel
	n           int
	size        int // bytes of all
}

func (l *parcels) push(c *parcel) {
	c.next = nil
	if l.last == nil {
		l.first = c
	} else {
		l.last.next = c
	}
	l.last = c
	l.n++
	l.size += c.size
}

func (l *parcels) pop() *parcel {
	c := l.first
	if l.first = c.next; l.first == nil {
		l.last = nil
	}
	c.next = nil
	l.n--
	l.size -= c.size
	return c
}

// append moves what is in other to the end of l.
func (l *parcels) append(other *parcels) {
	if other.n == 0 {
		return
	}
	if l.last == nil {
		*l = *other
	} else {
		l.last.next = other.first
		l.last = other.last
		l.n += other.n
		l.size += other.size
	}
	*other = parcels{}
}

// keyLane is the unsettled records of one partition key, in a producer that is Ordered.
// At most one of them is in the backlog's lists of those that may be sent, or some are
// in one crate.
type keyLane struct {
	waiting  parcels // not to be sent yet
	returned parcels // came back with the one that is retried, and go before waiting
	out      int     // of its parcels, those taken and not concluded
	held     bool    // one of those that came back is retried before all others
}

var spareLanes = sync.Pool{New: func() any { return new(keyLane) }}

// epoch is the records added between two calls of Flush.
type epoch struct {
	unsettled int
	done      chan struct{} // closed when this and all earlier ones are settled
}
