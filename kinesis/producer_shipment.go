package kinesis

import (
	"math"
	"slices"
	"sync"
	"time"

	"github.com/leat-go/leat/kinesis/internal/kpl"
)

// shipment is one request, while it is put together, sent and concluded.
type shipment struct {
	cfg       *ProducerConfig
	crates    []crate   // an entry of the request each
	lapsed    parcels   // given up without being sent
	routes    *routeMap // nil if records are not aggregated
	size      int
	full      bool
	shared    map[int]int // by shard: the crate that takes more of its records
	packer    kpl.Packer
	packed    []byte            // the aggregated records, one after the other
	delays    [64]time.Duration // by attempts, as drawn for this shipment
	retrials  []retrial
	reports   []*ProducerError
	told      int     // crates that untold has come to; one more with lapsed
	following *parcel // the one that untold looks at next
}

// crate is an entry of a request: a record, or several that are aggregated.
type crate struct {
	parcels parcels
	shard   int // where it should come to, in the routes; -1 if that is not known
	shared  bool
	size    int // in the request, at most
	put     Put
	err     error
}

var spareShipments = sync.Pool{New: func() any { return &shipment{shared: map[int]int{}} }}

func (s *shipment) begin(cfg *ProducerConfig, routes *routeMap) {
	s.cfg, s.routes = cfg, routes
	s.packer.Limit = math.MaxInt // sizes are known before
}

// release makes a shipment that is concluded ready for the next.
func (s *shipment) release() {
	clear(s.crates)
	clear(s.shared)
	clear(s.retrials)
	s.packer.Reset()
	*s = shipment{crates: s.crates[:0], shared: s.shared, packer: s.packer, packed: s.packed[:0], retrials: s.retrials[:0]}
	spareShipments.Put(s)
}

const (
	// crateOverhead is what an aggregated record has beside its records: magic number,
	// checksum and partition key.
	crateOverhead = 4 + 16 + 1
	// partOverhead is what a record in it has at most beside data and keys: tags, lengths
	// and indexes.
	partOverhead = 24
)

// packedSize is the most bytes by which a record makes an aggregated one larger.
func packedSize(c *parcel) int { return c.size + len(c.ExplicitHashKey) + partOverhead }

// place finds the crate for a parcel: an index of crates, or one behind them for a new
// one. It is not ok if the request has no room.
func (s *shipment) place(c *parcel) (at int, ok bool) {
	if s.full || c.alone && len(s.crates) > 0 {
		return 0, false
	}
	if s.routes != nil {
		if at, ok := s.shared[s.routes.find(c.hash)]; ok && s.joins(at, c) {
			return at, true
		}
	}
	at = len(s.crates)
	return at, at == 0 || at < s.cfg.BatchRecords && s.size+s.newSize(c) <= s.cfg.BatchBytes
}

// joins tells whether a parcel can be aggregated with those in a crate.
func (s *shipment) joins(at int, c *parcel) bool {
	into := &s.crates[at]
	return into.shared && !c.alone && s.routes.find(c.hash) == into.shard &&
		into.size+s.growth(into, c) <= s.cfg.AggregateBytes && s.size+s.growth(into, c) <= s.cfg.BatchBytes
}

// newSize is what a crate for c begins with: aggregated, if more may join it.
func (s *shipment) newSize(c *parcel) int {
	if s.sharing(c) {
		return crateOverhead + packedSize(c)
	}
	return c.size
}

func (s *shipment) sharing(c *parcel) bool {
	return s.routes != nil && !c.alone && crateOverhead+packedSize(c) < s.cfg.AggregateBytes
}

// growth is packedSize, but that a key which repeats the last one costs nothing.
func (s *shipment) growth(into *crate, c *parcel) int {
	if into.parcels.last.PartitionKey == c.PartitionKey {
		return packedSize(c) - len(c.PartitionKey)
	}
	return packedSize(c)
}

// load puts a parcel where place or joins said.
func (s *shipment) load(at int, c *parcel) {
	if at < len(s.crates) {
		into := &s.crates[at]
		grows := s.growth(into, c)
		into.parcels.push(c)
		into.size += grows
		s.size += grows
		return
	}
	fresh := crate{shard: -1, size: s.newSize(c), shared: s.sharing(c)}
	if s.routes != nil {
		fresh.shard = s.routes.find(c.hash)
	}
	fresh.parcels.push(c)
	s.crates = append(s.crates, fresh)
	if fresh.shared {
		s.shared[fresh.shard] = at
	}
	s.size += fresh.size
	s.full = c.alone
}

// entries is the request. What is aggregated in it is valid until release.
func (s *shipment) entries() []Entry {
	entries := make([]Entry, len(s.crates))
	s.packed = slices.Grow(s.packed, s.size)
	for i := range s.crates {
		c := &s.crates[i]
		if c.parcels.n == 1 {
			entries[i] = c.parcels.first.Entry
			continue
		}
		s.packer.Reset()
		for part := c.parcels.first; part != nil; part = part.next {
			s.packer.Add(part.PartitionKey, part.ExplicitHashKey, part.Data)
		}
		from := len(s.packed)
		s.packed = append(s.packed, s.packer.Bytes()...)
		entries[i] = Entry{
			PartitionKey:    kpl.PartitionKey,
			ExplicitHashKey: s.packer.ExplicitHashKey(),
			Data:            s.packed[from:len(s.packed):len(s.packed)],
		}
	}
	return entries
}

// retryAt lets a parcel wait. Those of one shipment that were sent as often wait
// together, so that they share a request again.
func (s *shipment) retryAt(c *parcel, now time.Duration) {
	at := now
	if c.fate == toBeRetried {
		at += s.delay(c)
	}
	for i := range s.retrials {
		if s.retrials[i].at == at {
			s.retrials[i].push(c)
			return
		}
	}
	s.retrials = append(s.retrials, retrial{at: at})
	s.retrials[len(s.retrials)-1].push(c)
}

// delay is the backoff of a parcel, of which half is random.
func (s *shipment) delay(c *parcel) time.Duration {
	d := &s.delays[min(c.attempts, len(s.delays)-1)]
	if *d == 0 {
		*d = jittered(s.cfg, c.attempts)
	}
	return *d
}

// untold returns the next parcel of which something is to be told, and the stream's
// answer if it was accepted; nil when there is none left.
func (s *shipment) untold() (*parcel, Put) {
	for {
		for s.following != nil {
			c := s.following
			s.following = c.next
			switch {
			case c.fate == accepted:
				return c, s.crates[s.told-1].put
			case c.fate.settled():
				return c, Put{}
			}
		}
		switch {
		case s.told < len(s.crates):
			s.following = s.crates[s.told].parcels.first
		case s.told == len(s.crates):
			s.following = s.lapsed.first
		default:
			return nil, Put{}
		}
		s.told++
	}
}
