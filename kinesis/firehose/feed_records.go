package firehose

import (
	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/internal/kpl"
)

// swallow accepts records of the Source.
func (s *DeliveryStream) swallow(records []kinesis.Record) {
	flat := unpacked(records)
	if len(flat) == 0 {
		return
	}
	st := s.settings.Load()
	var places []placement
	for {
		places = s.placed(st, flat)
		s.mu.Lock()
		if st == s.settings.Load() {
			break
		}
		s.mu.Unlock()
		st = s.settings.Load()
	}
	defer s.mu.Unlock()
	if s.closing {
		return // they stay in the source
	}
	now := s.registry.now()
	s.core.advance(now)
	delimited := st.cfg.AppendDelimiter && st.cfg.Transform == nil
	for i, raw := range flat {
		r := raw
		if delimited {
			r.Data = append(raw.Data[:len(raw.Data):len(raw.Data)], '\n')
		}
		var place *placement
		if places != nil {
			place = &places[i]
		}
		s.take(now, st, raw, r, place)
	}
	s.leave(now)
}

func (s *DeliveryStream) placed(st *settings, records []Record) []placement {
	if st.cfg.Partitioning == nil || st.cfg.Transform != nil {
		return nil
	}
	places := make([]placement, len(records))
	for i := range records {
		places[i] = st.place(records[i].Data, nil)
	}
	return places
}

// unpacked takes aggregated records apart.
func unpacked(records []kinesis.Record) []Record {
	flat := make([]Record, 0, len(records))
	for _, r := range records {
		if kpl.IsAggregated(r.Data) {
			if users, err := kpl.Unpack(r.Data); err == nil {
				for _, user := range users {
					flat = append(flat, Record{user.Data, r.ArrivalTime})
				}
				continue
			}
		}
		flat = append(flat, Record{r.Data, r.ArrivalTime})
	}
	return flat
}
