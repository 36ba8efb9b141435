package snshttp

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/leat-go/leat/sns"
)

// tag is a tag on the wire. Its value is there even if it is empty.
type tag struct {
	Key   string
	Value *string
}

type resourceInput struct {
	ResourceARN string `json:"ResourceArn"`
}

type listTagsForResourceOutput struct {
	Tags *[]tag
}

type tagResourceInput struct {
	ResourceARN string `json:"ResourceArn"`
	Tags        []tag
}

type untagResourceInput struct {
	ResourceARN string `json:"ResourceArn"`
	TagKeys     []string
}

func listTagsForResource(c *call, in *resourceInput) (*listTagsForResourceOutput, error) {
	t, err := c.resource(in.ResourceARN)
	if err != nil {
		return nil, err
	}
	tags := t.Tags()
	keys := slices.Sorted(maps.Keys(tags))
	return &listTagsForResourceOutput{listOf(keys, func(key string) tag { return tag{key, new(tags[key])} })}, nil
}

func tagResource(c *call, in *tagResourceInput) (*noFields, error) {
	t, err := c.resource(in.ResourceARN)
	if err != nil {
		return nil, err
	}
	tags, err := tagsOf(in.Tags)
	if err != nil {
		return nil, err
	}
	return &noFields{}, t.Tag(tags)
}

func untagResource(c *call, in *untagResourceInput) (*noFields, error) {
	t, err := c.resource(in.ResourceARN)
	if err != nil {
		return nil, err
	}
	return &noFields{}, t.Untag(in.TagKeys...)
}

// resource finds the topic that a ResourceArn of the actions on tags names. That
// there is none has another code there than elsewhere.
func (c *call) resource(arn string) (*sns.LocalTopic, error) {
	t, err := c.topicOf("ResourceArn", arn)
	if errors.Is(err, sns.ErrNotFound) {
		return nil, newError("ResourceNotFound", "Resource does not exist")
	}
	return t, err
}

// tagsOf returns a list of tags as the engine takes them, without a key twice.
func tagsOf(list []tag) (map[string]string, error) {
	tags := make(map[string]string, len(list))
	for i, t := range list {
		if t.Value == nil {
			return nil, validation(null(fmt.Sprintf("tags.%d.member.value", i+1)))
		}
		if _, twice := tags[t.Key]; twice {
			return nil, invalid("Duplicated keys are not allowed.")
		}
		tags[t.Key] = *t.Value
	}
	return tags, nil
}
