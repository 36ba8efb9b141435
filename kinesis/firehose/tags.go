package firehose

import (
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"
)

const (
	maxTags     = 50
	maxTagKey   = 128
	maxTagValue = 256
)

// Tag is a tag of a delivery stream.
type Tag struct{ Key, Value string }

// Tags returns the tags, ordered by their keys. (ListTagsForDeliveryStream.)
func (s *DeliveryStream) Tags() []Tag {
	s.mu.Lock()
	defer s.mu.Unlock()
	tags := make([]Tag, 0, len(s.tags))
	for _, key := range slices.Sorted(maps.Keys(s.tags)) {
		tags = append(tags, Tag{key, s.tags[key]})
	}
	return tags
}

// Tag adds tags, in place of those with the same keys. There are at most 50; a key is 1
// to 128 characters, a value at most 256. It fails with ErrValidation,
// ErrLimitExceeded or ErrResourceInUse (unless ACTIVE), and then adds none. (TagDeliveryStream.)
func (s *DeliveryStream) Tag(tags map[string]string) error {
	const op = "Tag"
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.active(op); err != nil {
		return err
	}
	merged := maps.Clone(s.tags)
	maps.Copy(merged, tags)
	if err := checkTags(merged); err != nil {
		return located(op, s.name, err)
	}
	s.tags = merged
	return nil
}

// Untag removes the tags with the given keys; those that are not there are no error.
// It fails with ErrResourceInUse unless the status is ACTIVE. (UntagDeliveryStream.)
func (s *DeliveryStream) Untag(keys ...string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.active("Untag"); err != nil {
		return err
	}
	for _, key := range keys {
		delete(s.tags, key)
	}
	return nil
}

func checkTags(tags map[string]string) error {
	if len(tags) > maxTags {
		return &Error{Err: ErrLimitExceeded, Message: fmt.Sprintf("A delivery stream can have at most %d tags.", maxTags)}
	}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		switch n := utf8.RuneCountInString(key); {
		case n == 0 || n > maxTagKey:
			return malformed("A tag's key has 1 to %d characters; %.130q has not.", maxTagKey, key)
		case utf8.RuneCountInString(tags[key]) > maxTagValue:
			return malformed("A tag's value has at most %d characters; that of %q has more.", maxTagValue, key)
		}
	}
	return nil
}
