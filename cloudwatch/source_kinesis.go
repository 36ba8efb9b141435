package cloudwatch

import "github.com/leat-go/leat/kinesis"

// Kinesis returns the metrics of the streams of a service: those of the account and the
// region whose view it is. Their namespace is AWS/Kinesis and their dimension StreamName.
// The metrics SubscribeToShardEvent are of all consumers together, where AWS has them for
// each. ("Monitoring the Amazon Kinesis Data Streams service with Amazon CloudWatch" in the
// Developer Guide.)
func Kinesis(service *kinesis.Service) Source {
	return &resources[*kinesis.LocalStream]{
		namespace: "AWS/Kinesis", dimension: "StreamName",
		all: func(yield func(*kinesis.LocalStream) bool) {
			req := kinesis.ListRequest{Limit: 10_000}
			for {
				page, err := service.ListStreams(req)
				if err != nil {
					return // the service is closed
				}
				for _, s := range page.Streams {
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
		find:    service.Stream,
		name:    (*kinesis.LocalStream).Name,
		measure: measureStream,
	}
}

func measureStream(s *kinesis.LocalStream, m *measurement) {
	v := s.Metrics()
	m.counter("IncomingRecords", UnitCount, v.IncomingRecords)
	m.counter("IncomingBytes", UnitBytes, v.IncomingBytes)
	m.counter("WriteProvisionedThroughputExceeded", UnitCount, v.WriteProvisionedThroughputExceeded)
	m.counter("ReadProvisionedThroughputExceeded", UnitCount, v.ReadProvisionedThroughputExceeded)
	m.counter("GetRecords.Success", UnitCount, v.GetRecordsSuccess)
	m.counter("GetRecords.Records", UnitCount, v.GetRecordsRecords)
	m.counter("GetRecords.Bytes", UnitBytes, v.GetRecordsBytes)
	m.gauge("GetRecords.IteratorAgeMilliseconds", UnitMilliseconds, float64(v.GetRecordsIteratorAge.Milliseconds()))
	m.counter("SubscribeToShardEvent.Records", UnitCount, v.SubscribeToShardEventRecords)
	m.counter("SubscribeToShardEvent.Bytes", UnitBytes, v.SubscribeToShardEventBytes)
}
