package kinesis

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/leat-go/leat/internal/journal"
)

const (
	maxTags     = 50
	maxTagKey   = 128
	maxTagValue = 256
)

// Tags returns the stream's tags; the map is the caller's. (ListTagsForResource.)
func (s *LocalStream) Tags() map[string]string {
	s.admin.Lock()
	defer s.admin.Unlock()
	return clonedTags(s.tags)
}

// Tag adds tags, in place of those with the same keys. A stream has at most 50; a key
// is 1 to 128 characters, a value at most 256, of Unicode letters, digits, spaces (not
// tabs or line breaks) and _ . / = + - % @ : only; a key does not begin with "aws:". The stream need not be
// ACTIVE. It fails with ErrInvalidArgument, ErrValidation or ErrResourceNotFound, and
// then adds none. (TagResource; AddTagsToStream, whose limit of ten tags a call does
// not bind here.)
func (s *LocalStream) Tag(tags map[string]string) error {
	return s.retag("Tag", func(old map[string]string) (map[string]string, error) {
		return taggedWith(old, tags, "stream "+s.name, s.account)
	})
}

// Untag removes the tags with the given keys; those that are not there are no error.
// It fails with ErrResourceNotFound if the stream was deleted, and with
// ErrInvalidArgument if no tag can have one of the keys; then it removes none.
// (UntagResource, RemoveTagsFromStream.)
func (s *LocalStream) Untag(keys ...string) error {
	return s.retag("Untag", func(old map[string]string) (map[string]string, error) { return taggedWithout(old, keys) })
}

// retag changes the tags to what f makes of them.
func (s *LocalStream) retag(op string, f func(old map[string]string) (map[string]string, error)) error {
	if err := s.storable(op); err != nil {
		return err
	}
	t, err := s.tryRetag(op, f)
	if err != nil {
		return err
	}
	return s.keep(op, t)
}

func (s *LocalStream) tryRetag(op string, f func(old map[string]string) (map[string]string, error)) (t journal.Ticket, err error) {
	s.admin.Lock()
	defer s.admin.Unlock()
	if _, err := s.enter(op); err != nil {
		return t, err
	}
	defer s.mu.Unlock()
	tags, err := f(s.tags)
	if err != nil {
		return t, located(op, s.name, err)
	}
	if t, err = s.writeSettings(op, func(set *settings) { set.tags = tags }); err == nil {
		s.tags = tags
	}
	return t, err
}

// taggedWithout returns tags without those with some keys, or what is wrong with the keys.
func taggedWithout(tags map[string]string, keys []string) (map[string]string, error) {
	if err := checkTagKeys(keys); err != nil {
		return nil, err
	}
	left := clonedTags(tags)
	for _, key := range keys {
		delete(left, key)
	}
	return left, nil
}

func clonedTags(tags map[string]string) map[string]string {
	all := make(map[string]string, len(tags))
	maps.Copy(all, tags)
	return all
}

// taggedWith returns the tags that what, "stream s", has once tags are added, or what
// is wrong with them.
func taggedWith(old, tags map[string]string, what, account string) (map[string]string, error) {
	if err := checkTags(tags); err != nil {
		return nil, err
	}
	all := clonedTags(old)
	maps.Copy(all, tags)
	if len(all) > maxTags {
		return nil, invalid("Failed to add tags to %s under account %s because a given stream cannot have more than %d tags associated with it.", what, account, maxTags)
	}
	return all, nil
}

var tagSyntax = regexp.MustCompile(`^[\p{L}\p{N}\p{Z}_./=+%@:-]*$`)

func badTagSyntax() *Error {
	return invalid("Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, _ . / = + - %% @ :.")
}

// checkTagKeys returns what is wrong with keys of tags that are to be removed.
func checkTagKeys(keys []string) error {
	for _, key := range keys {
		if !tagSyntax.MatchString(key) {
			return badTagSyntax()
		}
	}
	return nil
}

// checkTags returns what is wrong with tags, the first by key.
func checkTags(tags map[string]string) error {
	if len(tags) > maxTags {
		return invalid("%d tags are too many; there may be %d.", len(tags), maxTags)
	}
	const constraint = "1 validation error detected: Value '%s' at 'tags' failed to satisfy constraint: Map %s must satisfy constraint: [Member must have length less than or equal to %d, Member must have length greater than or equal to %d]"
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		value := tags[key]
		entry := fmt.Sprintf("{%.150s=%.300s}", key, value)
		switch {
		case key == "" || utf8.RuneCountInString(key) > maxTagKey:
			return malformed(constraint, entry, "keys", maxTagKey, 1)
		case utf8.RuneCountInString(value) > maxTagValue:
			return malformed(constraint, entry, "value", maxTagValue, 0)
		case !tagSyntax.MatchString(key) || !tagSyntax.MatchString(value):
			return badTagSyntax()
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			return invalid("Tag keys must not begin with aws:, which is reserved. Specified key was %s", key)
		}
	}
	return nil
}
