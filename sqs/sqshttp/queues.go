package sqshttp

import "github.com/leat-go/leat/sqs"

type createQueueInput struct {
	QueueName  string
	Attributes map[string]string `query:"Attribute,flat,key=Name,value=Value"`
	Tags       map[string]string `json:"tags" query:"Tag,flat,key=Key,value=Value"`
}

type queueURLOutput struct {
	QueueURL string `json:"QueueUrl"`
}

type getQueueURLInput struct {
	QueueName              string
	QueueOwnerAWSAccountID string `json:"QueueOwnerAWSAccountId"`
}

// queueInput is the input of the actions that need no more than a queue.
type queueInput struct {
	QueueURL string `json:"QueueUrl"`
}

type listQueuesInput struct {
	QueueNamePrefix string
	MaxResults      *int32
	NextToken       string
}

type listQueuesOutput struct {
	QueueURLs []string `json:"QueueUrls" query:"QueueUrl,flat"`
	NextToken string
}

type listDeadLetterSourceQueuesInput struct {
	QueueURL   string `json:"QueueUrl"`
	MaxResults *int32
	NextToken  string
}

type listDeadLetterSourceQueuesOutput struct {
	QueueURLs []string `json:"queueUrls" query:"QueueUrl,flat"` // begins with a small letter in AWS's model
	NextToken string
}

func createQueue(c *call, in *createQueueInput) (*queueURLOutput, error) {
	if in.QueueName == "" {
		return nil, missing("QueueName")
	}
	q, err := c.service.CreateQueueWithAttributes(in.QueueName, in.Attributes, in.Tags)
	if err != nil {
		return nil, err
	}
	return &queueURLOutput{c.urlOf(q)}, nil
}

func getQueueURL(c *call, in *getQueueURLInput) (*queueURLOutput, error) {
	if in.QueueName == "" {
		return nil, missing("QueueName")
	}
	owner, err := c.as(in.QueueOwnerAWSAccountID)
	if err != nil {
		return nil, err
	}
	q, err := owner.Queue(in.QueueName)
	if err != nil {
		return nil, err
	}
	return &queueURLOutput{c.urlOf(q)}, nil
}

func deleteQueue(c *call, in *queueInput) error {
	q, err := c.queue(in.QueueURL)
	if err != nil {
		return err
	}
	owner, err := c.as(q.Account())
	if err != nil {
		return err
	}
	return owner.DeleteQueue(q.Name())
}

func purgeQueue(c *call, in *queueInput) error {
	q, err := c.queue(in.QueueURL)
	if err != nil {
		return err
	}
	return q.Purge()
}

func listQueues(c *call, in *listQueuesInput) (*listQueuesOutput, error) {
	req, err := pageOf(in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	req.Prefix = in.QueueNamePrefix
	page, err := c.service.ListQueues(req)
	if err != nil {
		return nil, err
	}
	return &listQueuesOutput{c.urlsOf(page.Queues), page.NextToken}, nil
}

func listDeadLetterSourceQueues(c *call, in *listDeadLetterSourceQueuesInput) (*listDeadLetterSourceQueuesOutput, error) {
	q, err := c.queue(in.QueueURL)
	if err != nil {
		return nil, err
	}
	req, err := pageOf(in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	owner, err := c.as(q.Account())
	if err != nil {
		return nil, err
	}
	page, err := owner.ListDeadLetterSourceQueues(q.Name(), req)
	if err != nil {
		return nil, err
	}
	return &listDeadLetterSourceQueuesOutput{c.urlsOf(page.Queues), page.NextToken}, nil
}

// pageOf checks the parameters of a list that comes in pages.
func pageOf(maxResults *int32, token string) (sqs.ListRequest, error) {
	switch {
	case maxResults == nil && token != "":
		return sqs.ListRequest{}, invalidValue("MaxResults is a mandatory parameter when you provide a value for NextToken.")
	case maxResults == nil:
		return sqs.ListRequest{}, nil
	case *maxResults < 1 || *maxResults > 1000:
		return sqs.ListRequest{}, invalidValue("Value for parameter MaxResults is invalid. Reason: MaxResults must be an integer between 1 and 1000.")
	}
	return sqs.ListRequest{MaxResults: int(*maxResults), NextToken: token}, nil
}
