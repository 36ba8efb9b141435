package firehose

import (
	"slices"
	"strings"
)

// ListRequest says which delivery streams to list.
type ListRequest struct {
	// ExclusiveStartName is the name after which the list begins: the last one of the page
	// before. Empty means the first page.
	ExclusiveStartName string
	// Type restricts the list to one type; empty means all.
	Type Type
	// Limit is the length of the page, 1 to 10,000. Zero means 10.
	Limit int
}

// ListPage is a page of a list of delivery streams.
type ListPage struct {
	DeliveryStreams []*DeliveryStream // by name
	HasMore         bool
}

const (
	defaultPage = 10
	maxPage     = 10_000
)

// List lists the delivery streams of the account and region, also those that are being
// deleted. It fails with ErrInvalidArgument. (ListDeliveryStreams.)
func (s *Service) List(req ListRequest) (ListPage, error) {
	orElse(&req.Limit, defaultPage)
	if req.Limit < 0 || req.Limit > maxPage {
		return ListPage{}, located("List", "", invalid("Limit is %d; it must be 1 to %d.", req.Limit, maxPage))
	}
	r := s.registry
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.closed {
		return ListPage{}, &Error{Op: "List", Err: ErrClosed}
	}
	var page ListPage
	for a, stream := range r.streams {
		if a.region == s.region && a.account == s.account && a.name > req.ExclusiveStartName && (req.Type == "" || stream.Type() == req.Type) {
			page.DeliveryStreams = append(page.DeliveryStreams, stream)
		}
	}
	slices.SortFunc(page.DeliveryStreams, byName)
	if page.HasMore = len(page.DeliveryStreams) > req.Limit; page.HasMore {
		page.DeliveryStreams = page.DeliveryStreams[:req.Limit]
	}
	return page, nil
}

func byName(a, b *DeliveryStream) int { return strings.Compare(a.name, b.name) }
