package snstest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

// fault makes a bad topic of a good one.
type fault struct {
	name   string
	breaks []string // rules, among others
	config func(cfg *sns.Config)
	topic  func(topic *sns.LocalTopic) sns.Topic
	queue  func(q sqs.Queue) sqs.Queue // what a subscriber reads from
	shared bool                        // by all who want a topic
}

// hooked is a topic whose operations are others where they are set.
type hooked struct {
	sns.Topic
	publish     func(ctx context.Context, batch []sns.Entry) ([]sns.Published, error)
	subscribe   func(ctx context.Context, sub sns.Subscription) (sns.SubscriptionID, error)
	unsubscribe func(ctx context.Context, id sns.SubscriptionID) error
}

func (h *hooked) Publish(ctx context.Context, batch ...sns.Entry) ([]sns.Published, error) {
	if h.publish == nil {
		return h.Topic.Publish(ctx, batch...)
	}
	return h.publish(ctx, slices.Clone(batch))
}

func (h *hooked) Subscribe(ctx context.Context, sub sns.Subscription) (sns.SubscriptionID, error) {
	if h.subscribe == nil {
		return h.Topic.Subscribe(ctx, sub)
	}
	return h.subscribe(ctx, sub)
}

func (h *hooked) Unsubscribe(ctx context.Context, id sns.SubscriptionID) error {
	if h.unsubscribe == nil {
		return h.Topic.Unsubscribe(ctx, id)
	}
	return h.unsubscribe(ctx, id)
}

// publishing alters entries before they are published.
func publishing(alter func(e *sns.Entry)) func(topic *sns.LocalTopic) sns.Topic {
	return func(topic *sns.LocalTopic) sns.Topic {
		return &hooked{Topic: topic, publish: func(ctx context.Context, batch []sns.Entry) ([]sns.Published, error) {
			for i := range batch {
				alter(&batch[i])
			}
			return topic.Publish(ctx, batch...)
		}}
	}
}

// answering alters the results of Publish.
func answering(alter func(batch []sns.Entry, published []sns.Published)) func(topic *sns.LocalTopic) sns.Topic {
	return func(topic *sns.LocalTopic) sns.Topic {
		return &hooked{Topic: topic, publish: func(ctx context.Context, batch []sns.Entry) ([]sns.Published, error) {
			published, err := topic.Publish(ctx, batch...)
			alter(batch, published)
			return published, err
		}}
	}
}

// subscribing alters subscriptions before they are made.
func subscribing(alter func(sub *sns.Subscription)) func(topic *sns.LocalTopic) sns.Topic {
	return func(topic *sns.LocalTopic) sns.Topic {
		return &hooked{Topic: topic, subscribe: func(ctx context.Context, sub sns.Subscription) (sns.SubscriptionID, error) {
			alter(&sub)
			return topic.Subscribe(ctx, sub)
		}}
	}
}

// delivering puts something between the topic and the functions that subscribe.
func delivering(deliver func(ctx context.Context, e sns.Endpoint, n sns.Notification) error) func(topic *sns.LocalTopic) sns.Topic {
	return subscribing(func(sub *sns.Subscription) {
		if e := sub.Endpoint; e != nil {
			sub.Endpoint = sns.EndpointFunc(func(ctx context.Context, n sns.Notification) error { return deliver(ctx, e, n) })
		}
	})
}

// eachNotification alters what functions get.
func eachNotification(alter func(n *sns.Notification)) func(topic *sns.LocalTopic) sns.Topic {
	return delivering(func(ctx context.Context, e sns.Endpoint, n sns.Notification) error {
		alter(&n)
		return e.Deliver(ctx, n)
	})
}

// erring alters the errors of all operations.
func erring(alter func(err error) error) func(topic *sns.LocalTopic) sns.Topic {
	return func(topic *sns.LocalTopic) sns.Topic {
		return &hooked{
			publish: func(ctx context.Context, batch []sns.Entry) ([]sns.Published, error) {
				published, err := topic.Publish(ctx, batch...)
				return published, alter(err)
			},
			subscribe: func(ctx context.Context, sub sns.Subscription) (sns.SubscriptionID, error) {
				id, err := topic.Subscribe(ctx, sub)
				return id, alter(err)
			},
			unsubscribe: func(ctx context.Context, id sns.SubscriptionID) error { return alter(topic.Unsubscribe(ctx, id)) },
		}
	}
}

// receiving alters what is read from queues.
func receiving(alter func(messages []sqs.Message) []sqs.Message) func(q sqs.Queue) sqs.Queue {
	return func(q sqs.Queue) sqs.Queue { return reader{q, alter} }
}

type reader struct {
	sqs.Queue
	alter func(messages []sqs.Message) []sqs.Message
}

func (r reader) Receive(ctx context.Context, req sqs.ReceiveRequest) ([]sqs.Message, error) {
	messages, err := r.Queue.Receive(ctx, req)
	return r.alter(messages), err
}

func eachMessage(alter func(m *sqs.Message)) func(q sqs.Queue) sqs.Queue {
	return receiving(func(messages []sqs.Message) []sqs.Message {
		for i := range messages {
			alter(&messages[i])
		}
		return messages
	})
}

var unique atomic.Int64

var faults = []fault{
	{
		name: "no messages", breaks: []string{"delivery/to every subscriber", "concurrency/publishers", "message/text", "queues/raw", "fifo/order"},
		topic: func(topic *sns.LocalTopic) sns.Topic {
			return &hooked{Topic: topic, publish: func(ctx context.Context, batch []sns.Entry) ([]sns.Published, error) {
				if err := topic.Check(batch...); err != nil {
					return nil, err
				}
				return slices.Repeat([]sns.Published{{MessageID: "accepted"}}, len(batch)), nil
			}}
		},
	},
	{
		name: "everything twice", breaks: []string{"delivery/to every subscriber", "delivery/in order", "slow subscribers/are called once at a time", "retry/until it is taken", "concurrency/publishers"},
		topic: delivering(func(ctx context.Context, e sns.Endpoint, n sns.Notification) error {
			go e.Deliver(ctx, n)
			return e.Deliver(ctx, n)
		}),
	},
	{name: "no attributes", breaks: []string{"delivery/to every subscriber", "filter/attributes", "queues/envelope", "queues/too many attributes"},
		topic: publishing(func(e *sns.Entry) { e.Attributes = nil })},
	{name: "other ids", breaks: []string{"delivery/to every subscriber", "batch/results line up", "retry/until it is taken"},
		topic: answering(func(_ []sns.Entry, published []sns.Published) {
			for i := range published {
				published[i].MessageID = fmt.Sprint(unique.Add(1))
			}
		})},
	{name: "no facts", breaks: []string{"delivery/facts"},
		topic: eachNotification(func(n *sns.Notification) { *n = sns.Notification{MessageID: n.MessageID, Message: n.Message} })},
	{name: "no attempts", breaks: []string{"delivery/facts", "retry/until it is taken"},
		topic: eachNotification(func(n *sns.Notification) { n.Attempt = 0 })},
	{
		name: "another order", breaks: []string{"delivery/in order", "fifo/order", "fifo/raw", "replay/what was archived"},
		topic: func(topic *sns.LocalTopic) sns.Topic {
			return &hooked{Topic: topic, publish: func(ctx context.Context, batch []sns.Entry) ([]sns.Published, error) {
				slices.Reverse(batch)
				published, err := topic.Publish(ctx, batch...)
				slices.Reverse(published)
				return published, err
			}}
		},
	},
	{
		name: "what came before too", breaks: []string{"delivery/nothing from before"},
		topic: func(topic *sns.LocalTopic) sns.Topic {
			var mu sync.Mutex
			var before []sns.Entry
			return &hooked{
				Topic: topic,
				publish: func(ctx context.Context, batch []sns.Entry) ([]sns.Published, error) {
					mu.Lock()
					before = append(before, batch...)
					mu.Unlock()
					return topic.Publish(ctx, batch...)
				},
				subscribe: func(ctx context.Context, sub sns.Subscription) (sns.SubscriptionID, error) {
					id, err := topic.Subscribe(ctx, sub)
					mu.Lock()
					defer mu.Unlock()
					topic.Publish(ctx, before...)
					return id, err
				},
			}
		},
	},
	{
		name: "nobody is an error", breaks: []string{"delivery/nobody there"},
		topic: func(topic *sns.LocalTopic) sns.Topic {
			return &hooked{Topic: topic, publish: func(ctx context.Context, batch []sns.Entry) ([]sns.Published, error) {
				if len(topic.Subscriptions()) == 0 {
					return nil, sns.ErrNotFound
				}
				return topic.Publish(ctx, batch...)
			}}
		},
	},
	{
		name: "no context", breaks: []string{"delivery/a context that is over"},
		topic: func(topic *sns.LocalTopic) sns.Topic {
			return &hooked{
				publish: func(ctx context.Context, batch []sns.Entry) ([]sns.Published, error) {
					return topic.Publish(context.WithoutCancel(ctx), batch...)
				},
				subscribe: func(ctx context.Context, sub sns.Subscription) (sns.SubscriptionID, error) {
					return topic.Subscribe(context.WithoutCancel(ctx), sub)
				},
				unsubscribe: func(ctx context.Context, id sns.SubscriptionID) error {
					return topic.Unsubscribe(context.WithoutCancel(ctx), id)
				},
			}
		},
	},
	{
		name: "delivers before it answers", breaks: []string{"slow subscribers/do not delay Publish"},
		topic: func(topic *sns.LocalTopic) sns.Topic {
			return &hooked{Topic: topic, publish: func(ctx context.Context, batch []sns.Entry) ([]sns.Published, error) {
				published, err := topic.Publish(ctx, batch...)
				topic.Flush(ctx)
				return published, err
			}}
		},
	},
	{
		name: "one subscriber after the other", breaks: []string{"slow subscribers/do not delay others", "backlog/is bounded"},
		topic: func(topic *sns.LocalTopic) sns.Topic {
			turn := make(chan struct{}, 1)
			return delivering(func(ctx context.Context, e sns.Endpoint, n sns.Notification) error {
				turn <- struct{}{}
				defer func() { <-turn }()
				return e.Deliver(ctx, n)
			})(topic)
		},
	},
	{name: "deliveries go on", breaks: []string{"slow subscribers/are told to stop"},
		topic: delivering(func(ctx context.Context, e sns.Endpoint, n sns.Notification) error {
			return e.Deliver(context.WithoutCancel(ctx), n)
		})},
	{name: "other texts", breaks: []string{"message/text"},
		topic: eachNotification(func(n *sns.Notification) { n.Message = strings.ReplaceAll(n.Message, "\r\n", "\n") })},
	{name: "short texts", breaks: []string{"message/too long"},
		topic: eachNotification(func(n *sns.Notification) { n.Message = n.Message[:min(len(n.Message), 1<<17)] })},
	{name: "no errors", topic: erring(func(error) error { return nil }), breaks: []string{
		"message/too long", "message/empty", "message/subject", "message/bad attributes", "message/bad structure", "subscription/bad ones", "subscription/the same with other settings",
		"filter/bad policies", "dead letters/a bad queue", "queues/FIFO refused", "fifo/what an entry needs", "fifo/only on FIFO topics", "replay/needs an archive",
	}},
	{name: "errors of its own", breaks: []string{"message/empty", "filter/bad policies", "subscription/bad ones", "batch/some entries fail"},
		topic: erring(func(err error) error {
			if err != nil {
				return errors.New(err.Error())
			}
			return nil
		})},
	{name: "wrong indexes", breaks: []string{"batch/some entries fail", "message/empty"},
		topic: erring(func(err error) error {
			if batch, ok := errors.AsType[*sns.BatchError](err); ok {
				for i := range batch.Failed {
					batch.Failed[i].Index++
				}
			}
			return err
		})},
	{
		name: "all or nothing", breaks: []string{"batch/some entries fail"},
		topic: func(topic *sns.LocalTopic) sns.Topic {
			return &hooked{Topic: topic, publish: func(ctx context.Context, batch []sns.Entry) ([]sns.Published, error) {
				if err := topic.Check(batch...); err != nil {
					return make([]sns.Published, len(batch)), err
				}
				return topic.Publish(ctx, batch...)
			}}
		},
	},
	{
		name: "attributes shared with the publisher", breaks: []string{"message/the publisher's map"},
		topic: func(topic *sns.LocalTopic) sns.Topic {
			var kept atomic.Pointer[sns.Entry]
			return &hooked{
				Topic: topic,
				publish: func(ctx context.Context, batch []sns.Entry) ([]sns.Published, error) {
					if len(batch) > 0 {
						kept.Store(&batch[0])
					}
					return topic.Publish(ctx, batch...)
				},
				subscribe: eachNotification(func(n *sns.Notification) { n.Attributes = kept.Load().Attributes })(topic).Subscribe,
			}
		},
	},
	{name: "no structure", breaks: []string{"message/structure", "message/bad structure"},
		topic: publishing(func(e *sns.Entry) { e.MessageStructure = "" })},
	{name: "results in another order", breaks: []string{"batch/results line up"},
		topic: answering(func(_ []sns.Entry, published []sns.Published) { slices.Reverse(published) })},
	{
		name: "no empty and no large batches", breaks: []string{"batch/empty", "batch/more than ten"},
		topic: func(topic *sns.LocalTopic) sns.Topic {
			return &hooked{Topic: topic, publish: func(ctx context.Context, batch []sns.Entry) ([]sns.Published, error) {
				if len(batch) == 0 || len(batch) > 10 {
					return nil, sns.ErrInvalidParameter
				}
				return topic.Publish(ctx, batch...)
			}}
		},
	},
	{
		name: "no unsubscribe", breaks: []string{"subscription/ends", "subscription/after an end", "retry/ends with the subscription", "concurrency/subscribers come and go", "slow subscribers/are told to stop"},
		topic: func(topic *sns.LocalTopic) sns.Topic {
			return &hooked{Topic: topic, unsubscribe: func(context.Context, sns.SubscriptionID) error { return nil }}
		},
	},
	{
		name: "one unsubscribe only", breaks: []string{"subscription/ends twice"},
		topic: func(topic *sns.LocalTopic) sns.Topic {
			return &hooked{Topic: topic, unsubscribe: func(ctx context.Context, id sns.SubscriptionID) error {
				if _, err := topic.Subscription(id); err != nil {
					return err
				}
				return topic.Unsubscribe(ctx, id)
			}}
		},
	},
	{
		name: "one id for all", breaks: []string{"subscription/ids", "subscription/after an end"},
		topic: func(topic *sns.LocalTopic) sns.Topic {
			return &hooked{Topic: topic, subscribe: func(ctx context.Context, sub sns.Subscription) (sns.SubscriptionID, error) {
				_, err := topic.Subscribe(ctx, sub)
				return "the subscription", err
			}}
		},
	},
	{
		name: "an id each time", breaks: []string{"subscription/the same again"},
		topic: func(topic *sns.LocalTopic) sns.Topic {
			return &hooked{Topic: topic, subscribe: func(ctx context.Context, sub sns.Subscription) (sns.SubscriptionID, error) {
				id, err := topic.Subscribe(ctx, sub)
				return id + sns.SubscriptionID(fmt.Sprint(unique.Add(1))), err
			}}
		},
	},
	{name: "no filters", breaks: []string{"filter/attributes", "filter/body", "filter/scopes are apart", "filter/bad policies", "replay/what was archived"},
		topic: subscribing(func(sub *sns.Subscription) { sub.FilterPolicy = "" })},
	{name: "one scope of filters", breaks: []string{"filter/body", "filter/scopes are apart"},
		topic: subscribing(func(sub *sns.Subscription) { sub.FilterPolicyScope = "" })},
	{
		name: "no failures", breaks: []string{"retry/until it is taken", "retry/as the subscription says", "dead letters/when retries end", "dead letters/at once when permanent"},
		topic: delivering(func(ctx context.Context, e sns.Endpoint, n sns.Notification) error {
			e.Deliver(ctx, n)
			return nil
		}),
	},
	{name: "another schedule", breaks: []string{"retry/schedule of functions", "retry/as the subscription says"},
		topic: subscribing(func(sub *sns.Subscription) { sub.DeliveryPolicy = policy(20, 2e9) })},
	{name: "no delivery policies", breaks: []string{"retry/as the subscription says"},
		topic: subscribing(func(sub *sns.Subscription) { sub.DeliveryPolicy = nil })},
	{
		name: "nothing is permanent", breaks: []string{"retry/not when it is permanent", "dead letters/at once when permanent"},
		topic: delivering(func(ctx context.Context, e sns.Endpoint, n sns.Notification) error {
			if err := e.Deliver(ctx, n); err != nil {
				return errors.New(err.Error())
			}
			return nil
		}),
	},
	{name: "everything waits for a retry", breaks: []string{"retry/does not hold up others"},
		topic: subscribing(func(sub *sns.Subscription) { sub.InOrder = true })},
	{name: "no order while retrying", breaks: []string{"retry/in order"},
		topic: subscribing(func(sub *sns.Subscription) { sub.InOrder = false })},
	{name: "no dead letters", breaks: []string{"dead letters/when retries end", "dead letters/at once when permanent", "dead letters/of one subscription", "dead letters/raw", "backlog/is bounded"},
		topic: subscribing(func(sub *sns.Subscription) { sub.RedrivePolicy = nil })},
	{name: "no bound", breaks: []string{"backlog/is bounded"},
		topic: subscribing(func(sub *sns.Subscription) { sub.MaxBacklog = 0 })},
	{name: "always raw", breaks: []string{"queues/envelope", "dead letters/when retries end", "subscription/the same with other settings", "queues/too many attributes"},
		topic: subscribing(func(sub *sns.Subscription) { sub.RawMessageDelivery = true })},
	{name: "never raw", breaks: []string{"queues/raw", "fifo/raw", "dead letters/raw"},
		topic: subscribing(func(sub *sns.Subscription) { sub.RawMessageDelivery = false })},
	{name: "no groups", breaks: []string{"queues/a group"},
		topic: publishing(func(e *sns.Entry) {
			if e.DeduplicationID == "" {
				e.GroupID = ""
			}
		})},
	{name: "one group", breaks: []string{"fifo/facts", "deduplication/per group"},
		topic: publishing(func(e *sns.Entry) {
			if e.GroupID != "" {
				e.GroupID = "g"
			}
		})},
	{name: "queues in another order", breaks: []string{"fifo/order", "fifo/the same order everywhere", "fifo/raw"},
		queue: receiving(func(messages []sqs.Message) []sqs.Message { slices.Reverse(messages); return messages })},
	{
		name: "FIFO queues only", breaks: []string{"fifo/a standard queue"},
		topic: func(topic *sns.LocalTopic) sns.Topic {
			return &hooked{Topic: topic, subscribe: func(ctx context.Context, sub sns.Subscription) (sns.SubscriptionID, error) {
				if topic.Config().FIFO && !strings.HasSuffix(sub.Address, ".fifo") {
					return "", sns.ErrInvalidParameter
				}
				return topic.Subscribe(ctx, sub)
			}}
		},
	},
	{name: "no sequence numbers", breaks: []string{"fifo/facts", "fifo/the same order everywhere", "deduplication/for five minutes"},
		topic: answering(func(_ []sns.Entry, published []sns.Published) {
			for i := range published {
				published[i].SequenceNumber = ""
			}
		}),
		queue: eachMessage(func(m *sqs.Message) { m.Body = strings.Replace(m.Body, `"SequenceNumber"`, `"Number"`, 1) })},
	{name: "no deduplication", breaks: []string{"deduplication/by id", "deduplication/for five minutes", "deduplication/per group", "fifo/facts"},
		topic: publishing(func(e *sns.Entry) {
			if e.DeduplicationID != "" {
				e.DeduplicationID = fmt.Sprint(unique.Add(1))
			}
		})},
	{name: "no content-based deduplication", breaks: []string{"deduplication/by content"},
		topic: publishing(func(e *sns.Entry) {
			if e.DeduplicationID == "" && e.GroupID != "" {
				e.DeduplicationID = fmt.Sprint(unique.Add(1))
			}
		})},
	{name: "one scope of deduplication", breaks: []string{"deduplication/per group"},
		config: func(cfg *sns.Config) { cfg.FIFOThroughputScope = "" }},
	{
		name: "deduplication by what failed", breaks: []string{"deduplication/of what failed"},
		topic: func(topic *sns.LocalTopic) sns.Topic {
			var seen sync.Map // by deduplication id
			return &hooked{Topic: topic, publish: func(ctx context.Context, batch []sns.Entry) ([]sns.Published, error) {
				if len(batch) == 1 && batch[0].DeduplicationID != "" {
					if _, again := seen.LoadOrStore(batch[0].DeduplicationID, true); again {
						return make([]sns.Published, 1), nil
					}
				}
				return topic.Publish(ctx, batch...)
			}}
		},
	},
	{name: "no replay", breaks: []string{"replay/what was archived", "replay/needs an archive"},
		topic: subscribing(func(sub *sns.Subscription) { sub.ReplayPolicy = nil })},
	{
		name: "a message is lost", breaks: []string{"concurrency/publishers", "concurrency/subscribers come and go", "message/text", "fifo/the same order everywhere"},
		topic: func(topic *sns.LocalTopic) sns.Topic {
			n := atomic.Int64{}
			return &hooked{Topic: topic, publish: func(ctx context.Context, batch []sns.Entry) ([]sns.Published, error) {
				published, err := topic.Publish(ctx, batch[:max(0, len(batch)-int(n.Add(1)%2))]...)
				return append(published, make([]sns.Published, len(batch)-len(published))...), err
			}}
		},
	},
	{
		name: "marks of its own in the map", breaks: []string{"delivery/to every subscriber"},
		topic: eachNotification(func(n *sns.Notification) {
			n.Attributes = maps.Clone(n.Attributes)
			if n.Attributes != nil {
				n.Attributes["seen"] = sns.Attribute{DataType: "String", Value: "yes"}
			}
		}),
	},
	{name: "one topic for all", breaks: []string{"delivery/topics are apart"}, shared: true},
}
