package main

import (
	"errors"
	"fmt"
)

// block is a count, and the parts that must add up to it. They are counted in different
// places: a message that is lost or made up in between shows.
type block struct {
	what  string
	total int
	parts []part
}

type part struct {
	what  string
	count int
}

// account says where everything went.
func (s *story) account() []block {
	topic := s.orders.Metrics()
	published := int(topic.NumberOfMessagesPublished)
	shipped := s.shop.count()
	return []block{
		{"lines read", s.service.read, []part{
			{"rejected", s.service.rejected},
			{"published", published},
		}},
		{"orders for processing", published, []part{
			{"shipped at once", shipped.atOnce},
			{"shipped after a retry", shipped.afterRetry},
			{"shipped after mending", shipped.afterMending},
			{"left in processing", s.processing.left() + waiting(s.dead, s.shop)},
		}},
		{"orders for analytics", published, []part{
			{"counted", s.analyst.count()},
			{"left in analytics", s.analytics.left()},
		}},
		{"orders for the filter", published, []part{
			{"kept from fraud", int(topic.NumberOfNotificationsFilteredOut)},
			{"let through to fraud", s.fraud.received()},
		}},
		{"suspicious orders", s.service.suspects, []part{
			{manyPieces, s.detective.count(manyPieces)},
			{reportedCard, s.detective.count(reportedCard)},
			{"left in fraud", s.fraud.left()},
		}},
		{"mails delivered", int(s.mail.taken.Load()), []part{
			{"to confirm", s.administrator.asked},
			{"of an alarm", s.alarm.alarms},
			{"of its end", s.alarm.allClear},
		}},
	}
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
