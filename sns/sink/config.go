package sink

import (
	"encoding/base64"
	"strconv"

	"github.com/leat-go/leat/kinesis/firehose"
	"github.com/leat-go/leat/sqs"
)

// Config says how records become messages.
type Config struct {
	// Base64 sends the standard Base64 encoding of the data instead of the data.
	Base64 bool

	// FIFO tells that this is a FIFO queue or topic. Leat's own need not be told of.
	FIFO bool

	// GroupID returns the message group of a record with the given data, which it must not
	// change: 1 to 128 letters, digits and punctuation characters. It may be called
	// concurrently. Nil means the name of the delivery stream, and without FIFO no group.
	GroupID func(data []byte) string
}

// message is what a record becomes.
type message struct {
	body, group, dedup string
	attributes         map[string]sqs.Attribute // shared by all of a delivery
}

func (m *message) size() int {
	size := len(m.body)
	for name, a := range m.attributes {
		size += len(name) + len(a.DataType) + len(a.Value)
	}
	return size
}

// message renders a record.
func (c *Config) message(d *firehose.Delivery, index int, attributes map[string]sqs.Attribute) message {
	data := d.Records[index].Data
	m := message{attributes: attributes}
	if c.Base64 {
		m.body = base64.StdEncoding.EncodeToString(data)
	} else {
		m.body = string(data)
	}
	if c.GroupID != nil {
		m.group = c.GroupID(data)
	} else if c.FIFO {
		m.group = d.StreamName
	}
	if c.FIFO {
		m.dedup = d.ID + "-" + strconv.Itoa(index)
	}
	return m
}
