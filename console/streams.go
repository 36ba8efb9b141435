package console

import (
	"strconv"
	"time"

	"github.com/leat-go/leat/kinesis"
)

// streamRow is a stream in a list, and the head of its own page.
type streamRow struct {
	Name       string               `json:"name"`
	ARN        string               `json:"arn"`
	Status     kinesis.StreamStatus `json:"status"`
	Mode       kinesis.StreamMode   `json:"mode"`
	OpenShards int                  `json:"openShards"`
	Shards     int                  `json:"shards"`
	Records    int64                `json:"records"`
	Bytes      int64                `json:"bytes"`
	Consumers  int                  `json:"consumers"`
	Rate       *rate                `json:"rate,omitzero"` // none at the first look
	Age        seconds              `json:"iteratorAgeSeconds"`
	Lag        *lag                 `json:"lag,omitzero"` // of the group that is farthest behind
}

func (c *call) streams(after string) (*listing[streamRow], error) {
	if c.sources.Streams == nil {
		return nil, nil
	}
	page, err := c.sources.Streams.ListStreams(kinesis.ListRequest{ExclusiveStartName: after, Limit: pageSize})
	if err != nil {
		return nil, err
	}
	l := &listing[streamRow]{Items: []streamRow{}}
	for _, s := range page.Streams {
		row := c.stream(s)
		for _, g := range c.groupsOf(s) {
			if row.Lag == nil || g.Lag.Records > row.Lag.Records {
				row.Lag = &g.Lag
			}
		}
		l.Items = append(l.Items, row)
		if page.HasMore {
			l.Next = row.Name
		}
	}
	return l, nil
}

func (c *call) stream(s *kinesis.LocalStream) streamRow {
	sum, m := s.Summary(), s.Metrics()
	return streamRow{
		Name:       s.Name(),
		ARN:        s.ARN(),
		Status:     s.Status(),
		Mode:       s.Config().Mode,
		OpenShards: sum.OpenShards,
		Shards:     sum.Shards,
		Records:    sum.Records,
		Bytes:      sum.Bytes,
		Consumers:  sum.Consumers,
		Rate:       c.console.rates.of(s, c.now, m),
		Age:        seconds(m.GetRecordsIteratorAge),
	}
}

// streamReport is a stream's page.
type streamReport struct {
	streamRow
	Created       time.Time          `json:"created"`
	Retention     seconds            `json:"retentionSeconds"`
	MaxRecordSize int                `json:"maxRecordSize"`
	LimitsHold    bool               `json:"limitsEnforced"`
	WriteRefused  int64              `json:"entriesRefused"`
	ReadsRefused  int64              `json:"readsRefused"`
	Tags          []pair             `json:"tags"`
	Map           shardMap           `json:"-"`
	List          listing[shardView] `json:"shardList"`
	Registered    []consumerView     `json:"registeredConsumers"` // the first 100
	Groups        []groupView        `json:"groups"`
	Peek          *recordsView       `json:"peek,omitzero"` // of the shard that the parameter shard names
}

// consumerView is a registered consumer.
type consumerView struct {
	Name    string                 `json:"name"`
	Status  kinesis.ConsumerStatus `json:"status"`
	Created time.Time              `json:"created"`
}

// shardView is a shard in the table.
type shardView struct {
	ID       string  `json:"id"`
	Open     bool    `json:"open"`
	Parents  string  `json:"parents,omitzero"`
	Start    string  `json:"startingHashKey"`
	End      string  `json:"endingHashKey"`
	Share    float64 `json:"share"` // of the range of hash keys
	Records  int64   `json:"records"`
	PerSec   float64 `json:"recordsInPerSecond"` // in the last 10 s
	OldestAt string  `json:"oldest,omitzero"`
	oldest   time.Time
}

// Oldest is when the oldest record arrived; zero if there is none.
func (v *shardView) Oldest() time.Time { return v.oldest }

// localStream returns the stream that the page is of.
func (c *call) localStream() (*kinesis.LocalStream, error) {
	if c.sources.Streams == nil {
		return nil, errNoPage
	}
	return c.sources.Streams.Stream(c.name)
}

func showStream(c *call) (any, error) {
	s, err := c.localStream()
	if err != nil {
		return nil, err
	}
	cfg, m := s.Config(), s.Metrics()
	report := &streamReport{
		streamRow:     c.stream(s),
		Created:       s.CreatedAt(),
		Retention:     seconds(cfg.RetentionPeriod),
		MaxRecordSize: cfg.MaxRecordSize,
		LimitsHold:    cfg.EnforceLimits,
		WriteRefused:  m.WriteProvisionedThroughputExceeded,
		ReadsRefused:  m.ReadProvisionedThroughputExceeded,
		Tags:          pairs(s.Tags()),
		List:          listing[shardView]{Items: []shardView{}},
		Registered:    []consumerView{},
		Groups:        c.groupsOf(s),
	}
	for _, consumer := range s.Consumers() {
		if len(report.Registered) == pageSize {
			break
		}
		report.Registered = append(report.Registered, consumerView{consumer.Name(), consumer.Status(), consumer.CreatedAt()})
	}
	if report.Status == kinesis.StatusCreating {
		return report, nil // it has no shards yet
	}
	all, err := s.Shards(c.r.Context())
	if err != nil {
		return nil, err
	}
	report.Map = drawShards(all, func(id string) float64 { return c.recent(s, id) })
	after := c.after()
	for _, shard := range all {
		if shard.ID <= after {
			continue
		}
		if len(report.List.Items) == pageSize {
			report.List.Next = report.List.Items[pageSize-1].ID
			break
		}
		report.List.Items = append(report.List.Items, c.shard(s, shard))
	}
	if id := c.query.Get("shard"); id != "" {
		if report.Peek, err = c.peek(s, id); err != nil {
			return nil, err
		}
	}
	return report, nil
}

func (c *call) shard(s *kinesis.LocalStream, shard kinesis.Shard) shardView {
	start, end := position(shard.HashKeyRange.Start), position(shard.HashKeyRange.End)
	view := shardView{
		ID:      shard.ID,
		Open:    shard.IsOpen(),
		Parents: shard.ParentID,
		Start:   shard.HashKeyRange.Start.String(),
		End:     shard.HashKeyRange.End.String(),
		Share:   end - start,
		PerSec:  c.recent(s, shard.ID),
	}
	if shard.AdjacentParentID != "" {
		view.Parents += ", " + shard.AdjacentParentID
	}
	if kept, err := s.Backlog(shard.ID, kinesis.Position{}); err == nil && kept.Records > 0 {
		view.Records, view.oldest = kept.Records, kept.Oldest
		view.OldestAt = kept.Oldest.UTC().Format(time.RFC3339Nano)
	}
	return view
}

// recentSpan is over what time a shard's records per second are counted.
const recentSpan = 10 * time.Second

// recent returns how many records a second a shard has got lately; 0 if it is gone.
func (c *call) recent(s *kinesis.LocalStream, shardID string) float64 {
	came, err := s.Backlog(shardID, kinesis.Since(c.now.Add(-recentSpan)))
	if err != nil {
		return 0
	}
	return float64(came.Records) / recentSpan.Seconds()
}

func putRecord(c *call) ([]string, error) {
	s, err := c.localStream()
	if err != nil {
		return nil, err
	}
	_, err = s.Put(c.r.Context(), kinesis.Entry{
		PartitionKey:    c.field("key"),
		ExplicitHashKey: c.field("hashkey"),
		Data:            []byte(c.text("body")),
	})
	return nil, err
}

// percent writes a share of one.
func percent(share float64) string { return strconv.FormatFloat(100*share, 'g', 3, 64) + " %" }
