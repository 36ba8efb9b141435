package console

import (
	"maps"
	"slices"
	"time"

	"github.com/leat-go/leat/sqs"
)

// queueRow is a queue in a list, and the head of its own page.
type queueRow struct {
	Name        string       `json:"name"`
	ARN         string       `json:"arn"`
	FIFO        bool         `json:"fifo"`
	Visible     int          `json:"visible"`
	InFlight    int          `json:"inFlight"`
	Delayed     int          `json:"delayed"`
	Oldest      seconds      `json:"oldestSeconds"` // 0 if there is none
	Sent        int64        `json:"sent"`
	Received    int64        `json:"received"`
	Deleted     int64        `json:"deleted"`
	DeadLetters *deadLetters `json:"deadLetters,omitzero"`
}

// deadLetters is a queue's dead-letter queue.
type deadLetters struct {
	ARN      string `json:"arn"`
	Queue    string `json:"queue,omitzero"` // its name; empty if it is gone
	Messages int    `json:"messages"`
	After    int    `json:"maxReceiveCount"`
}

func (c *call) queues(after string) (*listing[queueRow], error) {
	service := c.sources.Queues
	if service == nil {
		return nil, nil
	}
	page, err := service.ListQueues(sqs.ListRequest{MaxResults: pageSize, NextToken: after})
	if err != nil {
		return nil, err
	}
	l := &listing[queueRow]{Items: []queueRow{}, Next: page.NextToken}
	for _, q := range page.Queues {
		l.Items = append(l.Items, newQueueRow(service, q))
	}
	return l, nil
}

func newQueueRow(service *sqs.Service, q *sqs.LocalQueue) queueRow {
	m, cfg := q.Metrics(), q.Config()
	row := queueRow{
		Name:     q.Name(),
		ARN:      q.ARN(),
		FIFO:     cfg.FIFO,
		Visible:  m.ApproximateNumberOfMessagesVisible,
		InFlight: m.ApproximateNumberOfMessagesNotVisible,
		Delayed:  m.ApproximateNumberOfMessagesDelayed,
		Oldest:   seconds(m.ApproximateAgeOfOldestMessage),
		Sent:     m.NumberOfMessagesSent,
		Received: m.NumberOfMessagesReceived,
		Deleted:  m.NumberOfMessagesDeleted,
	}
	if p := cfg.RedrivePolicy; p != nil {
		row.DeadLetters = &deadLetters{ARN: p.DeadLetterTargetARN, After: p.MaxReceiveCount}
		if dead, err := service.QueueByARN(p.DeadLetterTargetARN); err == nil {
			m := dead.Metrics()
			row.DeadLetters.Queue = dead.Name()
			row.DeadLetters.Messages = m.ApproximateNumberOfMessagesVisible + m.ApproximateNumberOfMessagesNotVisible + m.ApproximateNumberOfMessagesDelayed
		}
	}
	return row
}

// queueReport is a queue's page.
type queueReport struct {
	queueRow
	EmptyReceives int64         `json:"emptyReceives"`
	Duplicates    int64         `json:"duplicates"` // that were sent, and not kept
	SentBytes     int64         `json:"sentBytes"`
	Attributes    []pair        `json:"attributes"`
	Tags          []pair        `json:"tags"`
	SourceQueues  []string      `json:"deadLetterSourceQueues"` // the first 100
	Tasks         []moveTask    `json:"moveTasks"`
	Messages      []messageView `json:"messages"`
	Peek          int           `json:"peek"` // how many messages are looked at
}

// Total is how many messages there are, in whatever state.
func (q *queueReport) Total() int { return q.Visible + q.InFlight + q.Delayed }

// pair is a name and a value.
type pair struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// pairs lists a map by its keys.
func pairs(m map[string]string) []pair {
	list := []pair{}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		list = append(list, pair{name, m[name]})
	}
	return list
}

// moveTask is a redrive.
type moveTask struct {
	Handle      string             `json:"handle,omitzero"` // while it is running
	Status      sqs.MoveTaskStatus `json:"status"`
	Destination string             `json:"destination,omitzero"` // an ARN; empty for where the messages came from
	Moved       int64              `json:"moved"`
	ToMove      int64              `json:"toMove"`
	Failure     string             `json:"failure,omitzero"`
	Started     time.Time          `json:"started"`
}

// messageView is a message that was looked at.
type messageView struct {
	ID               string           `json:"id"`
	State            sqs.MessageState `json:"state"`
	VisibleAt        time.Time        `json:"visibleAt,omitzero"`
	SentAt           time.Time        `json:"sentAt"`
	ReceiveCount     int              `json:"receiveCount"`
	Body             excerpt          `json:"body"`
	Attributes       []attributeView  `json:"attributes,omitzero"`
	GroupID          string           `json:"groupId,omitzero"`
	DeduplicationID  string           `json:"deduplicationId,omitzero"`
	SequenceNumber   string           `json:"sequenceNumber,omitzero"`
	SenderID         string           `json:"senderId,omitzero"`
	DeadLetterSource string           `json:"deadLetterSource,omitzero"`
}

type attributeView struct {
	Name  string  `json:"name"`
	Type  string  `json:"type"`
	Value excerpt `json:"value"`
}

const (
	usualPeek  = 10
	mostPeek   = 100
	usualBytes = 4096
	mostBytes  = 1 << 20
	allBytes   = 4 << 20
)

// budget returns how much of bodies the page may show.
func (c *call) budget() (*budget, error) {
	each, err := c.number("bytes", usualBytes, mostBytes)
	return &budget{each, allBytes}, err
}

// queue returns the queue that the page is of.
func (c *call) queue() (*sqs.LocalQueue, error) {
	if c.sources.Queues == nil {
		return nil, errNoPage
	}
	return c.sources.Queues.Queue(c.name)
}

func showQueue(c *call) (any, error) {
	q, err := c.queue()
	if err != nil {
		return nil, err
	}
	peek, err := c.number("peek", usualPeek, mostPeek)
	if err != nil {
		return nil, err
	}
	room, err := c.budget()
	if err != nil {
		return nil, err
	}
	m := q.Metrics()
	report := &queueReport{
		queueRow:      newQueueRow(c.sources.Queues, q),
		EmptyReceives: m.NumberOfEmptyReceives,
		Duplicates:    m.NumberOfDeduplicatedSentMessages,
		SentBytes:     m.SentMessageSize,
		Attributes:    pairs(q.Attributes()),
		Tags:          pairs(q.Tags()),
		SourceQueues:  []string{},
		Tasks:         []moveTask{},
		Messages:      []messageView{},
		Peek:          peek,
	}
	page, err := c.sources.Queues.ListDeadLetterSourceQueues(c.name, sqs.ListRequest{MaxResults: pageSize})
	if err != nil {
		return nil, err
	}
	for _, source := range page.Queues {
		report.SourceQueues = append(report.SourceQueues, source.Name())
	}
	tasks, err := c.sources.Queues.ListMessageMoveTasks(q.ARN(), 10)
	if err != nil {
		tasks = nil // AWS has it fail for a queue that is no dead-letter queue
	}
	for _, t := range tasks {
		report.Tasks = append(report.Tasks, moveTask{t.TaskHandle, t.Status, t.DestinationARN,
			t.ApproximateNumberOfMessagesMoved, t.ApproximateNumberOfMessagesToMove, t.FailureReason, t.StartedAt})
	}
	for _, m := range q.Peek(peek) {
		report.Messages = append(report.Messages, newMessageView(m, room))
	}
	return report, nil
}

func newMessageView(m sqs.PeekedMessage, room *budget) messageView {
	view := messageView{
		ID:               m.ID,
		State:            m.State,
		VisibleAt:        m.VisibleAt,
		SentAt:           m.SentAt,
		ReceiveCount:     m.ReceiveCount,
		Body:             room.take(m.Body),
		GroupID:          m.GroupID,
		DeduplicationID:  m.DeduplicationID,
		SequenceNumber:   m.SequenceNumber,
		SenderID:         m.SenderID,
		DeadLetterSource: m.DeadLetterSource,
	}
	for _, name := range slices.Sorted(maps.Keys(m.Attributes)) {
		a := m.Attributes[name]
		view.Attributes = append(view.Attributes, attributeView{name, a.DataType, room.take(a.Value)})
	}
	return view
}
