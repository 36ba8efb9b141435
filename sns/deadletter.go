package sns

import (
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// condemn takes an item that could not be delivered: it becomes a dead letter, or
// is dropped where there is no dead-letter queue.
func (s *LocalSubscription) condemn(it *item, cause error) {
	sub := s.config.Load()
	if it.m.kind != "" || sub.DeadLetterQueue == nil && sub.RedrivePolicy == nil {
		s.lose(it, cause)
		return
	}
	s.topic.ledger.condemn(it)
	taken, driver := s.graves.offer(item{m: it.m, replayed: it.replayed, epoch: it.epoch, holder: it.holder})
	if !taken {
		if !s.graves.abandoned() {
			s.lose(it, cause)
		}
		return
	}
	s.report("a notification becomes a dead letter", it, cause)
	if !driver {
		return
	}
	if s.short.Load() {
		s.graves.drive(s.topic.service.registry.now(), leastBurst)
	} else {
		s.graves.dispatch()
	}
}

// overflow is condemn for a message that the backlog has no room for.
func (s *LocalSubscription) overflow(m *message, holder int32) {
	s.overflowed.Add(1)
	s.condemn(&item{m: m, holder: holder}, fmt.Errorf("sns: %d notifications wait already", s.config.Load().MaxBacklog))
}

// burial is what a subscription's courier to the dead-letter queue does.
type burial struct{ *LocalSubscription }

func (s burial) giveUp(it *item, cause error) { s.lose(it, cause) }
func (s burial) schedule() schedule           { return managedSchedule }
func (s burial) interval() time.Duration      { return 0 }

// deliver sends a dead letter: what the endpoint would have got. ("Dead-letter queues"
// in the SNS Developer Guide.)
func (s burial) deliver(it *item) error {
	sub := s.config.Load()
	dead := sub.DeadLetterQueue
	if dead == nil && sub.RedrivePolicy != nil {
		q, err := s.queueByARN(sub.RedrivePolicy.DeadLetterTargetARN)
		if err != nil {
			return err
		}
		dead = q
	}
	if dead == nil { // the policy was taken away meanwhile
		return Permanent(errors.New("sns: there is no dead-letter queue any more"))
	}
	n := s.notification(sub, it)
	if len(forQueues(n.Attributes)) > maxQueueAttributes {
		n.Raw = false // an envelope can hold them
	}
	entry, err := queueEntry(&n)
	if err != nil {
		return err
	}
	if n.DeduplicationID != "" {
		// AWS leaves the message its own, and so may lose a letter: two messages with
		// the same id, minutes apart, can be dead-lettered together, and one message
		// from two subscriptions.
		n.DeduplicationID = n.MessageID + "." + string(s.id[len(s.topic.arn)+1:])
	}
	return queueEndpoint{dead}.send(s.ctx, &n, entry)
}

// lose drops an item.
func (s *LocalSubscription) lose(it *item, cause error) {
	s.lost.Add(it.weight())
	s.topic.ledger.settle(it, true)
	if it.replayed && it.epoch == s.replay.Load() {
		s.replayFailed.Store(true)
	}
	s.report("a notification was given up", it, cause)
}

func (s *LocalSubscription) report(what string, it *item, cause error) {
	s.topic.log().Warn(what, slog.String("subscription", string(s.id)), slog.String("message", it.m.id), slog.Any("error", cause))
}
