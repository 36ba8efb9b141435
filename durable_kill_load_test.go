package leat_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

// text is a body that shows whether it is whole.
func text(id string) string {
	sum := 0
	for _, c := range id {
		sum = sum*31 + int(c)
	}
	return id + "\n" + strings.Repeat(id+"\n", sum&0xffff%60)
}

// idOf returns the id of a body, and whether it is whole.
func idOf(body string) (id string, whole bool) {
	id, _, _ = strings.Cut(body, "\n")
	return id, body == text(id)
}

// queue waits until a queue has room.
func (v *victim) queue(name string) (*sqs.LocalQueue, error) {
	for {
		q, err := v.cloud.SQS().Queue(name)
		if err != nil {
			return nil, err
		}
		if m := q.Metrics(); m.ApproximateNumberOfMessagesVisible+m.ApproximateNumberOfMessagesNotVisible+m.ApproximateNumberOfMessagesDelayed < backlog {
			return q, nil
		}
		time.Sleep(time.Millisecond)
	}
}

// ids says that some more are tried.
func (v *victim) ids(where string, worker int, n *int) (ids []string) {
	for range 1 + rand.IntN(4) {
		*n++
		id := fmt.Sprintf("%d.%d.%d", v.Round, worker, *n)
		ids = append(ids, id)
		v.say("try", where, id)
	}
	return ids
}

func (v *victim) send(worker int) error {
	for n := 0; ; {
		q, err := v.queue(jobsQueue)
		if err != nil {
			return err
		}
		ids, batch := v.ids(jobsQueue, worker, &n), []sqs.Entry{}
		for _, id := range ids {
			batch = append(batch, sqs.Entry{Body: text(id), Delay: new(time.Duration(rand.IntN(2)) * 100 * time.Millisecond)})
		}
		if _, err := q.Send(context.Background(), batch...); err != nil {
			return err
		}
		for _, id := range ids {
			v.say("sent", jobsQueue, id)
		}
	}
}

// order is an entry for a FIFO queue.
func order(id string) sqs.Entry {
	return sqs.Entry{Body: text(id), GroupID: groupOf(id), DeduplicationID: id}
}

// groupOf returns who sent it, in this round, so that what was received before a kill holds
// up nobody.
func groupOf(id string) string { return id[:strings.LastIndexByte(id, '.')] }

func (v *victim) sendOrders(worker int) error {
	for n := 0; ; {
		q, err := v.queue(ordersQueue)
		if err != nil {
			return err
		}
		ids, batch := v.ids(ordersQueue, worker, &n), []sqs.Entry{}
		for _, id := range ids {
			batch = append(batch, order(id))
		}
		if _, err := q.Send(context.Background(), batch...); err != nil {
			return err
		}
		for _, id := range ids {
			v.say("sent", ordersQueue, id)
		}
	}
}

// isPoison tells which orders are not deleted, and so become dead letters.
func isPoison(id string) bool { return strings.HasSuffix(id, "7") }

func (v *victim) receive(queue string, share float64) func(int) error {
	return func(int) error {
		q, err := v.cloud.SQS().Queue(queue)
		if err != nil {
			return err
		}
		for {
			messages, err := q.Receive(context.Background(), sqs.ReceiveRequest{MaxMessages: 1 + rand.IntN(10), Wait: new(time.Second)})
			if err != nil {
				return err
			}
			received := time.Now()
			var done []sqs.Message
			var handles, kept []string
			for _, m := range messages {
				id, whole := idOf(m.Body)
				if !whole {
					return fmt.Errorf("%s gave %q", queue, m.Body)
				}
				v.say("got", queue, id, m.ID)
				if rand.Float64() < share && (queue != ordersQueue || !isPoison(id)) {
					v.say("deleting", queue, id, m.ID)
					done, handles = append(done, m), append(handles, m.ReceiptHandle)
				} else if m.GroupID != "" || rand.IntN(10) > 0 {
					kept = append(kept, m.ReceiptHandle)
				}
			}
			late, err := settled(q.Delete(context.Background(), handles...))
			if err != nil {
				return err
			}
			for i, m := range done {
				if !late[i] && time.Since(received) < time.Second { // else a standard queue may have done nothing
					v.say("deleted", queue, m.ID)
				}
			}
			if _, err := settled(q.ChangeVisibility(context.Background(), 0, kept...)); err != nil {
				return err
			}
		}
	}
}

// settled returns which of a batch came too late, when the message was visible again.
func settled(err error) (late map[int]bool, _ error) {
	var batch *sqs.BatchError
	if !errors.As(err, &batch) {
		return nil, err
	}
	late = map[int]bool{}
	for _, f := range batch.Failed {
		if !errors.Is(f.Err, sqs.ErrInvalidParameterValue) {
			return nil, err
		}
		late[f.Index] = true
	}
	return late, nil
}

// redrive moves dead letters back from time to time.
func (v *victim) redrive(int) error {
	q, err := v.cloud.SQS().Queue(deadQueue)
	if err != nil {
		return err
	}
	for {
		time.Sleep(time.Duration(rand.IntN(200)) * time.Millisecond)
		_, _ = v.cloud.SQS().StartMessageMoveTask(sqs.MoveRequest{SourceARN: q.ARN()}) // unless one runs
	}
}

func (v *victim) publish(worker int) error {
	topic, err := v.cloud.SNS().Topic(newsTopic)
	if err != nil {
		return err
	}
	for n := 0; ; {
		for _, name := range []string{newsQueue, alertsQueue} {
			if _, err := v.queue(name); err != nil {
				return err
			}
		}
		ids, batch := v.ids(newsQueue, worker, &n), []sns.Entry{}
		for _, id := range ids {
			v.say("try", alertsQueue, id)
			batch = append(batch, sns.Entry{Message: text(id)})
		}
		if _, err := topic.Publish(context.Background(), batch...); err != nil {
			return err
		}
		for _, id := range ids {
			v.say("sent", newsQueue, id)
			v.say("sent", alertsQueue, id)
		}
	}
}

func (v *victim) publishEvents(worker int) error {
	topic, err := v.cloud.SNS().Topic(eventTopic)
	if err != nil {
		return err
	}
	for n := 0; ; {
		if _, err := v.queue(eventQueue); err != nil {
			return err
		}
		ids, batch := v.ids(eventQueue, worker, &n), []sns.Entry{}
		for _, id := range ids {
			batch = append(batch, sns.Entry{Message: text(id), GroupID: groupOf(id), DeduplicationID: id})
		}
		if _, err := topic.Publish(context.Background(), batch...); err != nil {
			return err
		}
		for _, id := range ids {
			v.say("sent", eventQueue, id)
		}
	}
}

func (v *victim) put(worker int) error {
	stream, err := v.cloud.Kinesis().Stream(clicksStream)
	if err != nil {
		return err
	}
	for n := 0; ; {
		time.Sleep(time.Millisecond) // who reads comes after
		ids, batch := v.ids(clicksStream, worker, &n), []kinesis.Entry{}
		for _, id := range ids {
			batch = append(batch, kinesis.Entry{PartitionKey: fmt.Sprint("key ", rand.IntN(50)), Data: []byte(text(id))})
		}
		puts, err := stream.Put(context.Background(), batch...)
		if err != nil {
			return err
		}
		for i, p := range puts {
			v.say("put", p.ShardID, p.SequenceNumber, ids[i])
		}
	}
}

func (v *victim) readAsGroup(int) error {
	stream, err := v.cloud.Kinesis().Stream(clicksStream)
	if err != nil {
		return err
	}
	group, err := kinesis.NewGroup(stream, func(ctx context.Context, b *kinesis.ShardBatch) error {
		for i, r := range b.Records {
			id, whole := idOf(string(r.Data))
			if !whole {
				return fmt.Errorf("%s gave %q", b.ShardID, r.Data)
			}
			v.say("saw", b.ShardID, r.SequenceNumber, id)
			if i == len(b.Records)-1 || rand.IntN(20) == 0 {
				if err := b.Checkpoint(ctx, r); err != nil {
					return err
				}
				v.say("checkpoint", b.ShardID, r.SequenceNumber)
			}
		}
		return nil
	}, kinesis.GroupConfig{
		Name: readersGroup, WorkerID: "reader", Leases: v.cloud.Kinesis().Leases(), ManualCheckpoint: true, MaxRecords: 50,
		OnError: func(err error) { v.say("error", err) },
	})
	if err != nil {
		return err
	}
	return group.Run(context.Background())
}

// tag counts in a tag of a queue, a topic and a stream.
func (v *victim) tag(int) error {
	for n := v.Round * 1_000_000; ; n++ {
		v.say("tagging", n)
		tags := map[string]string{"n": fmt.Sprint(n)}
		q, err := v.cloud.SQS().Queue(jobsQueue)
		if err != nil {
			return err
		}
		topic, err := v.cloud.SNS().Topic(newsTopic)
		if err != nil {
			return err
		}
		stream, err := v.cloud.Kinesis().Stream(clicksStream)
		if err != nil {
			return err
		}
		if err := errors.Join(q.Tag(tags), topic.Tag(tags), stream.Tag(tags)); err != nil {
			return err
		}
		v.say("tagged", n)
		time.Sleep(10 * time.Millisecond)
	}
}
