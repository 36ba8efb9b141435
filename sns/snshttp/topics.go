package snshttp

import (
	"maps"

	"github.com/leat-go/leat/sns"
)

type createTopicInput struct {
	Name                 string
	Attributes           map[string]string
	Tags                 []tag
	DataProtectionPolicy string
}

type topicOutput struct {
	TopicARN string `json:"TopicArn"`
}

// topicInput is the input of the actions that need no more than a topic.
type topicInput struct {
	TopicARN string `json:"TopicArn"`
}

// attributesOutput is never without attributes, though there may be none in it.
type attributesOutput struct {
	Attributes *map[string]string
}

type setTopicAttributesInput struct {
	TopicARN       string `json:"TopicArn"`
	AttributeName  string
	AttributeValue string
}

// pageInput is the input of the lists that need no more than to know where to go on.
type pageInput struct {
	NextToken string
}

type listTopicsOutput struct {
	Topics    *[]topicOutput
	NextToken string
}

func createTopic(c *call, in *createTopicInput) (*topicOutput, error) {
	tags, err := tagsOf(in.Tags)
	if err != nil {
		return nil, err
	}
	attributes := in.Attributes
	if in.DataProtectionPolicy != "" { // the engine takes all at once, so that it is all or nothing
		attributes = maps.Clone(attributes)
		if attributes == nil {
			attributes = map[string]string{}
		}
		attributes["DataProtectionPolicy"] = in.DataProtectionPolicy
	}
	t, err := c.service.CreateTopicWithAttributes(in.Name, attributes, tags)
	if err != nil {
		return nil, err
	}
	return &topicOutput{t.ARN()}, nil
}

func deleteTopic(c *call, in *topicInput) error {
	if err := c.checkARN("TopicArn", in.TopicARN); err != nil {
		return err
	}
	return c.service.DeleteTopic(in.TopicARN)
}

func getTopicAttributes(c *call, in *topicInput) (*attributesOutput, error) {
	t, err := c.topic(in.TopicARN)
	if err != nil {
		return nil, err
	}
	return attributesOrError(t.Attributes())
}

func setTopicAttributes(c *call, in *setTopicAttributesInput) error {
	t, err := c.topic(in.TopicARN)
	if err != nil {
		return err
	}
	return t.SetAttribute(in.AttributeName, in.AttributeValue)
}

func listTopics(c *call, in *pageInput) (*listTopicsOutput, error) {
	page, next, err := c.service.ListTopics(in.NextToken)
	if err != nil {
		return nil, err
	}
	topics := listOf(page, func(t *sns.LocalTopic) topicOutput { return topicOutput{t.ARN()} })
	return &listTopicsOutput{topics, next}, nil
}

func attributesOrError(attributes map[string]string, err error) (*attributesOutput, error) {
	if err != nil {
		return nil, err
	}
	return &attributesOutput{&attributes}, nil
}

// listOf returns the elements of a list in an answer. AWS's lists are there even if
// nothing is in them, hence the pointer.
func listOf[T, E any](page []T, element func(T) E) *[]E {
	list := make([]E, len(page))
	for i, v := range page {
		list[i] = element(v)
	}
	return &list
}
