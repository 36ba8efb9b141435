package sqs

import "maps"

const (
	maxTags     = 50
	maxTagKey   = 128
	maxTagValue = 256
)

// Tags returns the queue's tags; the map is the caller's.
func (q *LocalQueue) Tags() map[string]string {
	q.admin.Lock()
	defer q.admin.Unlock()
	return maps.Clone(q.tags)
}

// Tag adds tags, in place of those with the same keys. A queue has at most 50;
// a key is 1 to 128 characters, a value at most 256. It fails with
// ErrInvalidParameterValue, and then adds none. (TagQueue.)
func (q *LocalQueue) Tag(tags map[string]string) error {
	return q.administer("Tag", func() (receipt, error) {
		merged := maps.Clone(q.tags)
		maps.Copy(merged, tags)
		return q.setTags("Tag", merged)
	})
}

// Untag removes the tags with the given keys; those that are not there are no
// error. (UntagQueue.)
func (q *LocalQueue) Untag(keys ...string) error {
	return q.administer("Untag", func() (receipt, error) {
		rest := maps.Clone(q.tags)
		for _, key := range keys {
			delete(rest, key)
		}
		return q.setTags("Untag", rest)
	})
}

// setTags makes tags the queue's. The caller holds admin.
func (q *LocalQueue) setTags(op string, tags map[string]string) (receipt, error) {
	now, err := q.enter(op)
	if err != nil {
		return receipt{}, err
	}
	if err = checkTags(tags); err != nil {
		q.leaveSoon(now)
		return receipt{}, located(op, q.name, err)
	}
	q.tags = tags
	q.tell()
	return q.leaveSoon(now), nil
}

func checkTags(tags map[string]string) error {
	if len(tags) > maxTags {
		return invalid("Too many tags added for queue. A queue can have at most %d tags.", maxTags)
	}
	for key, value := range tags {
		switch n := len([]rune(key)); {
		case n == 0:
			return invalid("Tag keys must be between 1 and %d characters in length.", maxTagKey)
		case n > maxTagKey:
			return invalid("Tag keys must be between 1 and %d characters in length.", maxTagKey)
		case len([]rune(value)) > maxTagValue:
			return invalid("Tag values must be between 0 and %d characters in length.", maxTagValue)
		}
	}
	return nil
}
