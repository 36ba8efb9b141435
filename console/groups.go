package console

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/leat-go/leat/kinesis"
)

// lag is how far behind a group is.
type lag struct {
	Group   string  `json:"group"`
	Records int64   `json:"records"`
	Age     seconds `json:"ageSeconds"` // of the oldest record that is not handled
}

// groupView is a group of consumers on its stream's page.
type groupView struct {
	Name    string      `json:"name"`
	Members []string    `json:"members"`
	Lag     lag         `json:"lag"`
	Leases  []leaseView `json:"leases"` // the first 100
	Left    int         `json:"leasesNotShown,omitzero"`
	Error   string      `json:"error,omitzero"` // why there are no leases
}

type leaseView struct {
	Shard      string  `json:"shard"`
	Owner      string  `json:"owner,omitzero"`
	Checkpoint string  `json:"checkpoint"`
	Records    int64   `json:"recordsBehind"`
	Age        seconds `json:"ageSeconds"`
}

// leaseTime bounds how long a store of leases is waited for; it may be a database.
const leaseTime = 2 * time.Second

// groupsOf returns the groups that read a stream.
func (c *call) groupsOf(s *kinesis.LocalStream) []groupView {
	views := []groupView{}
	for _, g := range c.sources.Groups {
		if g.Stream == s && g.Leases != nil {
			views = append(views, c.group(g))
		}
	}
	return views
}

func (c *call) group(g Group) groupView {
	view := groupView{Name: g.Name, Members: []string{}, Lag: lag{Group: g.Name}, Leases: []leaseView{}}
	ctx, cancel := context.WithTimeout(c.r.Context(), leaseTime)
	defer cancel()
	leases, err := g.Leases.List(ctx, g.Name)
	if err != nil {
		view.Error = err.Error()
		return view
	}
	slices.SortFunc(leases, func(a, b kinesis.Lease) int { return strings.Compare(a.ShardID, b.ShardID) })
	for _, l := range leases {
		if l.Owner != "" {
			view.Members = append(view.Members, l.Owner)
		}
		lease := leaseView{Shard: l.ShardID, Owner: l.Owner, Checkpoint: checkpointText(l.Checkpoint)}
		if behind, ok := backlogAfter(g.Stream, l); ok && behind.Records > 0 {
			lease.Records = behind.Records
			lease.Age = seconds(max(c.now.Sub(behind.Oldest), 0))
		}
		view.Lag.Records += lease.Records
		view.Lag.Age = max(view.Lag.Age, lease.Age)
		if len(view.Leases) == pageSize {
			view.Left++
			continue
		}
		view.Leases = append(view.Leases, lease)
	}
	slices.Sort(view.Members)
	view.Members = slices.Compact(view.Members)
	return view
}

// backlogAfter returns what a shard has that a lease says is not handled; false if that is
// not known, or the shard has expired.
func backlogAfter(s *kinesis.LocalStream, l kinesis.Lease) (kinesis.Backlog, bool) {
	var from kinesis.Position
	switch c := l.Checkpoint; c.Type {
	case kinesis.ShardEnd:
		return kinesis.Backlog{}, true
	case kinesis.AfterSequenceNumber:
		from = kinesis.After(c.SequenceNumber)
	default:
		from = kinesis.Position{Type: c.Type, Timestamp: c.Timestamp}
	}
	b, err := s.Backlog(l.ShardID, from)
	return b, err == nil
}

func checkpointText(c kinesis.Checkpoint) string {
	switch c.Type {
	case kinesis.AfterSequenceNumber:
		return c.SequenceNumber.String()
	case kinesis.AtTimestamp:
		return "AT_TIMESTAMP " + c.Timestamp.UTC().Format(time.RFC3339)
	case "":
		return string(kinesis.TrimHorizon)
	default:
		return string(c.Type)
	}
}
