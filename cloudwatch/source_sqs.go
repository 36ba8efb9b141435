package cloudwatch

import "github.com/leat-go/leat/sqs"

// SQS returns the metrics of the queues of a service: those of the account and the region
// whose view it is. Their namespace is AWS/SQS and their dimension QueueName. ("Available
// CloudWatch metrics for Amazon SQS" in the SQS Developer Guide.)
func SQS(service *sqs.Service) Source {
	return &resources[*sqs.LocalQueue]{
		namespace: "AWS/SQS", dimension: "QueueName",
		all: func(yield func(*sqs.LocalQueue) bool) {
			req := sqs.ListRequest{MaxResults: 1000}
			for {
				page, err := service.ListQueues(req)
				if err != nil {
					return // the service is closed
				}
				for _, q := range page.Queues {
					if !yield(q) {
						return
					}
				}
				if req.NextToken = page.NextToken; req.NextToken == "" {
					return
				}
			}
		},
		find:    service.Queue,
		name:    (*sqs.LocalQueue).Name,
		measure: measureQueue,
	}
}

func measureQueue(q *sqs.LocalQueue, m *measurement) {
	v := q.Metrics()
	m.counter("NumberOfMessagesSent", UnitCount, v.NumberOfMessagesSent)
	m.counter("NumberOfMessagesReceived", UnitCount, v.NumberOfMessagesReceived)
	m.counter("NumberOfMessagesDeleted", UnitCount, v.NumberOfMessagesDeleted)
	m.counter("NumberOfEmptyReceives", UnitCount, v.NumberOfEmptyReceives)
	m.samples("SentMessageSize", UnitBytes, v.SentMessageSize, v.NumberOfMessagesSent)
	m.gauge("ApproximateNumberOfMessagesVisible", UnitCount, float64(v.ApproximateNumberOfMessagesVisible))
	m.gauge("ApproximateNumberOfMessagesNotVisible", UnitCount, float64(v.ApproximateNumberOfMessagesNotVisible))
	m.gauge("ApproximateNumberOfMessagesDelayed", UnitCount, float64(v.ApproximateNumberOfMessagesDelayed))
	m.gauge("ApproximateAgeOfOldestMessage", UnitSeconds, v.ApproximateAgeOfOldestMessage.Seconds())
	if q.Config().FIFO {
		m.counter("NumberOfDeduplicatedSentMessages", UnitCount, v.NumberOfDeduplicatedSentMessages)
		m.gauge("ApproximateNumberOfGroupsWithInflightMessages", UnitCount, float64(v.ApproximateNumberOfGroupsWithInflightMessages))
	} else {
		m.gauge("ApproximateNumberOfNoisyGroups", UnitCount, float64(v.ApproximateNumberOfNoisyGroups))
	}
}
