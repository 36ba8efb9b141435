package sqshttp

type listQueueTagsOutput struct {
	Tags map[string]string `query:"Tag,flat,key=Key,value=Value"`
}

type tagQueueInput struct {
	QueueURL string            `json:"QueueUrl"`
	Tags     map[string]string `query:"Tag,flat,key=Key,value=Value"`
}

type untagQueueInput struct {
	QueueURL string   `json:"QueueUrl"`
	TagKeys  []string `query:"TagKey,flat"`
}

func listQueueTags(c *call, in *queueInput) (*listQueueTagsOutput, error) {
	q, err := c.queue(in.QueueURL)
	if err != nil {
		return nil, err
	}
	return &listQueueTagsOutput{q.Tags()}, nil
}

func tagQueue(c *call, in *tagQueueInput) error {
	q, err := c.queue(in.QueueURL)
	if err != nil {
		return err
	}
	if in.Tags == nil {
		return missing(c.parameter("Tags", "Tag"))
	}
	return q.Tag(in.Tags)
}

func untagQueue(c *call, in *untagQueueInput) error {
	q, err := c.queue(in.QueueURL)
	if err != nil {
		return err
	}
	if in.TagKeys == nil {
		return missing(c.parameter("TagKeys", "TagKey"))
	}
	return q.Untag(in.TagKeys...)
}
