package snshttp

import (
	"strings"

	"github.com/leat-go/leat/sns"
)

// message is what Publish and an entry of PublishBatch have in common. It says what
// was sent, for AWS tells an empty text from none.
type message struct {
	ID                     *string `json:"Id"` // of an entry
	Message                *string
	Subject                *string
	MessageStructure       string
	MessageAttributes      map[string]attributeValue `query:"MessageAttributes,key=Name,value=Value"`
	MessageDeduplicationID *string                   `json:"MessageDeduplicationId"`
	MessageGroupID         *string                   `json:"MessageGroupId"`
}

type publishOutput struct {
	MessageID      string `json:"MessageId"`
	SequenceNumber string
}

func publish(c *call, in *message) (*publishOutput, error) {
	send, err := c.target()
	if err != nil {
		return nil, err
	}
	entry, err := in.entry("")
	if err != nil {
		return nil, err
	}
	entry.TraceHeader = c.traceHeader
	published, err := send(entry)
	if err != nil {
		return nil, err
	}
	return &publishOutput{published.MessageID, published.SequenceNumber}, nil
}

// target finds out where to a message is published: to a topic, an endpoint of a
// platform application, or a phone number. TargetArn is for either of the first two.
func (c *call) target() (send func(sns.Entry) (sns.Published, error), err error) {
	var given []string
	for _, name := range []string{"TopicArn", "TargetArn", "PhoneNumber"} {
		if c.params.Has(name) {
			given = append(given, name)
		}
	}
	switch len(given) {
	case 0:
		return nil, missing("TopicArn or TargetArn")
	case 1:
	default:
		return nil, invalid("%s Reason: Only one of TopicArn, TargetArn and PhoneNumber can be given", given[1])
	}
	parameter, value := given[0], c.params.Get(given[0])
	if parameter == "PhoneNumber" {
		return func(e sns.Entry) (sns.Published, error) { return c.service.PublishToPhone(c.ctx, value, e) }, nil
	}
	if parameter == "TargetArn" && strings.Contains(value, ":endpoint/") {
		return func(e sns.Entry) (sns.Published, error) { return c.service.PublishToEndpoint(c.ctx, value, e) }, nil
	}
	t, err := c.topicOf(parameter, value)
	if err != nil {
		return nil, err
	}
	return func(e sns.Entry) (sns.Published, error) {
		published, err := t.Publish(c.ctx, e)
		if err != nil {
			return sns.Published{}, err
		}
		return published[0], nil
	}, nil
}

// entry is the message as the engine takes it. The path is where it stands in the
// input.
func (m *message) entry(path string) (entry sns.Entry, err error) {
	entry = sns.Entry{MessageStructure: m.MessageStructure}
	if m.Message != nil {
		entry.Message = *m.Message
	}
	if m.Subject != nil {
		if entry.Subject = *m.Subject; entry.Subject == "" {
			return entry, invalid("Subject")
		}
	}
	if entry.GroupID, err = givenID("MessageGroupId", m.MessageGroupID); err != nil {
		return entry, err
	}
	if entry.DeduplicationID, err = givenID("MessageDeduplicationId", m.MessageDeduplicationID); err != nil {
		return entry, err
	}
	entry.Attributes, err = attributesOf(path, m.MessageAttributes)
	return entry, err
}

// givenID returns an id that a message may have, empty for none. The engine takes an
// empty one for none; to AWS it is an id that is too short.
func givenID(parameter string, id *string) (string, error) {
	if id == nil {
		return "", nil
	}
	if *id == "" {
		return "", invalid("%s Reason: %[1]s must be 1 to 128 alphanumeric and punctuation characters", parameter)
	}
	return *id, nil
}
