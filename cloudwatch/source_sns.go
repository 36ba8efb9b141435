package cloudwatch

import "github.com/leat-go/leat/sns"

// SNS returns the metrics of the topics of a service: those of the account and the region
// whose view it is. Their namespace is AWS/SNS and their dimension TopicName. ("Monitoring
// Amazon SNS topics using CloudWatch" in the SNS Developer Guide.)
func SNS(service *sns.Service) Source {
	return &resources[*sns.LocalTopic]{
		namespace: "AWS/SNS", dimension: "TopicName",
		all: func(yield func(*sns.LocalTopic) bool) {
			for token := ""; ; {
				page, next, err := service.ListTopics(token)
				if err != nil {
					return // the service is closed
				}
				for _, t := range page {
					if !yield(t) {
						return
					}
				}
				if token = next; token == "" {
					return
				}
			}
		},
		find:    service.Topic,
		name:    (*sns.LocalTopic).Name,
		measure: measureTopic,
	}
}

func measureTopic(t *sns.LocalTopic, m *measurement) {
	v := t.Metrics()
	m.counter("NumberOfMessagesPublished", UnitCount, v.NumberOfMessagesPublished)
	m.samples("PublishSize", UnitBytes, v.PublishSize, v.NumberOfMessagesPublished)
	m.counter("NumberOfNotificationsDelivered", UnitCount, v.NumberOfNotificationsDelivered)
	m.counter("NumberOfNotificationsFailed", UnitCount, v.NumberOfNotificationsFailed)
	m.counter("NumberOfNotificationsFilteredOut", UnitCount, v.NumberOfNotificationsFilteredOut)
	m.counter("NumberOfNotificationsFilteredOut-NoMessageAttributes", UnitCount, v.NumberOfNotificationsFilteredOutNoMessageAttributes)
	m.counter("NumberOfNotificationsFilteredOut-InvalidAttributes", UnitCount, v.NumberOfNotificationsFilteredOutInvalidAttributes)
	m.counter("NumberOfNotificationsFilteredOut-InvalidMessageBody", UnitCount, v.NumberOfNotificationsFilteredOutInvalidMessageBody)
	m.counter("NumberOfNotificationsRedrivenToDlq", UnitCount, v.NumberOfNotificationsRedrivenToDlq)
	m.counter("NumberOfNotificationsFailedToRedriveToDlq", UnitCount, v.NumberOfNotificationsFailedToRedriveToDlq)
}
