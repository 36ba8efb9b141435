package main

import (
	"errors"
	"fmt"
)

// block is a count, and the parts that must add up to it. They are counted in different
// places, by the visitors, the room and the statistics: somebody who is lost or made up in
// between shows.
type block struct {
	what  string
	total int
	parts []part
}

type part struct {
	what  string
	count int
}

// account says what became of everybody.
func (s *story) account() []block {
	f, c := s.statistics.now(), s.crowd
	came := int(c.came.Load())
	tickets, waiting, inside := s.room.count()
	account := []block{
		{"visitors who came", came, []part{
			{"left", f.left},
			{"removed while waiting", f.expiredWaiting},
			{"removed inside", f.expiredInside},
			{"still waiting", waiting},
			{"still inside", inside},
		}},
		{"as they tell it", came, []part{
			{"shopped and left", int(c.shopped.Load())},
			{"closed the page", int(c.closed.Load())},
			{"vanished inside", int(c.vanished.Load())},
			{"turned away", int(c.turnedAway.Load())},
			{"interrupted", int(c.interrupted.Load())},
		}},
		{"tickets", tickets, []part{
			{"admitted", f.admitted},
			{"removed while waiting", f.expiredWaiting},
			{"still waiting", waiting},
		}},
		{"admitted", f.admitted, []part{{"once and in order", f.admitted - f.again - f.disorder}}},
		{"mails", int(s.watch.mailbox.asked.Load() + s.watch.mailbox.alerts.Load()), []part{
			{"to confirm", int(s.watch.mailbox.asked.Load())},
			{"of the alarm", int(s.watch.topic.Metrics().NumberOfMessagesPublished)},
		}},
	}
	if s.over {
		account = append(account, block{"removed", f.expiredWaiting + f.expiredInside, []part{
			{"closed the page", int(c.closed.Load())},
			{"vanished inside", int(c.vanished.Load())},
			{"were there", int(c.turnedAway.Load()) + f.lateLeft},
		}})
	}
	return account
}

// moment says the same of what depends on the moment.
func (s *story) moment() []block {
	records := block{what: "events in the stream", total: int(s.stream.Summary().Records)}
	f := s.statistics.now()
	for _, k := range kinds {
		records.parts = append(records.parts, part{string(k), f.records[k]})
	}
	queue := s.queue.Metrics()
	return []block{
		records,
		{"checks scheduled", int(s.checker.scheduled.Load()), []part{
			{"made", int(s.checker.made.Load())},
			{"to come", queue.ApproximateNumberOfMessagesVisible + queue.ApproximateNumberOfMessagesNotVisible + queue.ApproximateNumberOfMessagesDelayed},
		}},
	}
}

// crowded returns an error if more were inside than there are places.
func (s *story) crowded() error {
	if most := s.statistics.now().mostInside; most > s.plan.places {
		return fmt.Errorf("%d were inside at once, and there are %d places", most, s.plan.places)
	}
	return nil
}

// check returns an error for each block that does not add up.
func check(account []block) error {
	var errs []error
	for _, b := range account {
		sum := 0
		for _, p := range b.parts {
			sum += p.count
		}
		if sum != b.total {
			errs = append(errs, fmt.Errorf("%s: %d, but %d are accounted for", b.what, b.total, sum))
		}
	}
	return errors.Join(errs...)
}
