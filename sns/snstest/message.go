package snstest

import (
	"maps"
	"strings"

	"github.com/leat-go/leat/sns"
)

const maxMessage = 262_144

var messageRules = []rule{{
	name: "message/text",
	says: "A text arrives byte for byte, markup, spaces and line ends included.",
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		in := c.inbox(topic, sns.Subscription{})
		texts := []string{
			"x", " ", "\t\n\r", "line\r\nline\n", " padded ", `<a href="x">&amp;</a>]]>`, `{"quoted": "\\ \u0000"}`, "100% + a=b&c=d",
			"\u007f\u0085\u00e9\u2028", "\ud7ff\ue000\ufffd", "\U00010000\U0010ffff", "水車 🐳",
		}
		c.publishTexts(topic, texts...)
		in.expect(texts...)
	},
}, {
	name:  "message/too long",
	says:  "A message may have 262,144 bytes, with the names, types and values of its attributes; a longer one is ErrInvalidParameter.",
	needs: MessageLimits,
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		in := c.inbox(topic, sns.Subscription{})
		long := strings.Repeat("0123456789abcdef", maxMessage/16)
		attributes := map[string]sns.Attribute{"name": {DataType: "String", Value: "v"}}
		fitting := long[:maxMessage-len("nameStringv")]
		c.refuse(topic, sns.Entry{Message: long + "x"}, "262,145 bytes")
		c.refuse(topic, sns.Entry{Message: fitting + "x", Attributes: attributes}, "262,145 bytes with an attribute")
		c.publishTexts(topic, long)
		c.publish(topic, sns.Entry{Message: fitting, Attributes: attributes})
		in.expect(long, fitting)
	},
}, {
	name: "message/empty",
	says: "A message without a text is ErrInvalidParameter.",
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		in := c.inbox(topic, sns.Subscription{})
		c.refuse(topic, sns.Entry{}, "no text")
		c.refuse(topic, sns.Entry{Subject: "s", Attributes: map[string]sns.Attribute{"a": {DataType: "String", Value: "v"}}}, "a subject and an attribute, but no text")
		in.expect()
	},
}, {
	name: "message/subject",
	says: "A subject has at most 99 characters, none of them a line break or another control character; else it is ErrInvalidParameter.",
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		in := c.inbox(topic, sns.Subscription{})
		for _, subject := range []string{strings.Repeat("s", 100), "a\nb", "a\rb", "a\x00", "\x07"} {
			c.refuse(topic, sns.Entry{Message: "bad", Subject: subject}, "the subject "+subject)
		}
		long := strings.Repeat("s", 99)
		c.publish(topic, sns.Entry{Message: "good", Subject: long})
		if n := in.get(1)[0]; n.Subject != long || n.Message != "good" {
			c.Fatalf("delivered %q on %q", n.Message, n.Subject)
		}
	},
}, {
	name: "message/bad attributes",
	says: "An attribute has a name, a type that begins with String, Number or Binary, and a value that suits it; else it is ErrInvalidParameter or ErrInvalidParameterValue.",
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		in := c.inbox(topic, sns.Subscription{})
		for name, a := range map[string]sns.Attribute{
			"":         {DataType: "String", Value: "no name"},
			"no type":  {Value: "v"},
			"novalue":  {DataType: "String"},
			"type":     {DataType: "Text", Value: "v"},
			"number":   {DataType: "Number", Value: "many"},
			"a..b":     {DataType: "String", Value: "v"},
			".a":       {DataType: "String", Value: "v"},
			"a:colon:": {DataType: "String", Value: "v"},
		} {
			c.refuse(topic, sns.Entry{Message: "bad", Attributes: map[string]sns.Attribute{name: a}}, "the attribute "+name)
		}
		in.expect()
	},
}, {
	name: "message/the publisher's map",
	says: "Publish copies the map of attributes: what the publisher does with it afterwards changes nothing.",
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		in := c.inbox(topic, sns.Subscription{})
		attributes := map[string]sns.Attribute{"a": {DataType: "String", Value: "first"}}
		want := maps.Clone(attributes)
		c.publish(topic, sns.Entry{Message: "m", Attributes: attributes})
		attributes["a"] = sns.Attribute{DataType: "String", Value: "second"}
		attributes["b"] = attributes["a"]
		c.sameAttributes(want, in.get(1)[0].Attributes)
	},
}, {
	name: "message/structure",
	says: `With MessageStructure "json" each endpoint gets the text for its protocol, or the default; other keys and texts that are none do not matter.`,
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		in := c.inbox(topic, sns.Subscription{})
		protocol := string(sns.ProtocolLambda)
		if in.queue != nil {
			protocol = string(sns.ProtocolSQS)
		}
		for _, text := range []string{
			`{"default":"all"}`,
			`{"default":"not me","` + protocol + `":"own"}`,
			`{"default":"others","email":"mail","unknown":"?","http":5,"sms":null}`,
			`{"default":"instead","` + protocol + `":7}`,
		} {
			c.publish(topic, sns.Entry{Message: text, MessageStructure: "json"})
		}
		c.publishTexts(topic, `{"default":"plain"}`)
		in.expect("all", "own", "others", "instead", `{"default":"plain"}`)
	},
}, {
	name: "message/bad structure",
	says: `With MessageStructure "json" a message that is no JSON object, or has no text under "default", is ErrInvalidParameter.`,
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		in := c.inbox(topic, sns.Subscription{})
		for _, text := range []string{"text", `{"default":`, `["default"]`, `"default"`, `{}`, `{"sqs":"a"}`, `{"default":5}`, `{"default":{"a":"b"}}`} {
			c.refuse(topic, sns.Entry{Message: text, MessageStructure: "json"}, text)
		}
		in.expect()
	},
}}
