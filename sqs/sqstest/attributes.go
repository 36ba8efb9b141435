package sqstest

import (
	"fmt"
	"maps"
	"strings"

	"github.com/leat-go/leat/sqs"
)

var attributeRules = []rule{{
	name:  "attributes/round trip",
	says:  "Message attributes arrive with names, types (labels included) and values as they were sent, binary ones byte for byte; a message without any has none.",
	needs: Attributes,
	verify: func(c *checker) {
		q := c.queue(visibility(0))
		attributes := map[string]sqs.Attribute{
			"text":          sqs.StringAttribute("a <b> & \"c\" 水"),
			"count":         sqs.NumberAttribute("0123.4500"),
			"bytes":         sqs.BinaryAttribute([]byte{0, 1, 127, 128, 255}),
			"Labeled.x-1_2": {DataType: "Number.float", Value: "-1e10"},
			"blob":          {DataType: "Binary.png", Value: "\x89PNG"},
		}
		for i := len(attributes); i < 10; i++ {
			attributes[fmt.Sprint("more", i)] = sqs.StringAttribute(" ")
		}
		c.send(q, sqs.Entry{Body: "with", Attributes: attributes})
		for range 2 {
			m := c.takeOne(q)
			if !maps.Equal(m.Attributes, attributes) {
				c.Fatalf("attributes %q, expected %q", m.Attributes, attributes)
			}
			if m.ReceiveCount == 2 {
				c.delete(q, m)
			}
			clear(m.Attributes) // the receiver's own copy
		}
		c.sendBodies(q, "without")
		if m := c.takeOne(q); len(m.Attributes) > 0 {
			c.Fatalf("attributes %q, none were sent", m.Attributes)
		}
	},
}, {
	name:  "attributes/the sender's map",
	says:  "A sender may change its map of attributes after Send.",
	needs: Attributes,
	verify: func(c *checker) {
		q := c.queue(sqs.Config{})
		attributes := map[string]sqs.Attribute{"a": sqs.StringAttribute("1")}
		c.send(q, sqs.Entry{Body: "x", Attributes: attributes})
		attributes["a"] = sqs.StringAttribute("2")
		if got := c.takeOne(q).Attributes["a"].Value; got != "1" {
			c.Fatalf("the attribute was sent as %q and received as %q", "1", got)
		}
	},
}, {
	name:  "attributes/bad ones",
	says:  "An attribute with a name, type or value that SQS does not allow, or an eleventh one, makes the entry fail with ErrInvalidParameterValue.",
	needs: Attributes | MessageLimits,
	verify: func(c *checker) {
		q := c.queue(sqs.Config{})
		text := sqs.StringAttribute("v")
		eleven := make(map[string]sqs.Attribute)
		for i := range 11 {
			eleven[fmt.Sprint("name", i)] = text
		}
		for what, attributes := range map[string]map[string]sqs.Attribute{
			"eleven attributes":               eleven,
			"a name with a space":             {"a b": text},
			"a name that begins with AWS.":    {"AWS.x": text},
			"a name that begins with amazon.": {"amazon.x": text},
			"a name that begins with a dot":   {".x": text},
			"a name that ends in a dot":       {"x.": text},
			"a name with two dots together":   {"x..y": text},
			"a name of 257 characters":        {strings.Repeat("n", 257): text},
			"an unknown type":                 {"x": {DataType: "Float", Value: "1"}},
			"an empty value":                  {"x": {DataType: "String"}},
		} {
			_, err := q.Send(c.Context(), sqs.Entry{Body: "x", Attributes: attributes})
			c.refused(err, what, []int{0}, sqs.ErrInvalidParameterValue)
		}
		c.takeNothing(q, "Send failed")
	},
}, {
	name:  "attributes/trace header",
	says:  "The AWSTraceHeader that a message was sent with arrives with it, and counts as no message attribute.",
	needs: Attributes,
	verify: func(c *checker) {
		q := c.queue(sqs.Config{})
		const header = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"
		c.send(q, sqs.Entry{Body: "x", TraceHeader: header})
		switch m := c.takeOne(q); {
		case m.TraceHeader != header:
			c.Fatalf("trace header %q, expected %q", m.TraceHeader, header)
		case len(m.Attributes) > 0:
			c.Fatalf("attributes %q, none were sent", m.Attributes)
		}
	},
}}
