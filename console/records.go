package console

import (
	"time"

	"github.com/leat-go/leat/kinesis"
)

// recordsView is records of a shard that were looked at.
type recordsView struct {
	Shard   string       `json:"shard"`
	Records []recordView `json:"records"`
	Next    string       `json:"next,omitzero"` // the parameter from for the records that follow
	Behind  seconds      `json:"behindLatestSeconds"`
	End     bool         `json:"end"` // of a closed shard
}

type recordView struct {
	SequenceNumber string    `json:"sequenceNumber"`
	PartitionKey   string    `json:"partitionKey"`
	Arrived        time.Time `json:"arrived"`
	Data           excerpt   `json:"data"`
}

// peek looks at records of a shard: from the oldest on, those of the last minute with the
// parameter from=recent, or from=N those after the sequence number N.
func (c *call) peek(s *kinesis.LocalStream, shardID string) (*recordsView, error) {
	limit, err := c.number("peek", usualPeek, mostPeek)
	if err != nil {
		return nil, err
	}
	room, err := c.budget()
	if err != nil {
		return nil, err
	}
	var from kinesis.Position
	switch text := c.query.Get("from"); text {
	case "":
	case "recent":
		from = kinesis.Since(c.now.Add(-time.Minute))
	default:
		n, err := kinesis.ParseSequenceNumber(text)
		if err != nil {
			return nil, err
		}
		from = kinesis.After(n)
	}
	b, err := s.Peek(shardID, from, limit)
	if err != nil {
		return nil, err
	}
	view := &recordsView{Shard: shardID, Records: []recordView{}, Behind: seconds(time.Duration(b.MillisBehindLatest) * time.Millisecond), End: b.End}
	for _, r := range b.Records {
		view.Records = append(view.Records, recordView{r.SequenceNumber.String(), r.PartitionKey, r.ArrivalTime, room.take(string(r.Data))})
	}
	if n := len(b.Records); n > 0 && b.MillisBehindLatest > 0 {
		view.Next = view.Records[n-1].SequenceNumber
	}
	return view, nil
}
