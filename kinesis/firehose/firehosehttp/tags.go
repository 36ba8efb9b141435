package firehosehttp

import (
	"slices"
	"strings"

	"github.com/leat-go/leat/internal/awshttp"
	"github.com/leat-go/leat/kinesis/firehose"
)

type tagDeliveryStreamInput struct {
	DeliveryStreamName *string
	Tags               []tag `most:"50"`
}

type untagDeliveryStreamInput struct {
	DeliveryStreamName *string
	TagKeys            []string `most:"50"`
}

type listTagsForDeliveryStreamInput struct {
	DeliveryStreamName   *string
	ExclusiveStartTagKey *string
	Limit                *int32
}

type listTagsForDeliveryStreamOutput struct {
	Tags        *[]tag
	HasMoreTags *bool
}

type tag struct{ Key, Value *string }

// maxTags is the most tags in a request, and those that are listed at once.
const maxTags = 50

func tagDeliveryStream(c *call, in *tagDeliveryStreamInput) error {
	var v validation
	v.name(in.DeliveryStreamName)
	v.Present("tags", in.Tags == nil).Required()
	v.tags(in.Tags)
	if err := v.Err(); err != nil {
		return err
	}
	s, err := c.service.DeliveryStream(*in.DeliveryStreamName)
	if err != nil {
		return err
	}
	tags, err := tagsOf(in.Tags)
	if err != nil {
		return err
	}
	return s.Tag(tags)
}

func untagDeliveryStream(c *call, in *untagDeliveryStreamInput) error {
	var v validation
	v.name(in.DeliveryStreamName)
	v.Texts("tagKeys", in.TagKeys).Required().Lengths(1, maxTags)
	for i := range in.TagKeys {
		v.tagKey(strings.TrimSuffix(member("tagKeys", i), "."), &in.TagKeys[i])
	}
	if err := v.Err(); err != nil {
		return err
	}
	s, err := c.service.DeliveryStream(*in.DeliveryStreamName)
	if err != nil {
		return err
	}
	return s.Untag(in.TagKeys...)
}

func listTagsForDeliveryStream(c *call, in *listTagsForDeliveryStreamInput) (*listTagsForDeliveryStreamOutput, error) {
	var v validation
	v.name(in.DeliveryStreamName)
	v.tagKey("exclusiveStartTagKey", in.ExclusiveStartTagKey)
	v.Integer("limit", in.Limit).Between(1, maxTags)
	if err := v.Err(); err != nil {
		return nil, err
	}
	s, err := c.service.DeliveryStream(*in.DeliveryStreamName)
	if err != nil {
		return nil, err
	}
	limit := maxTags
	if in.Limit != nil {
		limit = int(*in.Limit)
	}
	tags := slices.DeleteFunc(s.Tags(), func(t firehose.Tag) bool { return t.Key <= text(in.ExclusiveStartTagKey) })
	page := []tag{}
	for _, t := range tags[:min(limit, len(tags))] {
		page = append(page, tag{&t.Key, &t.Value})
	}
	return &listTagsForDeliveryStreamOutput{Tags: &page, HasMoreTags: new(len(tags) > limit)}, nil
}

// tags checks a list of tags, which may be absent.
func (v *validation) tags(tags []tag) {
	pairs := make([]string, len(tags))
	for i, t := range tags {
		in := member("tags", i)
		v.tagKey(in+"key", t.Key).Required()
		v.Text(in+"value", t.Value).Pattern(tagValuePattern).Lengths(0, 256)
		pairs[i] = "Tag(key=" + text(t.Key) + ", value=" + text(t.Value) + ")"
	}
	v.List("tags", tags == nil, len(tags), strings.Join(pairs, ", ")).Lengths(1, maxTags)
}

func (v *validation) tagKey(name string, key *string) awshttp.Member {
	return v.Text(name, key).Pattern(tagKeyPattern).Lengths(1, 128)
}

// tagsOf returns tags as the engine takes them. A tag may have no value.
func tagsOf(list []tag) (map[string]string, error) {
	tags := make(map[string]string, len(list))
	for _, t := range list {
		if _, twice := tags[*t.Key]; twice {
			return nil, invalidArgument("The tag key %s is there more than once.", *t.Key)
		}
		tags[*t.Key] = text(t.Value)
	}
	return tags, nil
}
