package snshttp

import (
	"context"
	"net/url"
	"strings"

	"github.com/leat-go/leat/internal/awshttp"
	"github.com/leat-go/leat/internal/awsquery"
	"github.com/leat-go/leat/sns"
)

// call is one request on its way.
type call struct {
	ctx         context.Context
	service     *sns.Service // as the caller sees it
	params      url.Values
	signed      bool   // has credentials, which need not have been checked
	strict      bool   // would need some, were it not for a link's action
	traceHeader string // of AWS X-Ray
}

// Decode reads the input of the action into a struct.
func (c *call) Decode(input any) error { return awsquery.Decode(c.params, input) }

// given tells whether a parameter, or a part of it, was sent. An empty one counts.
func (c *call) given(name string) bool {
	if c.params.Has(name) {
		return true
	}
	for key := range c.params {
		if strings.HasPrefix(key, name) && strings.HasPrefix(key[len(name):], ".") {
			return true
		}
	}
	return false
}

// needing is an operation that can not do without some parameters.
func needing(run awshttp.Operation[*call], parameters ...string) awshttp.Operation[*call] {
	return func(c *call) (any, error) {
		var problems []string
		for _, name := range parameters {
			switch {
			case c.given(name):
			case strings.HasSuffix(name, "Arn") && name != "ResourceArn":
				return nil, missing(name)
			default:
				problems = append(problems, null(strings.ToLower(name[:1])+name[1:]))
			}
		}
		if problems != nil {
			return nil, validation(problems...)
		}
		return run(c)
	}
}

func missing(parameter string) error {
	return invalid("%s Reason: no value for required parameter", parameter)
}

// topic finds the topic that a TopicArn names.
func (c *call) topic(arn string) (*sns.LocalTopic, error) { return c.topicOf("TopicArn", arn) }

// topicOf finds the topic whose ARN a parameter is.
func (c *call) topicOf(parameter, arn string) (*sns.LocalTopic, error) {
	if err := c.checkARN(parameter, arn); err != nil {
		return nil, err
	}
	return c.service.TopicByARN(arn)
}

// subscription finds the subscription that a SubscriptionArn names.
func (c *call) subscription(arn string) (*sns.LocalSubscription, error) {
	if err := c.checkSubscriptionARN(arn); err != nil {
		return nil, err
	}
	return c.service.Subscription(sns.SubscriptionID(arn))
}

func (c *call) checkSubscriptionARN(arn string) error {
	if err := c.checkARN("SubscriptionArn", arn); err != nil {
		return err
	}
	if strings.Count(arn, ":") < 6 {
		return invalid("SubscriptionId")
	}
	return nil
}

// checkARN returns what is wrong with an ARN as such. It must be of the region that
// the request is signed for; a link is signed for none.
func (c *call) checkARN(parameter, arn string) error {
	elements := strings.Split(arn, ":")
	if n := len(elements); n < 6 {
		return invalid("%s Reason: An ARN must have at least 6 elements, not %d", parameter, n)
	}
	if c.signed && elements[3] != c.service.Region() {
		return invalid("%s", parameter)
	}
	return nil
}

// maxResults returns the limit that was sent, zero for none. The engine refuses every
// bad one but zero, which means none to it.
func maxResults(n *int32) (int, error) {
	switch {
	case n == nil:
		return 0, nil
	case *n == 0:
		return 0, validation("Value '0' at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 1")
	}
	return int(*n), nil
}
