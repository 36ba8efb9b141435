package sqstest

import (
	"strings"

	"github.com/leat-go/leat/sqs"
)

var messageRules = []rule{{
	name: "message/body",
	says: "A body arrives byte for byte: any of the characters #x9 #xA #xD #x20–#xD7FF #xE000–#xFFFD #x10000–#x10FFFF, markup, spaces and line ends included.",
	verify: func(c *checker) {
		q := c.queue(sqs.Config{})
		bodies := []string{
			"x", " ", "\t\n\r", "line\r\nline\n", " padded ", `<a href="x">&amp;</a>]]>`, `{"quoted": "\\ \u0000"}`, "100% + a=b&c=d",
			"\u007f\u0085\u00e9\u2028", "\ud7ff\ue000\ufffd", "\U00010000\U0010ffff", "水車 🐳",
		}
		c.sendBodies(q, bodies...)
		c.same(bodies, bodiesOf(c.take(q, len(bodies))), "received")
	},
}, {
	name: "message/a large body",
	says: "By default a body may have 1,048,576 bytes.",
	verify: func(c *checker) {
		q := c.queue(sqs.Config{})
		body := strings.Repeat("0123456789abcdef", 1<<16)
		c.sendBodies(q, body)
		if m := c.takeOne(q); m.Body != body {
			c.Fatalf("%d bytes were sent and %d received, or others", len(body), len(m.Body))
		}
	},
}, {
	name: "message/a bad body",
	says: "A body without a character is ErrMissingParameter or ErrInvalidParameterValue, one with a character outside of XML 1.0 ErrInvalidMessageContents, and neither is sent.",
	verify: func(c *checker) {
		q := c.queue(sqs.Config{})
		_, err := q.Send(c.Context(), sqs.Entry{})
		c.refused(err, "an empty body", []int{0}, sqs.ErrMissingParameter, sqs.ErrInvalidParameterValue)
		for _, body := range []string{"\x00", "a\x08", "\x1f", "\ufffe", "text \uffff text"} {
			_, err := q.Send(c.Context(), sqs.Entry{Body: body})
			c.refused(err, strings.ToValidUTF8(body, "?"), []int{0}, sqs.ErrInvalidMessageContents)
		}
		c.takeNothing(q, "Send failed")
	},
}, {
	name:  "message/too long",
	says:  "A message of more than the queue's MaximumMessageSize bytes is ErrInvalidParameterValue; names, types and values of attributes count.",
	needs: MessageLimits,
	verify: func(c *checker) {
		q := c.queue(sqs.Config{MaximumMessageSize: 1024})
		_, err := q.Send(c.Context(), sqs.Entry{Body: strings.Repeat("x", 1025)})
		c.refused(err, "1,025 bytes", []int{0}, sqs.ErrInvalidParameterValue)
		c.takeNothing(q, "Send failed")
		c.sendBodies(q, strings.Repeat("x", 1024))
		c.delete(q, c.takeOne(q))
		if c.cfg.Lacks&Attributes != 0 {
			return
		}
		e := sqs.Entry{Body: strings.Repeat("x", 1024-len("nameStringv")), Attributes: map[string]sqs.Attribute{"name": sqs.StringAttribute("v")}}
		c.send(q, e)
		c.delete(q, c.takeOne(q))
		e.Body += "x"
		_, err = q.Send(c.Context(), e)
		c.refused(err, "1,025 bytes with an attribute", []int{0}, sqs.ErrInvalidParameterValue)
		c.takeNothing(q, "Send failed")
	},
}, {
	name: "message/a group on a standard queue",
	says: "A message of a standard queue may name a group, which its receivers see; it may not have a deduplication id.",
	verify: func(c *checker) {
		q := c.queue(sqs.Config{})
		c.send(q, sqs.Entry{Body: "a", GroupID: "tenant-1"})
		if m := c.takeOne(q); m.GroupID != "tenant-1" {
			c.Fatalf("sent with the group %q, received with %q", "tenant-1", m.GroupID)
		}
		_, err := q.Send(c.Context(), sqs.Entry{Body: "b", DeduplicationID: "1"})
		c.refused(err, "a deduplication id", []int{0}, sqs.ErrInvalidParameterValue)
		_, err = q.Send(c.Context(), sqs.Entry{Body: "b", GroupID: strings.Repeat("g", 129)})
		c.refused(err, "a group of 129 characters", []int{0}, sqs.ErrInvalidParameterValue)
		c.takeNothing(q, "Send failed")
	},
}}
