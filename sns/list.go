package sns

import (
	"encoding/base64"
	"slices"
	"strings"
)

const pageSize = 100

// ListTopics returns a page of the topics of the account and region, by name: 100,
// or fewer on the last page. An empty token asks for the first page; next asks for
// the one after, and is empty on the last. It fails with ErrInvalidParameter for a
// token that is none. (ListTopics.)
func (s *Service) ListTopics(token string) (page []*LocalTopic, next string, err error) {
	if err := s.registry.open("ListTopics"); err != nil {
		return nil, "", err
	}
	page, next, err = paginate(s.topics(), (*LocalTopic).Name, token, pageSize)
	return page, next, located("ListTopics", "", err)
}

// ListSubscriptions returns a page of the subscriptions of all topics of the account
// and region, by ARN, as ListTopics does. (ListSubscriptions.)
func (s *Service) ListSubscriptions(token string) (page []*LocalSubscription, next string, err error) {
	if err := s.registry.open("ListSubscriptions"); err != nil {
		return nil, "", err
	}
	var all []*LocalSubscription
	for _, t := range s.topics() {
		all = append(all, t.Subscriptions()...)
	}
	page, next, err = paginate(all, subscriptionKey, token, pageSize)
	return page, next, located("ListSubscriptions", "", err)
}

// ListSubscriptions returns a page of the topic's subscriptions, by ARN, as
// Service.ListTopics does. It fails with ErrNotFound, too, if the topic was deleted.
// (ListSubscriptionsByTopic.)
func (t *LocalTopic) ListSubscriptions(token string) (page []*LocalSubscription, next string, err error) {
	if err := t.open("ListSubscriptionsByTopic"); err != nil {
		return nil, "", err
	}
	page, next, err = paginate(t.Subscriptions(), subscriptionKey, token, pageSize)
	return page, next, located("ListSubscriptionsByTopic", t.name, err)
}

func subscriptionKey(s *LocalSubscription) string { return string(s.ID()) }

// paginate sorts all by a key that is unique, and cuts a page of at most size out of
// it. A token is the key of the last element before the page, so that pages fit
// together while elements come and go.
func paginate[T any](all []T, key func(T) string, token string, size int) (page []T, next string, err error) {
	last, err := base64.StdEncoding.DecodeString(token)
	if err != nil {
		return nil, "", invalid("NextToken")
	}
	slices.SortFunc(all, func(a, b T) int { return strings.Compare(key(a), key(b)) })
	begin := 0
	if token != "" {
		var found bool
		begin, found = slices.BinarySearchFunc(all, string(last), func(e T, last string) int { return strings.Compare(key(e), last) })
		if found {
			begin++
		}
	}
	page = all[begin:]
	if len(page) > size {
		page = page[:size:size]
		next = base64.StdEncoding.EncodeToString([]byte(key(page[size-1])))
	}
	return page, next, nil
}
