package console

import (
	"fmt"
	"time"

	"github.com/leat-go/leat/kinesis/firehose"
)

// deliveryStreamRow is a delivery stream in a list, and the head of its own page.
type deliveryStreamRow struct {
	Name            string          `json:"name"`
	ARN             string          `json:"arn"`
	Status          firehose.Status `json:"status"`
	Type            firehose.Type   `json:"type"`
	BufferedRecords int64           `json:"bufferedRecords"`
	BufferedBytes   int64           `json:"bufferedBytes"`
	Freshness       seconds         `json:"dataFreshnessSeconds"` // 0 if nothing is buffered
	Incoming        int64           `json:"incomingRecords"`
	Delivered       int64           `json:"deliveredRecords"`
	DeliveredBytes  int64           `json:"deliveredBytes"`
	Failed          int64           `json:"errorOutputRecords"`
	Lost            int64           `json:"lostRecords"`
}

func (c *call) deliveryStreams(after string) (*listing[deliveryStreamRow], error) {
	if c.sources.DeliveryStreams == nil {
		return nil, nil
	}
	page, err := c.sources.DeliveryStreams.List(firehose.ListRequest{ExclusiveStartName: after, Limit: pageSize})
	if err != nil {
		return nil, err
	}
	l := &listing[deliveryStreamRow]{Items: []deliveryStreamRow{}}
	for _, s := range page.DeliveryStreams {
		l.Items = append(l.Items, newDeliveryStreamRow(s, s.Metrics()))
		if page.HasMore {
			l.Next = s.Name()
		}
	}
	return l, nil
}

func newDeliveryStreamRow(s *firehose.DeliveryStream, m firehose.Metrics) deliveryStreamRow {
	return deliveryStreamRow{
		Name:            s.Name(),
		ARN:             s.ARN(),
		Status:          s.Status(),
		Type:            s.Type(),
		BufferedRecords: m.BufferedRecords,
		BufferedBytes:   m.BufferedBytes,
		Freshness:       seconds(m.DataFreshness),
		Incoming:        m.IncomingRecords,
		Delivered:       m.DeliveredRecords,
		DeliveredBytes:  m.DeliveredBytes,
		Failed:          m.ErrorOutputRecords,
		Lost:            m.LostRecords,
	}
}

// deliveryStreamReport is a delivery stream's page.
type deliveryStreamReport struct {
	deliveryStreamRow
	Created          time.Time            `json:"created"`
	Sink             string               `json:"sink"` // its Go type
	Prefix           string               `json:"prefix,omitzero"`
	BufferSize       int                  `json:"bufferSizeBytes"`
	BufferInterval   seconds              `json:"bufferIntervalSeconds"`
	Compression      firehose.Compression `json:"compression"`
	IncomingBytes    int64                `json:"incomingBytes"`
	Throttled        int64                `json:"throttledRecords"`
	Dropped          int64                `json:"droppedRecords"` // by the transformation
	TransformFailed  int64                `json:"transformFailedRecords"`
	Deliveries       int64                `json:"deliveries"`
	FailedDeliveries int64                `json:"failedDeliveries"`
	Transformations  int64                `json:"transformations"`
	FailedTransforms int64                `json:"failedTransformations"`
	BackedUp         int64                `json:"backupRecords"`
	LostBackup       int64                `json:"lostBackupRecords"`
	Partitions       int                  `json:"activePartitions"`
	Tags             []pair               `json:"tags"`
}

func showDeliveryStream(c *call) (any, error) {
	if c.sources.DeliveryStreams == nil {
		return nil, errNoPage
	}
	s, err := c.sources.DeliveryStreams.DeliveryStream(c.name)
	if err != nil {
		return nil, err
	}
	m, cfg := s.Metrics(), s.Config()
	report := &deliveryStreamReport{
		deliveryStreamRow: newDeliveryStreamRow(s, m),
		Created:           s.CreatedAt(),
		Sink:              fmt.Sprintf("%T", cfg.Sink),
		Prefix:            cfg.Prefix,
		BufferSize:        cfg.Buffering.Size,
		Compression:       cfg.Compression,
		IncomingBytes:     m.IncomingBytes,
		Throttled:         m.ThrottledRecords,
		Dropped:           m.DroppedRecords,
		TransformFailed:   m.TransformFailedRecords,
		Deliveries:        m.Deliveries,
		FailedDeliveries:  m.FailedDeliveries,
		Transformations:   m.Transformations,
		FailedTransforms:  m.FailedTransformations,
		BackedUp:          m.BackupRecords,
		LostBackup:        m.LostBackupRecords,
		Partitions:        m.ActivePartitions,
		Tags:              []pair{},
	}
	if cfg.Buffering.Interval != nil {
		report.BufferInterval = seconds(*cfg.Buffering.Interval)
	}
	for _, t := range s.Tags() {
		report.Tags = append(report.Tags, pair{t.Key, t.Value})
	}
	return report, nil
}
