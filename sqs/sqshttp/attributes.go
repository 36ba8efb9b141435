package sqshttp

import "slices"

type getQueueAttributesInput struct {
	QueueURL       string   `json:"QueueUrl"`
	AttributeNames []string `query:"AttributeName,flat"`
}

type getQueueAttributesOutput struct {
	Attributes map[string]string `query:"Attribute,flat,key=Name,value=Value"`
}

type setQueueAttributesInput struct {
	QueueURL   string            `json:"QueueUrl"`
	Attributes map[string]string `query:"Attribute,flat,key=Name,value=Value"`
}

// queueAttributes are the names that GetQueueAttributes knows, besides All.
var queueAttributes = []string{
	"ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed", "ApproximateNumberOfMessagesNotVisible",
	"ContentBasedDeduplication", "CreatedTimestamp", "DeduplicationScope", "DelaySeconds", "FifoQueue",
	"FifoThroughputLimit", "KmsDataKeyReusePeriodSeconds", "KmsMasterKeyId", "LastModifiedTimestamp",
	"MaximumMessageSize", "MessageRetentionPeriod", "Policy", "QueueArn", "ReceiveMessageWaitTimeSeconds",
	"RedriveAllowPolicy", "RedrivePolicy", "SqsManagedSseEnabled", "VisibilityTimeout",
}

func getQueueAttributes(c *call, in *getQueueAttributesInput) (*getQueueAttributesOutput, error) {
	q, err := c.queue(in.QueueURL)
	if err != nil {
		return nil, err
	}
	for _, name := range in.AttributeNames {
		if name != "All" && !slices.Contains(queueAttributes, name) {
			return nil, newError("InvalidAttributeName", "Unknown Attribute "+name+".")
		}
	}
	all := q.Attributes()
	if slices.Contains(in.AttributeNames, "All") {
		return &getQueueAttributesOutput{all}, nil
	}
	out := &getQueueAttributesOutput{map[string]string{}}
	for _, name := range in.AttributeNames {
		if value, ok := all[name]; ok {
			out.Attributes[name] = value
		}
	}
	return out, nil
}

func setQueueAttributes(c *call, in *setQueueAttributesInput) error {
	q, err := c.queue(in.QueueURL)
	if err != nil {
		return err
	}
	if in.Attributes == nil {
		return missing(c.parameter("Attributes", "Attribute"))
	}
	return q.SetAttributes(in.Attributes)
}
