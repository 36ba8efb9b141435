package snstest

import (
	"strings"
	"time"

	"github.com/leat-go/leat/sns"
)

// filterCase is a policy, and messages of which it lets some through. A message is
// its attributes, for the scope of attributes, or its text.
type filterCase struct {
	policy       string
	passes, ends []string
}

// attributed makes a message of "name=value" words; a value in [] is a String.Array,
// one with a digit first a Number.
func attributed(words string) sns.Entry {
	e := sns.Entry{Message: words, Attributes: make(map[string]sns.Attribute)}
	for word := range strings.FieldsSeq(words) {
		name, value, _ := strings.Cut(word, "=")
		a := sns.Attribute{DataType: "String", Value: value}
		switch {
		case value == "":
			continue
		case value[0] == '[':
			a.DataType = "String.Array"
		case '0' <= value[0] && value[0] <= '9':
			a.DataType = "Number"
		}
		e.Attributes[name] = a
	}
	return e
}

// A message whose only word has no "=" has no attributes.
var attributeFilters = []filterCase{
	{`{}`, []string{"none", "a=x"}, nil},
	{`{"store":["shop"]}`, []string{"store=shop", "store=shop n=1"}, []string{"none", "store=other", "shop=store"}},
	{`{"store":["shop","kiosk"],"event":["order"]}`, []string{"store=kiosk event=order"}, []string{"store=kiosk", "event=order", "store=shop event=cancel"}},
	{`{"price":[{"numeric":[">",10,"<=",20]}]}`, []string{"price=10.5", "price=20"}, []string{"price=10", "price=20.5", "price=x"}},
	{`{"price":[{"numeric":["=",10]}]}`, []string{"price=10", "price=10.0"}, []string{"price=11"}},
	{`{"name":[{"prefix":"a"},{"suffix":"z"}]}`, []string{"name=ab", "name=yz"}, []string{"name=b"}},
	{`{"name":[{"anything-but":["x","y"]}]}`, []string{"name=z"}, []string{"name=x", "none"}},
	{`{"name":[{"exists":true}]}`, []string{"name=x"}, []string{"none"}},
	{`{"name":[{"exists":false}]}`, []string{"other=x"}, []string{"name=x"}}, // a message without attributes is in dispute
	{`{"name":[{"equals-ignore-case":"X"}]}`, []string{"name=x", "name=X"}, []string{"name=y"}},
	{`{"tags":["b"]}`, []string{`tags=["a","b"]`}, []string{`tags=["a","c"]`}},
	{`{"$or":[{"a":["1"]},{"b":["2"]}]}`, []string{"a=[\"1\"]", "b=[\"2\"]"}, []string{"a=[\"2\"]"}},
	{`{"ip":[{"cidr":"10.0.0.0/24"}]}`, []string{"ip=[\"10.0.0.7\"]"}, []string{"ip=[\"10.0.1.7\"]"}},
}

var bodyFilters = []filterCase{
	{`{"store":["shop"]}`, []string{`{"store":"shop"}`, `{"store":["kiosk","shop"]}`}, []string{`{"store":"other"}`, `{}`, `["store"]`, "store=shop"}},
	{`{"order":{"price":[{"numeric":[">=",100]}]}}`, []string{`{"order":{"price":100}}`}, []string{`{"order":{"price":99.5}}`, `{"price":100}`, `{"order":100}`}},
	{`{"lines":{"sku":["7"]}}`, []string{`{"lines":[{"sku":"1"},{"sku":"7"}]}`}, []string{`{"lines":[{"sku":"1"}]}`}},
	{`{"gift":[true],"note":[null]}`, []string{`{"gift":true,"note":null}`}, []string{`{"gift":"true","note":null}`, `{"gift":true}`}},
}

var badPolicies = []string{
	`{`, `[]`, `"store"`, `{"store":"shop"}`, `{"store":[]}`, `{"store":[["shop"]]}`, `{"store":[{"wildcard":"s*"}]}`, `{"store":[{"prefix":1}]}`,
	`{"store":[{"numeric":["<",1,">",2]}]}`, `{"store":[{"exists":"yes"}]}`, `{"store":[{"prefix":"a","suffix":"b"}]}`, `{"store":{"nested":["x"]}}`,
	`{"a":["1"],"b":["1"],"c":["1"],"d":["1"],"e":["1"],"f":["1"]}`,
}

// verifyFilters checks a table: a subscriber for each policy, and one for all.
func (c *checker) verifyFilters(scope sns.FilterPolicyScope, cases []filterCase, entry func(text string) sns.Entry) {
	c.Helper()
	for _, f := range cases {
		topic := c.topic(sns.Config{})
		in := c.inbox(topic, sns.Subscription{FilterPolicy: f.policy, FilterPolicyScope: scope})
		all := c.inbox(topic, sns.Subscription{})
		texts := append(append([]string{}, f.ends...), f.passes...)
		for _, text := range texts {
			c.publish(topic, entry(text))
		}
		all.expect(texts...)
		c.settle(topic)
		passed := make(map[string]bool)
		for _, n := range in.arrive(len(f.passes)) {
			passed[n.Message] = true
		}
		for i, text := range texts {
			if want := i >= len(f.ends); passed[text] != want {
				c.Fatalf("the policy %s, and a message %s: let through is %v, expected %v", f.policy, text, passed[text], want)
			}
		}
	}
}

var filterRules = []rule{{
	name:  "filter/attributes",
	says:  "A filter policy lets those messages through whose attributes match all of its keys, each by one of its values; a subscription without one gets all.",
	needs: Filters,
	waits: time.Minute,
	verify: func(c *checker) {
		c.verifyFilters("", attributeFilters, attributed)
	},
}, {
	name:  "filter/body",
	says:  "With FilterPolicyScopeMessageBody the policy applies to the message, which must be a JSON object: to nested objects and all elements of arrays too.",
	needs: Filters,
	waits: time.Minute,
	verify: func(c *checker) {
		c.verifyFilters(sns.FilterPolicyScopeMessageBody, bodyFilters, func(text string) sns.Entry { return sns.Entry{Message: text} })
	},
}, {
	name:  "filter/scopes are apart",
	says:  "A policy looks at attributes or at the body, as its scope says, and never at both.",
	needs: Filters,
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		attributes := c.inbox(topic, sns.Subscription{FilterPolicy: `{"a":["x"]}`, FilterPolicyScope: sns.FilterPolicyScopeMessageAttributes})
		body := c.inbox(topic, sns.Subscription{FilterPolicy: `{"a":["x"]}`, FilterPolicyScope: sns.FilterPolicyScopeMessageBody})
		c.publish(topic, attributed("a=x"))
		c.publishTexts(topic, `{"a":"x"}`)
		attributes.expect("a=x")
		body.expect(`{"a":"x"}`)
	},
}, {
	name:  "filter/bad policies",
	says:  "A policy that is not one is ErrInvalidParameter, and there is no subscription.",
	needs: Filters | Functions,
	verify: func(c *checker) {
		topic := c.topic(sns.Config{})
		in := &inbox{c: c, topic: topic}
		for _, policy := range badPolicies {
			id, err := topic.Subscribe(c.Context(), sns.Subscription{Endpoint: sns.EndpointFunc(in.deliver), FilterPolicy: policy})
			c.FailedWith(err, "the policy "+policy, sns.ErrInvalidParameter)
			if id != "" {
				c.Fatalf("Subscribe failed and returned the id %q", id)
			}
		}
		_, err := topic.Subscribe(c.Context(), sns.Subscription{Endpoint: sns.EndpointFunc(in.deliver), FilterPolicyScope: "Everything", FilterPolicy: `{"store":["shop"]}`})
		c.FailedWith(err, "the scope Everything", sns.ErrInvalidParameter)
		c.publish(topic, attributed("store=shop"), attributed("none"))
		in.expect()
	},
}}
