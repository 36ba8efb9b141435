package snshttp

import "github.com/leat-go/leat/sns"

type listSubscriptionsByTopicInput struct {
	TopicARN  string `json:"TopicArn"`
	NextToken string
}

type listSubscriptionsOutput struct {
	Subscriptions *[]listedSubscription
	NextToken     string
}

type listedSubscription struct {
	SubscriptionARN string `json:"SubscriptionArn"`
	Owner           string
	Protocol        string
	Endpoint        string
	TopicARN        string `json:"TopicArn"`
}

func listSubscriptions(c *call, in *pageInput) (*listSubscriptionsOutput, error) {
	return subscriptionsOrError(c.service.ListSubscriptions(in.NextToken))
}

func listSubscriptionsByTopic(c *call, in *listSubscriptionsByTopicInput) (*listSubscriptionsOutput, error) {
	t, err := c.topic(in.TopicARN)
	if err != nil {
		return nil, err
	}
	return subscriptionsOrError(t.ListSubscriptions(in.NextToken))
}

func subscriptionsOrError(page []*sns.LocalSubscription, next string, err error) (*listSubscriptionsOutput, error) {
	if err != nil {
		return nil, err
	}
	return &listSubscriptionsOutput{listOf(page, listed), next}, nil
}

func listed(s *sns.LocalSubscription) listedSubscription {
	cfg := s.Config()
	id := string(s.ID())
	if s.Pending() {
		id = "PendingConfirmation"
	}
	return listedSubscription{
		SubscriptionARN: id,
		Owner:           s.Owner(),
		Protocol:        string(cfg.Protocol),
		Endpoint:        cfg.Address,
		TopicARN:        s.Topic().ARN(),
	}
}
