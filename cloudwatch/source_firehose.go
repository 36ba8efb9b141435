package cloudwatch

import "github.com/leat-go/leat/kinesis/firehose"

// Firehose returns the metrics of the delivery streams of a service: those of the account
// and the region whose view it is. Their namespace is AWS/Firehose and their dimension
// DeliveryStreamName. What they deliver is under DeliveryToHttpEndpoint if their sink is a
// [firehose.HTTPEndpoint], and under DeliveryToS3 otherwise. ("Monitor Amazon Data Firehose
// with CloudWatch metrics" in the Developer Guide.)
func Firehose(service *firehose.Service) Source {
	return &resources[*firehose.DeliveryStream]{
		namespace: "AWS/Firehose", dimension: "DeliveryStreamName",
		all: func(yield func(*firehose.DeliveryStream) bool) {
			req := firehose.ListRequest{Limit: 10_000}
			for {
				page, err := service.List(req)
				if err != nil {
					return // the service is closed
				}
				for _, s := range page.DeliveryStreams {
					if !yield(s) {
						return
					}
					req.ExclusiveStartName = s.Name()
				}
				if !page.HasMore {
					return
				}
			}
		},
		find:    service.DeliveryStream,
		name:    (*firehose.DeliveryStream).Name,
		measure: measureDeliveryStream,
	}
}

func measureDeliveryStream(s *firehose.DeliveryStream, m *measurement) {
	v, cfg := s.Metrics(), s.Config()
	m.counter("IncomingRecords", UnitCount, v.IncomingRecords)
	m.counter("IncomingBytes", UnitBytes, v.IncomingBytes)
	m.counter("ThrottledRecords", UnitCount, v.ThrottledRecords)
	to := "DeliveryToS3"
	if _, ok := cfg.Sink.(*firehose.HTTPEndpoint); ok {
		to = "DeliveryToHttpEndpoint"
	}
	m.counter(to+".Records", UnitCount, v.DeliveredRecords)
	m.counter(to+".Bytes", UnitBytes, v.DeliveredBytes)
	m.gauge(to+".DataFreshness", UnitSeconds, v.DataFreshness.Seconds())
	m.samples(to+".Success", UnitNone, v.Deliveries-v.FailedDeliveries, v.Deliveries)
	if cfg.Transform != nil {
		m.samples("ExecuteProcessing.Success", UnitNone, v.Transformations-v.FailedTransformations, v.Transformations)
	}
	if cfg.Backup != nil {
		m.counter("BackupToS3.Records", UnitCount, v.BackupRecords)
	}
	if cfg.Partitioning != nil {
		m.gauge("PartitionCount", UnitCount, float64(v.ActivePartitions))
		m.counter("PartitionCountExceeded", UnitCount, v.PartitionExceededRecords)
	}
}
