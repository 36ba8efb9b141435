package snshttp

import (
	"errors"
	"strings"

	"github.com/leat-go/leat/sns"
)

type subscribeInput struct {
	TopicARN              string `json:"TopicArn"`
	Protocol              string
	Endpoint              string
	Attributes            map[string]string
	ReturnSubscriptionARN bool `json:"ReturnSubscriptionArn"`
}

type confirmSubscriptionInput struct {
	TopicARN                  string `json:"TopicArn"`
	Token                     string
	AuthenticateOnUnsubscribe string
}

// subscriptionInput is the input of the actions that need no more than a
// subscription.
type subscriptionInput struct {
	SubscriptionARN string `json:"SubscriptionArn"`
}

type subscriptionOutput struct {
	SubscriptionARN string `json:"SubscriptionArn"`
}

type setSubscriptionAttributesInput struct {
	SubscriptionARN string `json:"SubscriptionArn"`
	AttributeName   string
	AttributeValue  string
}

func subscribe(c *call, in *subscribeInput) (*subscriptionOutput, error) {
	t, err := c.topic(in.TopicARN)
	if err != nil {
		return nil, err
	}
	sub, err := sns.ApplySubscriptionAttributes(sns.Subscription{Protocol: sns.Protocol(in.Protocol), Address: in.Endpoint}, in.Attributes)
	if err != nil {
		return nil, err
	}
	id, err := t.Subscribe(c.ctx, sub)
	if err != nil {
		return nil, err
	}
	if !in.ReturnSubscriptionARN {
		if s, err := t.Subscription(id); err == nil && s.Pending() {
			return &subscriptionOutput{"pending confirmation"}, nil
		}
	}
	return &subscriptionOutput{string(id)}, nil
}

// confirmSubscription may be the link in a confirmation. That a subscription can be
// ended by those alone who have credentials is for them to ask.
func confirmSubscription(c *call, in *confirmSubscriptionInput) (*subscriptionOutput, error) {
	if c.checkARN("TopicArn", in.TopicARN) != nil {
		return nil, invalid("Topic")
	}
	id, err := c.service.ConfirmSubscription(in.TopicARN, in.Token, c.signed && in.AuthenticateOnUnsubscribe == "true")
	switch {
	case errors.Is(err, sns.ErrNotFound) && strings.Split(in.TopicARN, ":")[3] != c.service.Region():
		return nil, invalid("Topic")
	case errors.Is(err, sns.ErrNotFound):
		return nil, invalid("Token") // which is what AWS looks for
	case err != nil:
		return nil, err
	}
	return &subscriptionOutput{string(id)}, nil
}

// unsubscribe may be the link in an envelope. It is for endpoints that had to confirm: the
// subscriptions of queues and the like need credentials to be ended. (Unsubscribe.)
func unsubscribe(c *call, in *subscriptionInput) error {
	if err := c.checkSubscriptionARN(in.SubscriptionARN); err != nil {
		return err
	}
	id := sns.SubscriptionID(in.SubscriptionARN)
	if s, err := c.service.Subscription(id); err == nil && !c.mayEnd(s) {
		return newError("AuthorizationError", "Not authorized to perform: SNS:Unsubscribe on resource: "+in.SubscriptionARN)
	}
	return c.service.Unsubscribe(c.ctx, id)
}

// mayEnd tells whether the caller may unsubscribe a subscription. Where that takes its
// owner, that of the topic does as well.
func (c *call) mayEnd(s *sns.LocalSubscription) bool {
	if s.AuthenticateOnUnsubscribe() {
		account := c.service.Account()
		return c.signed && (account == s.Owner() || account == s.Topic().Account())
	}
	switch s.Config().Protocol {
	case sns.ProtocolHTTP, sns.ProtocolHTTPS, sns.ProtocolEmail, sns.ProtocolEmailJSON:
		return true
	}
	return c.signed || !c.strict
}

func getSubscriptionAttributes(c *call, in *subscriptionInput) (*attributesOutput, error) {
	s, err := c.subscription(in.SubscriptionARN)
	if err != nil {
		return nil, err
	}
	return attributesOrError(s.Attributes())
}

func setSubscriptionAttributes(c *call, in *setSubscriptionAttributesInput) error {
	s, err := c.subscription(in.SubscriptionARN)
	if err != nil {
		return err
	}
	return s.SetAttribute(in.AttributeName, in.AttributeValue)
}
