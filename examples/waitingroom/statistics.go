package main

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/leat-go/leat/cloudwatch"
	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/lambda"
)

// statistics is a function that keeps a table of what happens, from the stream alone. It
// knows nothing of the room, whose decisions it checks.
type statistics struct {
	waitingNow, insideNow *cloudwatch.Gauge
	width                 int // tickets of a line of the table

	mu      sync.Mutex
	guests  map[string]*guest      // who are not gone; guarded by mu
	figures figures                // guarded by mu
	bands   []band                 // guarded by mu
	last    kinesis.SequenceNumber // guarded by mu
}

// guest is somebody who waits or is inside.
type guest struct {
	arrived time.Time
	ticket  int // once admitted
}

// figures are what the statistics count.
type figures struct {
	records        map[kind]int // read
	all            int          // of these
	waiting        int          // now
	inside         int          // now
	mostInside     int          // ever
	admitted       int
	left           int
	expiredWaiting int
	expiredInside  int
	lateLeft       int           // left when they were removed already
	lastTicket     int           // admitted
	disorder       int           // admissions that were not in the order of the tickets
	again          int           // admissions of who was inside or gone
	waited         time.Duration // by all who were admitted, together
}

// band is a line of the table: some tickets that follow each other.
type band struct{ admitted, left, expiredWaiting, expiredInside int }

// newStatistics returns statistics with a table of about ten lines for so many visitors.
func newStatistics(visitors int, waitingNow, insideNow *cloudwatch.Gauge) *statistics {
	width := (visitors + 9) / 10
	return &statistics{
		waitingNow: waitingNow, insideNow: insideNow, width: width,
		guests:  map[string]*guest{},
		figures: figures{records: map[kind]int{}},
		bands:   make([]band, (visitors+width-1)/width),
	}
}

// handle is the function.
func (s *statistics) handle(_ context.Context, batch lambda.StreamEvent) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, record := range batch.Records {
		e, err := parse(record)
		if err != nil {
			return err
		}
		if record.SequenceNumber.Compare(s.last) > 0 {
			s.last = record.SequenceNumber
			s.count(record.ArrivalTime, e)
		}
	}
	s.waitingNow.Set(float64(s.figures.waiting))
	s.insideNow.Set(float64(s.figures.inside))
	return nil
}

// count takes an event. The caller holds mu.
func (s *statistics) count(at time.Time, e event) {
	f := &s.figures
	f.records[e.Kind]++
	f.all++
	g := s.guests[e.Token]
	switch e.Kind {
	case arrived:
		s.guests[e.Token] = &guest{arrived: at}
		f.waiting++
	case admitted:
		s.admit(g, at, e)
	case left:
		if g == nil {
			f.lateLeft++
			return
		}
		f.left++
		f.inside--
		s.band(g.ticket).left++
		delete(s.guests, e.Token)
	case expired:
		switch {
		case g == nil: // left while the room had it removed
			return
		case g.ticket == 0:
			f.waiting--
			f.expiredWaiting++
			s.band(e.Ticket).expiredWaiting++
		default:
			f.inside--
			f.expiredInside++
			s.band(e.Ticket).expiredInside++
		}
		delete(s.guests, e.Token)
	}
}

// admit takes an admission. The caller holds mu.
func (s *statistics) admit(g *guest, at time.Time, e event) {
	f := &s.figures
	f.admitted++
	if g == nil || g.ticket != 0 {
		f.again++
		return
	}
	if e.Ticket <= f.lastTicket {
		f.disorder++
	}
	f.lastTicket = max(f.lastTicket, e.Ticket)
	g.ticket = e.Ticket
	f.waiting--
	f.inside++
	f.mostInside = max(f.mostInside, f.inside)
	f.waited += at.Sub(g.arrived)
	s.band(e.Ticket).admitted++
}

// band returns the line of a ticket. The caller holds mu.
func (s *statistics) band(ticket int) *band { return &s.bands[(ticket-1)/s.width] }

// now returns what was counted so far.
func (s *statistics) now() figures {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.figures
	f.records = maps.Clone(f.records)
	return f
}

// table returns the table, and how many tickets a line of it is about.
func (s *statistics) table() (bands []band, width int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.bands), s.width
}
