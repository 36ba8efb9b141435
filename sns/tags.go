package sns

import (
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"
)

const (
	maxTags     = 50
	maxTagKey   = 128
	maxTagValue = 256
)

// Tags returns the topic's tags; the map is the caller's. (ListTagsForResource.)
func (t *LocalTopic) Tags() map[string]string {
	t.admin.Lock()
	defer t.admin.Unlock()
	return merged(t.tags, nil)
}

// Tag adds tags, in place of those with the same keys. A topic has at most 50; a key
// is 1 to 128 characters, a value at most 256. It fails with ErrTagLimitExceeded,
// ErrValidation or ErrNotFound, and then adds none. (TagResource.)
func (t *LocalTopic) Tag(tags map[string]string) error {
	return t.retag("TagResource", func(all map[string]string) error {
		maps.Copy(all, tags)
		if err := checkTags(tags); err != nil {
			return err
		}
		return checkTags(all)
	})
}

// retag makes what f makes of the topic's tags its new ones, unless that fails.
func (t *LocalTopic) retag(op string, f func(all map[string]string) error) error {
	if err := t.ready(op, t.name); err != nil {
		return err
	}
	t.admin.Lock()
	err := t.open(op)
	all := merged(t.tags, nil)
	if err == nil {
		err = located(op, t.name, f(all))
	}
	if err != nil {
		t.admin.Unlock()
		return err
	}
	t.tags = all
	t.order.Lock()
	c := t.changed()
	t.order.Unlock()
	t.admin.Unlock()
	return t.ledger.await(op, t.name, c)
}

// Untag removes the tags with the given keys; those that are not there are no error.
// It fails with ErrNotFound if the topic was deleted. (UntagResource.)
func (t *LocalTopic) Untag(keys ...string) error {
	return t.retag("UntagResource", func(all map[string]string) error {
		for _, key := range keys {
			delete(all, key)
		}
		return nil
	})
}

// checkTags returns what is wrong with a set of tags, the first by key.
func checkTags(tags map[string]string) error {
	for i, key := range slices.Sorted(maps.Keys(tags)) {
		member := "tags." + strconv.Itoa(i+1) + ".member."
		switch {
		case key == "":
			return violated("''", member+"key", "have length greater than or equal to 1")
		case utf8.RuneCountInString(key) > maxTagKey:
			return violated("'"+key+"'", member+"key", "have length less than or equal to 128")
		case utf8.RuneCountInString(tags[key]) > maxTagValue:
			return violated("'"+tags[key]+"'", member+"value", "have length less than or equal to 256")
		}
	}
	if len(tags) > maxTags {
		return &Error{Err: ErrTagLimitExceeded}
	}
	return nil
}
