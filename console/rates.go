package console

import (
	"sync"
	"time"
	"weak"

	"github.com/leat-go/leat/kinesis"
)

// Rates are told between looks at a stream's counters: from one that is at least rateSpan
// old, if there is one, to the present, and never over less than rateLeast or more than
// rateMemory.
const (
	rateLeast  = time.Second
	rateSpan   = 5 * time.Second
	rateMemory = time.Minute
)

// rates remembers earlier looks at streams, as long as somebody looks.
type rates struct {
	mu     sync.Mutex
	looks  map[weak.Pointer[kinesis.LocalStream]]*looks // guarded by mu; replaced streams may go
	pruned time.Time                                    // guarded by mu
}

// looks are the two that matter: one to compare with, and one for when that is too old.
type looks struct{ older, newer look }

type look struct {
	at time.Time
	m  kinesis.Metrics
}

// rate is how fast a stream is written and read.
type rate struct {
	Over         seconds `json:"overSeconds"`
	RecordsIn    float64 `json:"recordsInPerSecond"`
	BytesIn      float64 `json:"bytesInPerSecond"`
	RecordsOut   float64 `json:"recordsOutPerSecond"` // to every reader and consumer
	BytesOut     float64 `json:"bytesOutPerSecond"`
	WriteRefused float64 `json:"entriesRefusedPerSecond"`
	ReadsRefused float64 `json:"readsRefusedPerSecond"`
}

// of returns the rates of a stream since an earlier look; nil if there was none lately.
func (r *rates) of(s *kinesis.LocalStream, now time.Time, m kinesis.Metrics) *rate {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.Sub(r.pruned) >= rateMemory {
		r.pruned = now
		for key, l := range r.looks {
			if now.Sub(l.newer.at) > rateMemory {
				delete(r.looks, key)
			}
		}
	}
	key := weak.Make(s)
	l := r.looks[key]
	if l == nil {
		if r.looks == nil {
			r.looks = map[weak.Pointer[kinesis.LocalStream]]*looks{}
		}
		l = &looks{newer: look{now, m}}
		r.looks[key] = l
		return nil
	}
	if now.Sub(l.newer.at) >= rateSpan {
		l.older, l.newer = l.newer, look{now, m}
	}
	base := l.older
	if base.at.IsZero() {
		base = l.newer
	}
	over := now.Sub(base.at)
	if over < rateLeast || over > rateMemory {
		return nil
	}
	per := func(now, before int64) float64 { return float64(now-before) / over.Seconds() }
	return &rate{
		Over:         seconds(over),
		RecordsIn:    per(m.IncomingRecords, base.m.IncomingRecords),
		BytesIn:      per(m.IncomingBytes, base.m.IncomingBytes),
		RecordsOut:   per(m.GetRecordsRecords+m.SubscribeToShardEventRecords, base.m.GetRecordsRecords+base.m.SubscribeToShardEventRecords),
		BytesOut:     per(m.GetRecordsBytes+m.SubscribeToShardEventBytes, base.m.GetRecordsBytes+base.m.SubscribeToShardEventBytes),
		WriteRefused: per(m.WriteProvisionedThroughputExceeded, base.m.WriteProvisionedThroughputExceeded),
		ReadsRefused: per(m.ReadProvisionedThroughputExceeded, base.m.ReadProvisionedThroughputExceeded),
	}
}
