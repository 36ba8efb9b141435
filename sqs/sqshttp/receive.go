package sqshttp

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/leat-go/leat/sqs"
)

type receiveMessageInput struct {
	QueueURL                    string   `json:"QueueUrl"`
	AttributeNames              []string `query:"AttributeName,flat"`
	MessageSystemAttributeNames []string `query:"MessageSystemAttributeName,flat"`
	MessageAttributeNames       []string `query:"MessageAttributeName,flat"`
	MaxNumberOfMessages         *int32
	VisibilityTimeout           *int32
	WaitTimeSeconds             *int32
	ReceiveRequestAttemptID     string `json:"ReceiveRequestAttemptId"`
}

type receiveMessageOutput struct {
	Messages []receivedMessage `query:"Message,flat"`
}

type receivedMessage struct {
	MessageID              string `json:"MessageId"`
	ReceiptHandle          string
	MD5OfBody              string
	Body                   string
	Attributes             map[string]string `query:"Attribute,flat,key=Name,value=Value"`
	MD5OfMessageAttributes string
	MessageAttributes      map[string]attributeValue `query:"MessageAttribute,flat,key=Name,value=Value"`
}

func receiveMessage(c *call, in *receiveMessageInput) (*receiveMessageOutput, error) {
	q, err := c.queue(in.QueueURL)
	if err != nil {
		return nil, err
	}
	if n := in.WaitTimeSeconds; n != nil && (*n < 0 || *n > 20) {
		return nil, invalidValue("Value %d for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided.", *n)
	}
	limit := int32(1)
	if n := in.MaxNumberOfMessages; n != nil {
		if limit = *n; limit < 1 || limit > 10 {
			return nil, invalidValue("Value %d for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.", limit)
		}
	}
	if c.overQuery() && len(in.AttributeNames) > 0 {
		in.MessageSystemAttributeNames = nil // the old parameter hides the new one, which JSON adds to it
	}
	wanted, err := systemAttributesOf(in.AttributeNames, in.MessageSystemAttributeNames)
	if err != nil {
		return nil, err
	}
	messages, err := q.Receive(c.ctx, sqs.ReceiveRequest{
		MaxMessages:       int(limit),
		Wait:              seconds(in.WaitTimeSeconds),
		VisibilityTimeout: seconds(in.VisibilityTimeout),
		AttemptID:         in.ReceiveRequestAttemptID,
	})
	if err != nil {
		return nil, err
	}
	out := &receiveMessageOutput{Messages: make([]receivedMessage, len(messages))}
	for i := range messages {
		m, w := &messages[i], &out.Messages[i]
		w.MessageID, w.ReceiptHandle = m.ID, m.ReceiptHandle
		w.Body, w.MD5OfBody = m.Body, md5OfBody(m.Body)
		w.setAttributes(m, wanted)
		w.setMessageAttributes(m, in.MessageAttributeNames)
	}
	return out, nil
}

// systemAttribute is an attribute that SQS gives a message.
type systemAttribute struct {
	name  string
	value func(*sqs.Message) string // empty if the message has it not
}

var systemAttributes = []systemAttribute{
	{"SenderId", func(m *sqs.Message) string { return m.SenderID }},
	{"SentTimestamp", func(m *sqs.Message) string { return milliseconds(m.SentAt) }},
	{"ApproximateReceiveCount", func(m *sqs.Message) string { return strconv.Itoa(m.ReceiveCount) }},
	{"ApproximateFirstReceiveTimestamp", func(m *sqs.Message) string { return milliseconds(m.FirstReceivedAt) }},
	{"SequenceNumber", func(m *sqs.Message) string { return m.SequenceNumber }},
	{"MessageDeduplicationId", func(m *sqs.Message) string { return m.DeduplicationID }},
	{"MessageGroupId", func(m *sqs.Message) string { return m.GroupID }},
	{traceHeader, func(m *sqs.Message) string { return m.TraceHeader }},
	{"DeadLetterQueueSourceArn", func(m *sqs.Message) string { return m.DeadLetterSource }},
}

// systemAttributesOf returns the attributes that the old and the new parameter for
// them name. The old one's type is that of queue attributes, so their names pass,
// and mean nothing here.
func systemAttributesOf(old, names []string) ([]systemAttribute, error) {
	var wanted []systemAttribute
	for _, name := range slices.Concat(old, names) {
		if name == "All" {
			return systemAttributes, nil
		}
		i := slices.IndexFunc(systemAttributes, func(a systemAttribute) bool { return a.name == name })
		switch {
		case i >= 0:
			wanted = append(wanted, systemAttributes[i])
		case !slices.Contains(queueAttributes, name):
			return nil, newError("InvalidAttributeName", "Unknown Attribute "+name+".")
		}
	}
	return wanted, nil
}

func (w *receivedMessage) setAttributes(m *sqs.Message, wanted []systemAttribute) {
	if len(wanted) == 0 {
		return
	}
	w.Attributes = make(map[string]string, len(wanted))
	for _, a := range wanted {
		if value := a.value(m); value != "" {
			w.Attributes[a.name] = value
		}
	}
}

func (w *receivedMessage) setMessageAttributes(m *sqs.Message, names []string) {
	if len(m.Attributes) == 0 || len(names) == 0 {
		return
	}
	w.MessageAttributes = make(map[string]attributeValue, len(m.Attributes))
	for name, a := range m.Attributes {
		if selects(names, name) {
			w.MessageAttributes[name] = valueOf(a)
		} else {
			delete(m.Attributes, name) // the digest is of what is returned
		}
	}
	w.MD5OfMessageAttributes = md5OfAttributes(m.Attributes)
}

// selects tells whether one of the patterns in a MessageAttributeNames is for the
// attribute: All, ".*", its name, or a beginning of it with ".*".
func selects(patterns []string, name string) bool {
	for _, p := range patterns {
		prefix, wild := strings.CutSuffix(p, ".*")
		if p == name || p == "All" || p == "*" || wild && strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

func milliseconds(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }
