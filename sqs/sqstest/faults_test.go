package sqstest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/leat-go/leat/sqs"
)

// fault makes a bad queue of a good one.
type fault struct {
	name   string
	breaks []string // rules, among others
	config func(cfg *sqs.Config)
	queue  func(q sqs.Queue) sqs.Queue
	shared bool // by all who want a queue
}

// hooked is a queue whose operations are others where they are set.
type hooked struct {
	sqs.Queue
	send    func(ctx context.Context, batch []sqs.Entry) ([]sqs.Sent, error)
	receive func(ctx context.Context, req sqs.ReceiveRequest) ([]sqs.Message, error)
	delete  func(ctx context.Context, handles []string) error
	change  func(ctx context.Context, timeout time.Duration, handles []string) error
}

func (h hooked) Send(ctx context.Context, batch ...sqs.Entry) ([]sqs.Sent, error) {
	if h.send == nil {
		return h.Queue.Send(ctx, batch...)
	}
	return h.send(ctx, slices.Clone(batch))
}

func (h hooked) Receive(ctx context.Context, req sqs.ReceiveRequest) ([]sqs.Message, error) {
	if h.receive == nil {
		return h.Queue.Receive(ctx, req)
	}
	return h.receive(ctx, req)
}

func (h hooked) Delete(ctx context.Context, handles ...string) error {
	if h.delete == nil {
		return h.Queue.Delete(ctx, handles...)
	}
	return h.delete(ctx, handles)
}

func (h hooked) ChangeVisibility(ctx context.Context, timeout time.Duration, handles ...string) error {
	if h.change == nil {
		return h.Queue.ChangeVisibility(ctx, timeout, handles...)
	}
	return h.change(ctx, timeout, handles)
}

// sending alters entries before they are sent.
func sending(alter func(e *sqs.Entry)) func(q sqs.Queue) sqs.Queue {
	return func(q sqs.Queue) sqs.Queue {
		return hooked{Queue: q, send: func(ctx context.Context, batch []sqs.Entry) ([]sqs.Sent, error) {
			for i := range batch {
				alter(&batch[i])
			}
			return q.Send(ctx, batch...)
		}}
	}
}

// asking alters what is asked of a receive.
func asking(alter func(req *sqs.ReceiveRequest)) func(q sqs.Queue) sqs.Queue {
	return func(q sqs.Queue) sqs.Queue {
		return hooked{Queue: q, receive: func(ctx context.Context, req sqs.ReceiveRequest) ([]sqs.Message, error) {
			alter(&req)
			return q.Receive(ctx, req)
		}}
	}
}

// receiving alters what is received.
func receiving(alter func(messages []sqs.Message) []sqs.Message) func(q sqs.Queue) sqs.Queue {
	return func(q sqs.Queue) sqs.Queue {
		return hooked{Queue: q, receive: func(ctx context.Context, req sqs.ReceiveRequest) ([]sqs.Message, error) {
			messages, err := q.Receive(ctx, req)
			return alter(messages), err
		}}
	}
}

func eachMessage(alter func(m *sqs.Message)) func(q sqs.Queue) sqs.Queue {
	return receiving(func(messages []sqs.Message) []sqs.Message {
		for i := range messages {
			alter(&messages[i])
		}
		return messages
	})
}

// failing alters the errors of all operations.
func failing(alter func(err error) error) func(q sqs.Queue) sqs.Queue {
	return func(q sqs.Queue) sqs.Queue {
		return hooked{
			send: func(ctx context.Context, batch []sqs.Entry) ([]sqs.Sent, error) {
				sent, err := q.Send(ctx, batch...)
				return sent, alter(err)
			},
			receive: func(ctx context.Context, req sqs.ReceiveRequest) ([]sqs.Message, error) {
				messages, err := q.Receive(ctx, req)
				return messages, alter(err)
			},
			delete: func(ctx context.Context, handles []string) error { return alter(q.Delete(ctx, handles...)) },
			change: func(ctx context.Context, timeout time.Duration, handles []string) error {
				return alter(q.ChangeVisibility(ctx, timeout, handles...))
			},
		}
	}
}

var unique atomic.Int64

var faults = []fault{
	{
		name: "no delete", breaks: []string{"delivery/send, receive, delete", "handles/garbage"},
		queue: func(q sqs.Queue) sqs.Queue {
			return hooked{Queue: q, delete: func(context.Context, []string) error { return nil }}
		},
	},
	{
		name: "one delete only", breaks: []string{"handles/delete again"},
		queue: func(q sqs.Queue) sqs.Queue {
			var deleted sync.Map // by handle
			return hooked{Queue: q, delete: func(ctx context.Context, handles []string) error {
				for _, h := range handles {
					if _, again := deleted.LoadOrStore(h, true); again {
						return sqs.ErrReceiptHandleInvalid
					}
				}
				return q.Delete(ctx, handles...)
			}}
		},
	},
	{
		name: "no change of visibility", breaks: []string{"visibility/changed", "visibility/changed to 0", "visibility/changed for once", "handles/change after delete"},
		queue: func(q sqs.Queue) sqs.Queue {
			return hooked{Queue: q, change: func(context.Context, time.Duration, []string) error { return nil }}
		},
	},
	{
		name: "nothing is hidden", breaks: []string{"visibility/hidden", "visibility/default", "visibility/back after the timeout", "waiting/several", "fifo/a group is locked", "concurrency/standard"},
		queue: asking(func(req *sqs.ReceiveRequest) { req.VisibilityTimeout = new(time.Duration(0)) }),
	},
	{
		name: "always the queue's visibility timeout", breaks: []string{"visibility/of one receive", "visibility/fractions of a second", "visibility/limits"},
		queue: asking(func(req *sqs.ReceiveRequest) { req.VisibilityTimeout = nil }),
	},
	{
		name: "longer visibility timeouts", breaks: []string{"visibility/changed", "visibility/12 hours in all"},
		queue: func(q sqs.Queue) sqs.Queue {
			return hooked{Queue: q, change: func(ctx context.Context, timeout time.Duration, handles []string) error {
				if timeout > time.Hour {
					timeout = min(timeout, 11*time.Hour)
				} else if timeout > 0 {
					timeout += time.Second
				}
				return q.ChangeVisibility(ctx, timeout, handles...)
			}}
		},
	},
	{name: "no waiting", breaks: []string{"waiting/in vain", "waiting/for a send", "waiting/for a delay", "waiting/for a FIFO group", "waiting/as the queue says"},
		queue: asking(func(req *sqs.ReceiveRequest) { req.Wait = new(time.Duration(0)) })},
	{name: "always the queue's wait", breaks: []string{"waiting/as the queue says"},
		queue: asking(func(req *sqs.ReceiveRequest) { req.Wait = nil })},
	{name: "always waits", breaks: []string{"delivery/an empty queue"},
		queue: asking(func(req *sqs.ReceiveRequest) { req.Wait = new(20 * time.Second) })},
	{
		name: "waits for MaxMessages", breaks: []string{"waiting/not if there is a message"},
		queue: func(q sqs.Queue) sqs.Queue {
			return hooked{Queue: q, receive: func(ctx context.Context, req sqs.ReceiveRequest) ([]sqs.Message, error) {
				messages, err := q.Receive(ctx, req)
				if len(messages) < req.MaxMessages {
					time.Sleep(2 * time.Second)
				}
				return messages, err
			}}
		},
	},
	{
		name: "no context", breaks: []string{"delivery/a context that is over", "waiting/until the context ends"},
		queue: func(q sqs.Queue) sqs.Queue {
			return hooked{
				send: func(ctx context.Context, batch []sqs.Entry) ([]sqs.Sent, error) {
					return q.Send(context.WithoutCancel(ctx), batch...)
				},
				receive: func(ctx context.Context, req sqs.ReceiveRequest) ([]sqs.Message, error) {
					return q.Receive(context.WithoutCancel(ctx), req)
				},
				delete: func(ctx context.Context, handles []string) error {
					return q.Delete(context.WithoutCancel(ctx), handles...)
				},
				change: func(ctx context.Context, timeout time.Duration, handles []string) error {
					return q.ChangeVisibility(context.WithoutCancel(ctx), timeout, handles...)
				},
			}
		},
	},
	{name: "errors of its own", breaks: []string{"message/a bad body", "handles/garbage", "visibility/limits", "waiting/limits", "fifo/a bad attempt id", "batch/one entry fails"},
		queue: failing(func(err error) error {
			if err != nil {
				return errors.New(err.Error())
			}
			return nil
		})},
	{name: "no errors", breaks: []string{"message/too long", "attributes/bad ones", "delay/limits", "handles/of another queue", "fifo/what an entry needs", "fifo/expired handles"},
		queue: failing(func(error) error { return nil })},
	{name: "wrong indexes", breaks: []string{"batch/some entries fail", "batch/one entry fails", "handles/garbage"},
		queue: failing(func(err error) error {
			if batch, ok := errors.AsType[*sqs.BatchError](err); ok {
				for i := range batch.Failed {
					batch.Failed[i].Index++
				}
			}
			return err
		})},
	{
		name: "all or nothing", breaks: []string{"batch/some entries fail", "delay/of a FIFO queue"},
		queue: func(q sqs.Queue) sqs.Queue {
			return hooked{Queue: q, send: func(ctx context.Context, batch []sqs.Entry) ([]sqs.Sent, error) {
				for _, e := range batch {
					if e.Body < "\x09" || e.Delay != nil && e.GroupID != "" {
						return make([]sqs.Sent, len(batch)), &sqs.BatchError{Failed: []sqs.EntryError{{Err: sqs.ErrInvalidMessageContents}}}
					}
				}
				return q.Send(ctx, batch...)
			}}
		},
	},
	{
		name: "results in another order", breaks: []string{"batch/results line up"},
		queue: func(q sqs.Queue) sqs.Queue {
			return hooked{Queue: q, send: func(ctx context.Context, batch []sqs.Entry) ([]sqs.Sent, error) {
				sent, err := q.Send(ctx, batch...)
				slices.Reverse(sent)
				return sent, err
			}}
		},
	},
	{
		name: "no empty batches", breaks: []string{"batch/empty"},
		queue: func(q sqs.Queue) sqs.Queue {
			return hooked{Queue: q, delete: func(ctx context.Context, handles []string) error {
				if len(handles) == 0 {
					return sqs.ErrMissingParameter
				}
				return q.Delete(ctx, handles...)
			}}
		},
	},
	{name: "ten at most", breaks: []string{"batch/more than ten"},
		queue: asking(func(req *sqs.ReceiveRequest) { req.MaxMessages = min(req.MaxMessages, 10) })},
	{name: "more than asked for", breaks: []string{"delivery/at most MaxMessages"},
		queue: asking(func(req *sqs.ReceiveRequest) { req.MaxMessages += 2 })},
	{name: "other bodies", breaks: []string{"message/body"},
		queue: eachMessage(func(m *sqs.Message) {
			if m.Body == "line\r\nline\n" {
				m.Body = "line\nline\n"
			}
		})},
	{name: "short bodies", breaks: []string{"message/a large body"},
		queue: eachMessage(func(m *sqs.Message) { m.Body = m.Body[:min(len(m.Body), 1<<18)] })},
	{name: "no facts", breaks: []string{"delivery/facts", "fifo/facts", "message/a group on a standard queue"},
		queue: eachMessage(func(m *sqs.Message) { *m = sqs.Message{ID: m.ID, Body: m.Body, ReceiptHandle: m.ReceiptHandle} })},
	{name: "other ids each time", breaks: []string{"delivery/send, receive, delete", "visibility/back after the timeout", "dead letters/after maxReceiveCount"},
		queue: eachMessage(func(m *sqs.Message) { m.ID = fmt.Sprint(unique.Add(1)) })},
	{name: "a text attribute too many", breaks: []string{"attributes/round trip", "attributes/trace header"},
		queue: eachMessage(func(m *sqs.Message) {
			m.Attributes = map[string]sqs.Attribute{"AWSTraceHeader": {DataType: "String", Value: "x"}}
		})},
	{name: "attributes shared with the sender", breaks: []string{"attributes/the sender's map"},
		queue: func(q sqs.Queue) sqs.Queue {
			var kept atomic.Value // of map[string]sqs.Attribute
			return hooked{
				Queue: q,
				send: func(ctx context.Context, batch []sqs.Entry) ([]sqs.Sent, error) {
					if len(batch) > 0 {
						kept.Store(batch[0].Attributes)
					}
					return q.Send(ctx, batch...)
				},
				receive: func(ctx context.Context, req sqs.ReceiveRequest) ([]sqs.Message, error) {
					messages, err := q.Receive(ctx, req)
					for i := range messages {
						messages[i].Attributes, _ = kept.Load().(map[string]sqs.Attribute)
					}
					return messages, err
				},
			}
		}},
	{name: "no delays", breaks: []string{"delay/of a message", "delay/limits", "waiting/for a delay"},
		queue: sending(func(e *sqs.Entry) { e.Delay = new(time.Duration(0)) })},
	{name: "always the queue's delay", breaks: []string{"delay/a message's 0", "delay/of a FIFO queue"},
		queue: sending(func(e *sqs.Entry) { e.Delay = nil })},
	{name: "no queue delay", breaks: []string{"delay/of the queue", "delay/of a FIFO queue"},
		config: func(cfg *sqs.Config) { cfg.Delay = 0 }},
	{name: "no retention", breaks: []string{"delivery/retention"},
		config: func(cfg *sqs.Config) { cfg.MessageRetentionPeriod = 0 }},
	{name: "another default retention", breaks: []string{"delivery/default retention"},
		config: func(cfg *sqs.Config) {
			if cfg.MessageRetentionPeriod == 0 {
				cfg.MessageRetentionPeriod = 3 * day
			}
		}},
	{name: "no size limit", breaks: []string{"message/too long"},
		config: func(cfg *sqs.Config) { cfg.MaximumMessageSize = 0 }},
	{name: "no content-based deduplication", breaks: []string{"deduplication/by content"},
		queue: sending(func(e *sqs.Entry) {
			if e.GroupID != "" && e.DeduplicationID == "" {
				e.DeduplicationID = fmt.Sprint(unique.Add(1))
			}
		})},
	{name: "one scope for all", breaks: []string{"deduplication/per group"},
		config: func(cfg *sqs.Config) { cfg.DeduplicationScope = "" }},
	{name: "no deduplication", breaks: []string{"deduplication/by id", "deduplication/for five minutes", "fifo/facts"},
		queue: sending(func(e *sqs.Entry) {
			if e.DeduplicationID != "" {
				e.DeduplicationID = fmt.Sprint(unique.Add(1))
			}
		})},
	{
		name: "deduplication by what failed", breaks: []string{"deduplication/of what failed"},
		queue: func(q sqs.Queue) sqs.Queue {
			var seen sync.Map // by deduplication id
			return hooked{Queue: q, send: func(ctx context.Context, batch []sqs.Entry) ([]sqs.Sent, error) {
				if len(batch) == 1 && batch[0].DeduplicationID != "" {
					if _, again := seen.LoadOrStore(batch[0].DeduplicationID, true); again {
						return make([]sqs.Sent, 1), nil
					}
				}
				return q.Send(ctx, batch...)
			}}
		},
	},
	{name: "no groups", breaks: []string{"fifo/a group is locked", "fifo/several of a group", "fifo/back in order", "fifo/one is held longer", "concurrency/FIFO"},
		queue: sending(func(e *sqs.Entry) {
			if e.GroupID != "" && e.DeduplicationID != "" {
				e.GroupID += fmt.Sprint("-", unique.Add(1))
			}
		})},
	{
		name: "messages in another order", breaks: []string{"fifo/order", "fifo/several of a group", "dead letters/of a FIFO queue"},
		queue: receiving(func(messages []sqs.Message) []sqs.Message { slices.Reverse(messages); return messages }),
	},
	{name: "no attempts", breaks: []string{"fifo/an attempt again", "fifo/a bad attempt id"},
		queue: asking(func(req *sqs.ReceiveRequest) { req.AttemptID = "" })},
	{
		name: "endless attempts", breaks: []string{"fifo/an attempt's end", "fifo/an attempt for five minutes"},
		queue: func(q sqs.Queue) sqs.Queue {
			var attempts sync.Map // of []sqs.Message, by attempt id
			return hooked{Queue: q, receive: func(ctx context.Context, req sqs.ReceiveRequest) ([]sqs.Message, error) {
				if m, ok := attempts.Load(req.AttemptID); ok {
					return m.([]sqs.Message), nil
				}
				messages, err := q.Receive(ctx, req)
				if req.AttemptID != "" {
					attempts.Store(req.AttemptID, messages)
				}
				return messages, err
			}}
		},
	},
	{name: "no fairness", breaks: []string{"fair queues/a noisy group waits"},
		queue: sending(func(e *sqs.Entry) {
			if e.DeduplicationID == "" {
				e.GroupID = ""
			}
		})},
	{name: "no dead letters", breaks: []string{"dead letters/after maxReceiveCount", "dead letters/after a timeout", "dead letters/not the others", "dead letters/handles end"},
		config: func(cfg *sqs.Config) { cfg.RedrivePolicy = nil }},
	{
		name: "a message is lost", breaks: []string{"concurrency/standard", "concurrency/FIFO", "message/body"},
		queue: func(q sqs.Queue) sqs.Queue {
			n := atomic.Int64{}
			return hooked{Queue: q, send: func(ctx context.Context, batch []sqs.Entry) ([]sqs.Sent, error) {
				sent, err := q.Send(ctx, batch...)
				if n.Add(1)%7 == 1 && len(batch) > 1 {
					if messages, _ := q.Receive(ctx, sqs.ReceiveRequest{}); len(messages) > 0 {
						q.Delete(ctx, messages[0].ReceiptHandle)
					}
				}
				return sent, err
			}}
		},
	},
	{name: "one queue for all", breaks: []string{"delivery/queues are apart", "handles/of another queue"}, shared: true},
}
