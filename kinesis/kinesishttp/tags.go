package kinesishttp

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/leat-go/leat/internal/awshttp"
	"github.com/leat-go/leat/kinesis"
)

type addTagsToStreamInput struct {
	StreamName *string
	StreamARN  *string
	Tags       map[string]string
}

type removeTagsFromStreamInput struct {
	StreamName *string
	StreamARN  *string
	TagKeys    []string
}

type listTagsForStreamInput struct {
	StreamName           *string
	StreamARN            *string
	ExclusiveStartTagKey *string
	Limit                *int32
}

type listTagsForStreamOutput struct {
	Tags        *[]tag
	HasMoreTags *bool
}

type tagResourceInput struct {
	ResourceARN *string
	Tags        map[string]string
}

type untagResourceInput struct {
	ResourceARN *string
	TagKeys     []string
}

type resourceInput struct{ ResourceARN *string }

type listTagsForResourceOutput struct{ Tags *[]tag }

type tag struct{ Key, Value *string }

// maxTags is the most tags that a stream or a consumer can have, and those that AWS
// lists at once.
const maxTags = 50

func addTagsToStream(c *call, in *addTagsToStreamInput) error {
	var v validation
	v.stream(in.StreamName, in.StreamARN)
	v.tags(in.Tags)
	if err := v.Err(); err != nil {
		return err
	}
	s, err := c.stream(in.StreamName, in.StreamARN)
	if err != nil {
		return err
	}
	return s.Tag(in.Tags)
}

func removeTagsFromStream(c *call, in *removeTagsFromStreamInput) error {
	var v validation
	v.stream(in.StreamName, in.StreamARN)
	v.tagKeys(in.TagKeys)
	if err := v.Err(); err != nil {
		return err
	}
	s, err := c.stream(in.StreamName, in.StreamARN)
	if err != nil {
		return err
	}
	return s.Untag(in.TagKeys...)
}

func listTagsForStream(c *call, in *listTagsForStreamInput) (*listTagsForStreamOutput, error) {
	var v validation
	v.stream(in.StreamName, in.StreamARN)
	v.Integer("limit", in.Limit).Between(1, maxTags)
	v.Text("exclusiveStartTagKey", in.ExclusiveStartTagKey).Lengths(1, 128)
	if err := v.Err(); err != nil {
		return nil, err
	}
	s, err := c.stream(in.StreamName, in.StreamARN)
	if err != nil {
		return nil, err
	}
	tags := tagsOf(s)
	if start := in.ExclusiveStartTagKey; start != nil {
		tags = slices.DeleteFunc(tags, func(t tag) bool { return *t.Key <= *start })
	}
	n := min(atMost(maxTags, in.Limit), len(tags))
	more := n < len(tags)
	tags = tags[:n]
	return &listTagsForStreamOutput{Tags: &tags, HasMoreTags: &more}, nil
}

func tagResource(c *call, in *tagResourceInput) error {
	var v validation
	v.resource(in.ResourceARN)
	v.tags(in.Tags)
	if err := v.Err(); err != nil {
		return err
	}
	r, err := c.resource(*in.ResourceARN)
	if err != nil {
		return err
	}
	return r.Tag(in.Tags)
}

func untagResource(c *call, in *untagResourceInput) error {
	var v validation
	v.resource(in.ResourceARN)
	v.tagKeys(in.TagKeys)
	if err := v.Err(); err != nil {
		return err
	}
	r, err := c.resource(*in.ResourceARN)
	if err != nil {
		return err
	}
	return r.Untag(in.TagKeys...)
}

func listTagsForResource(c *call, in *resourceInput) (*listTagsForResourceOutput, error) {
	r, err := c.validResource(in.ResourceARN)
	if err != nil {
		return nil, err
	}
	tags := tagsOf(r)
	return &listTagsForResourceOutput{&tags}, nil
}

// resource is what has tags and a policy: a stream or a consumer.
type resource interface {
	Tags() map[string]string
	Tag(tags map[string]string) error
	Untag(keys ...string) error
	Policy() (string, error)
	PutPolicy(policy string) error
	DeletePolicy() error
}

var resourceARNPattern = awshttp.NewPattern(`arn:aws.*:kinesis:.*:\d{12}:.*stream/\S+`)

func (v *validation) resource(arn *string) {
	v.Text("resourceARN", arn).Required().Pattern(resourceARNPattern).Lengths(1, 2048)
}

func (c *call) validResource(arn *string) (resource, error) {
	var v validation
	v.resource(arn)
	if err := v.Err(); err != nil {
		return nil, err
	}
	return c.resource(*arn)
}

// resource finds what an ARN is of.
func (c *call) resource(arn string) (resource, error) {
	if strings.Contains(arn, "/consumer/") {
		return c.service.ConsumerByARN(arn)
	}
	return c.service.StreamByARN(arn)
}

// tagsOf returns the tags of a resource by their keys.
func tagsOf(r resource) []tag {
	all := r.Tags()
	tags := make([]tag, 0, len(all))
	for _, key := range slices.Sorted(maps.Keys(all)) {
		tags = append(tags, tag{&key, new(all[key])})
	}
	return tags
}

const (
	tagKeyLengths   = "[Member must have length less than or equal to 128, Member must have length greater than or equal to 1]"
	tagValueLengths = "[Member must have length less than or equal to 256, Member must have length greater than or equal to 0]"
)

// tags checks the parameter of an action that adds tags, which is required. The engine
// checks how many there may be in all, and of what characters.
func (v *validation) tags(tags map[string]string) {
	m := v.Map("tags", tags).Required().Lengths(1, 200)
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		if !isTagKey(key) {
			m.Fail("Map keys must satisfy constraint: " + tagKeyLengths)
			break
		}
	}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		if utf8.RuneCountInString(tags[key]) > 256 {
			m.Fail("Map value must satisfy constraint: " + tagValueLengths)
			break
		}
	}
}

// tagKeys checks the parameter of an action that removes tags.
func (v *validation) tagKeys(keys []string) {
	m := v.Texts("tagKeys", keys).Required().Lengths(1, maxTags)
	if !slices.ContainsFunc(keys, func(key string) bool { return !isTagKey(key) }) {
		return
	}
	m.Fail("Member must satisfy constraint: " + tagKeyLengths)
}

func isTagKey(key string) bool {
	n := utf8.RuneCountInString(key)
	return 1 <= n && n <= 128
}

var (
	_ resource = (*kinesis.LocalStream)(nil)
	_ resource = (*kinesis.Consumer)(nil)
)
