package sqs

import (
	"encoding/base64"
	"slices"
	"strings"
)

// ListRequest asks for a page of a list of queues.
type ListRequest struct {
	// Prefix of the queues' names; empty means all.
	Prefix string
	// MaxResults is the length of the page, 1 to 1000; zero means 1000, and then
	// the page has no NextToken.
	MaxResults int
	// NextToken is the page before's; empty means the first page.
	NextToken string
}

// ListPage is a page of a list of queues.
type ListPage struct {
	Queues    []*LocalQueue // by name
	NextToken string        // empty on the last page
}

const maxPage = 1000

// ListQueues lists the queues of the account and region. It fails with
// ErrInvalidParameterValue. (ListQueues.)
func (s *Service) ListQueues(req ListRequest) (ListPage, error) {
	if err := s.registry.open("ListQueues"); err != nil {
		return ListPage{}, err
	}
	page, err := paginate(req, s.registry.sorted(func(q *LocalQueue) bool {
		return q.account == s.account && q.region == s.region && strings.HasPrefix(q.name, req.Prefix)
	}))
	if err != nil {
		return ListPage{}, located("ListQueues", "", err)
	}
	return page, nil
}

// ListDeadLetterSourceQueues lists the queues whose redrive policy names a
// queue. It fails with ErrQueueDoesNotExist or ErrInvalidParameterValue.
// (ListDeadLetterSourceQueues.)
func (s *Service) ListDeadLetterSourceQueues(name string, req ListRequest) (ListPage, error) {
	dead, err := s.Queue(name)
	if err != nil {
		return ListPage{}, located("ListDeadLetterSourceQueues", name, err)
	}
	sources := slices.DeleteFunc(s.registry.sources(dead.ARN()), func(q *LocalQueue) bool {
		return !strings.HasPrefix(q.name, req.Prefix)
	})
	page, err := paginate(req, sources)
	if err != nil {
		return ListPage{}, located("ListDeadLetterSourceQueues", name, err)
	}
	return page, nil
}

// sources returns the queues that dead-letter to an ARN.
func (r *registry) sources(dead string) []*LocalQueue {
	return r.sorted(func(q *LocalQueue) bool {
		policy := q.config.Load().RedrivePolicy
		return policy != nil && policy.DeadLetterTargetARN == dead
	})
}

// paginate cuts a page out of queues, which are sorted. A token is the name of
// the last queue before the page, so that pages fit together while queues come
// and go.
func paginate(req ListRequest, queues []*LocalQueue) (ListPage, error) {
	if req.MaxResults < 0 || req.MaxResults > maxPage {
		return ListPage{}, invalid("Value %d for parameter MaxResults is invalid. Reason: MaxResults must be between 1 and %d.", req.MaxResults, maxPage)
	}
	if req.NextToken != "" {
		last, err := base64.RawURLEncoding.DecodeString(req.NextToken)
		if err != nil {
			return ListPage{}, invalid("Value %s for parameter NextToken is invalid.", req.NextToken)
		}
		for len(queues) > 0 && queues[0].name <= string(last) {
			queues = queues[1:]
		}
	}
	limit := req.MaxResults
	if limit == 0 {
		limit = maxPage
	}
	page := ListPage{Queues: queues}
	if len(queues) > limit {
		page.Queues = queues[:limit]
		if req.MaxResults != 0 {
			page.NextToken = base64.RawURLEncoding.EncodeToString([]byte(queues[limit-1].name))
		}
	}
	return page, nil
}
