package sdktest

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sns/snshttp"
)

// TestFilterPolicies publishes the same messages to queues behind policies.
func TestFilterPolicies(t *testing.T) {
	const attributes, body = "MessageAttributes", "MessageBody"
	tests := []struct {
		scope, policy string
		passes        string // the names of the messages, below
	}{
		{"", "", "order-small order-big cancel nothing"},
		{"", `{"event":["order"]}`, "order-small order-big"},
		{attributes, `{"event":["order","cancel"],"price":[{"numeric":[">",100]}]}`, "order-big"},
		{attributes, `{"event":[{"anything-but":["cancel"]}]}`, "order-small order-big"},
		{attributes, `{"event":[{"exists":true}],"price":[{"exists":false}]}`, "cancel"},
		{attributes, `{"stores":["b"]}`, "order-big"},
		{attributes, `{"$or":[{"event":["cancel"]},{"price":[{"numeric":["=",10]}]}]}`, "order-small cancel"},
		{attributes, `{"id":["order-big"]}`, ""},
		{body, `{"id":["order-big"]}`, "order-big"},
		{body, `{"lines":{"sku":[{"prefix":"a-"}]}}`, "order-small order-big"},
		{body, `{"lines.sku":["b-2"]}`, "order-big"},
		{body, `{"gift":[true]}`, "order-small"},
		{body, `{"event":["order"]}`, ""},
	}
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, sns.ServiceConfig{}, snshttp.Config{})
		c := s.client()
		topic := createTopic(t, c, "orders", nil)
		var urls []*string
		for i, test := range tests {
			url, arn := s.queue(t, "q-"+string(rune('a'+i)), nil)
			set := map[string]string{"RawMessageDelivery": "true"}
			if test.policy != "" {
				set["FilterPolicy"] = test.policy
			}
			if test.scope != "" {
				set["FilterPolicyScope"] = test.scope
			}
			subscription := subscribe(t, c, topic, "sqs", arn, set)
			urls = append(urls, url)
			got := call(t, c.GetSubscriptionAttributes, &awssns.GetSubscriptionAttributesInput{SubscriptionArn: subscription}).Attributes
			require.Equal(t, test.policy, got["FilterPolicy"])
		}
		with := func(pairs ...string) map[string]types.MessageAttributeValue {
			values := make(map[string]types.MessageAttributeValue)
			for i := 0; i < len(pairs); i += 3 {
				values[pairs[i]] = types.MessageAttributeValue{DataType: &pairs[i+1], StringValue: &pairs[i+2]}
			}
			return values
		}
		texts := map[string]string{ // by the name of the message
			`{"id":"order-small","gift":true,"lines":[{"sku":"a-1"}]}`: "order-small",
			`{"id":"order-big","lines":[{"sku":"a-1"},{"sku":"b-2"}]}`: "order-big",
			"cancel":  "cancel",
			"nothing": "nothing",
		}
		for text, name := range texts {
			values := map[string]map[string]types.MessageAttributeValue{
				"order-small": with("event", "String", "order", "price", "Number", "10.0"),
				"order-big":   with("event", "String", "order", "price", "Number", "100.5", "stores", "String.Array", `["a","b"]`),
				"cancel":      with("event", "String", "cancel"),
			}[name]
			call(t, c.Publish, &awssns.PublishInput{TopicArn: topic, Message: &text, MessageAttributes: values})
		}
		for i, test := range tests {
			var passed []string
			for _, text := range s.takeBodies(t, urls[i]) {
				passed = append(passed, texts[text])
			}
			require.ElementsMatch(t, strings.Fields(test.passes), passed, "%s %s", test.scope, test.policy)
		}
	})
}

// TestFilterPolicyErrors has the texts that AWS was recorded to refuse policies with,
// on both ways to set one.
func TestFilterPolicyErrors(t *testing.T) {
	const prefix = "FilterPolicy: "
	anywhere := map[string]string{ // policy to text, in both scopes
		`{"a":["1","2"],"b":["1"],"c":["1"],"d":["1"],"e":["1"],"f":["1"]}`: "Filter policy can not have more than 5 keys",
		`{"a":[]}`:                                "Empty arrays are not allowed",
		`{"a":"b"}`:                               `"a" must be an object or an array`,
		`{"a":[["b"]]}`:                           "Match value must be String, number, true, false, or null",
		`{"a":[{"wildcard":"b*"}]}`:               "Unrecognized match type wildcard",
		`{"a":[{"prefix":"b","suffix":"c"}]}`:     "Only one key allowed in match expression",
		`{"a":[{"prefix":1}]}`:                    "prefix match pattern must be a string",
		`{"a":[{"suffix":1}]}`:                    "suffix match pattern must be a string",
		`{"a":[{"cidr":"10.0.0.0"}]}`:             "Malformed CIDR, one '/' required",
		`{"a":[{"cidr":"10.0.0.0/x"}]}`:           "Malformed CIDR, mask bits must be an integer",
		`{"a":[{"cidr":"10.0.0/24"}]}`:            "Nonstandard IP address: 10.0.0",
		`{"a":[{"exists":"yes"}]}`:                "exists match pattern must be either true or false.",
		`{"a":[{"anything-but":{"suffix":"b"}}]}`: "Unsupported anything-but pattern: suffix",
		`{"a":[{"numeric":[]}]}`:                  "Invalid member in numeric match: ]",
		`{"a":[{"numeric":["!",1]}]}`:             "Unrecognized numeric range operator: !",
		`{"a":[{"numeric":["=","1"]}]}`:           "Value of equals must be numeric",
		`{"a":[{"numeric":["=",1,"<",2]}]}`:       "Too many elements in numeric expression",
		`{"a":[{"numeric":[">",20,30]}]}`:         "Bad value in numeric range: 30",
		`{"a":[{"numeric":[">",2,"<",1]}]}`:       "Bottom must be less than top",
		`{"a":[{"numeric":[">",1,"<",2,"<",3]}]}`: "Too many terms in numeric range expression",
		`{"a":[{"numeric":[">=",1,">",2]}]}`:      "Bad numeric range operator: >",
	}
	tooComplex := `{"a":[` + list(20) + `],"b":[` + list(8) + `]}`
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, sns.ServiceConfig{}, snshttp.Config{})
		c := s.client()
		topic := createTopic(t, c, "orders", nil)
		_, arn := s.queue(t, "orders", nil)
		_, other := s.queue(t, "other", nil)
		for _, scope := range []string{"MessageAttributes", "MessageBody"} {
			texts := map[string]string{tooComplex: prefix + "Filter policy is too complex"}
			for policy, text := range anywhere {
				texts[policy] = prefix + text
			}
			if scope == "MessageAttributes" {
				texts[`{"a":{"b":["c"]}}`] = "Filter policy scope MessageAttributes does not support nested filter policy"
			}
			subscription := subscribe(t, c, topic, "sqs", arn, map[string]string{"FilterPolicyScope": scope})
			for policy, text := range texts {
				want := failure{as: &types.InvalidParameterException{}, code: "InvalidParameter", status: 400}
				want.message = "Invalid parameter: Attributes Reason: " + text
				requireFailure(t, want, subscribing(*topic, "sqs", other, map[string]string{"FilterPolicyScope": scope, "FilterPolicy": policy})(t.Context(), c))
				want.message = "Invalid parameter: " + text
				_, err := c.SetSubscriptionAttributes(t.Context(), &awssns.SetSubscriptionAttributesInput{
					SubscriptionArn: subscription, AttributeName: aws.String("FilterPolicy"), AttributeValue: &policy,
				})
				requireFailure(t, want, err)
			}
			call(t, c.Unsubscribe, &awssns.UnsubscribeInput{SubscriptionArn: subscription})
		}
		require.Empty(t, call(t, c.ListSubscriptions, &awssns.ListSubscriptionsInput{}).Subscriptions, "what was refused is not there")
	})
}

// list returns n different values of JSON.
func list(n int) string {
	values := make([]string, n)
	for i := range values {
		values[i] = `"` + strings.Repeat("x", i+1) + `"`
	}
	return strings.Join(values, ",")
}
