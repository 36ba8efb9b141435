package sqshttp

import (
	"fmt"
	"strings"
	"time"

	"github.com/leat-go/leat/sqs"
)

type sendMessageInput struct {
	QueueURL                string `json:"QueueUrl"`
	MessageBody             string
	DelaySeconds            *int32
	MessageAttributes       map[string]attributeValue `query:"MessageAttribute,flat,key=Name,value=Value"`
	MessageSystemAttributes map[string]attributeValue `query:"MessageSystemAttribute,flat,key=Name,value=Value"`
	MessageDeduplicationID  *string                   `json:"MessageDeduplicationId"`
	MessageGroupID          *string                   `json:"MessageGroupId"`
}

type sendMessageOutput struct {
	MD5OfMessageBody             string
	MD5OfMessageAttributes       string
	MD5OfMessageSystemAttributes string
	MessageID                    string `json:"MessageId"`
	SequenceNumber               string
}

type sendMessageBatchInput struct {
	QueueURL string          `json:"QueueUrl"`
	Entries  []sendBatchItem `query:"SendMessageBatchRequestEntry,flat"`
}

type sendBatchItem struct {
	ID                      *string `json:"Id"`
	MessageBody             string
	DelaySeconds            *int32
	MessageAttributes       map[string]attributeValue `query:"MessageAttribute,flat,key=Name,value=Value"`
	MessageSystemAttributes map[string]attributeValue `query:"MessageSystemAttribute,flat,key=Name,value=Value"`
	MessageDeduplicationID  *string                   `json:"MessageDeduplicationId"`
	MessageGroupID          *string                   `json:"MessageGroupId"`
}

type sendMessageBatchOutput struct {
	Successful []sentBatchItem `query:"SendMessageBatchResultEntry,flat"`
	Failed     []failedEntry   `query:"BatchResultErrorEntry,flat"`
}

type sentBatchItem struct {
	ID                           string `json:"Id"`
	MessageID                    string `json:"MessageId"`
	MD5OfMessageBody             string
	MD5OfMessageAttributes       string
	MD5OfMessageSystemAttributes string
	SequenceNumber               string
}

const sendShape = "SendMessageBatchRequestEntry"

func sendMessage(c *call, in *sendMessageInput) (*sendMessageOutput, error) {
	q, err := c.queue(in.QueueURL)
	if err != nil {
		return nil, err
	}
	entry, err := c.entry(q, &sendBatchItem{
		MessageBody:             in.MessageBody,
		DelaySeconds:            in.DelaySeconds,
		MessageAttributes:       in.MessageAttributes,
		MessageSystemAttributes: in.MessageSystemAttributes,
		MessageDeduplicationID:  in.MessageDeduplicationID,
		MessageGroupID:          in.MessageGroupID,
	})
	if err != nil {
		return nil, err
	}
	sent, err := q.Send(c.ctx, entry)
	if err != nil {
		return nil, err
	}
	return &sendMessageOutput{
		MD5OfMessageBody:             md5OfBody(entry.Body),
		MD5OfMessageAttributes:       md5OfAttributes(entry.Attributes),
		MD5OfMessageSystemAttributes: md5OfSystemAttributes(in.MessageSystemAttributes),
		MessageID:                    sent[0].MessageID,
		SequenceNumber:               sent[0].SequenceNumber,
	}, nil
}

func sendMessageBatch(c *call, in *sendMessageBatchInput) (*sendMessageBatchOutput, error) {
	q, err := c.queue(in.QueueURL)
	if err != nil {
		return nil, err
	}
	if err := checkBatch(c, sendShape, in.Entries, func(e *sendBatchItem) *string { return e.ID }); err != nil {
		return nil, err
	}
	batch := make([]sqs.Entry, len(in.Entries))
	size := 0
	for i := range in.Entries {
		if batch[i], err = c.entry(q, &in.Entries[i]); err != nil {
			return nil, err
		}
		size += batch[i].Size()
	}
	if size > maxBatchBytes {
		return nil, newError("BatchRequestTooLong", fmt.Sprintf("Batch requests cannot be longer than %d bytes. You have sent %d bytes.", maxBatchBytes, size))
	}
	if err := checkFIFOBatch(q, batch); err != nil {
		return nil, err
	}
	sent, err := q.Send(c.ctx, batch...)
	errs, err := byEntry(err, len(batch))
	if err != nil {
		return nil, err
	}
	out := &sendMessageBatchOutput{}
	for i, item := range in.Entries {
		if errs[i] != nil {
			out.Failed = append(out.Failed, newFailedEntry(*item.ID, inBatch(errs[i], i)))
			continue
		}
		out.Successful = append(out.Successful, sentBatchItem{
			ID:                           *item.ID,
			MessageID:                    sent[i].MessageID,
			MD5OfMessageBody:             md5OfBody(item.MessageBody),
			MD5OfMessageAttributes:       md5OfAttributes(batch[i].Attributes),
			MD5OfMessageSystemAttributes: md5OfSystemAttributes(item.MessageSystemAttributes),
			SequenceNumber:               sent[i].SequenceNumber,
		})
	}
	return out, nil
}

// entry is a message as the engine takes it.
func (c *call) entry(q *sqs.LocalQueue, in *sendBatchItem) (entry sqs.Entry, err error) {
	entry = sqs.Entry{Body: in.MessageBody, Delay: seconds(in.DelaySeconds)}
	if entry.GroupID, err = givenID("MessageGroupId", in.MessageGroupID); err != nil {
		return entry, err
	}
	if entry.DeduplicationID, err = givenID("MessageDeduplicationId", in.MessageDeduplicationID); err != nil {
		return entry, err
	}
	if entry.Attributes, err = attributesOf(in.MessageAttributes); err != nil {
		return entry, err
	}
	if entry.TraceHeader, err = traceHeaderOf(in.MessageSystemAttributes); err != nil {
		return entry, err
	}
	if entry.TraceHeader == "" {
		entry.TraceHeader = c.request.Header.Get("X-Amzn-Trace-Id")
	}
	if sender := c.service.Account(); sender != q.Account() {
		entry.SenderID = sender
	}
	return entry, nil
}

// givenID returns an id that a message may have, empty for none. The engine takes an
// empty one for none; to AWS it is an id that is too short.
func givenID(parameter string, id *string) (string, error) {
	if id == nil {
		return "", nil
	}
	if *id == "" {
		return "", invalidValue("Value  for parameter %s is invalid. Reason: %[1]s can only include alphanumeric and punctuation characters. 1 to 128 in length.", parameter)
	}
	return *id, nil
}

// checkFIFOBatch checks what fails a batch as a whole on a FIFO queue, whose order
// would suffer if it failed the one entry.
func checkFIFOBatch(q *sqs.LocalQueue, batch []sqs.Entry) error {
	if !strings.HasSuffix(q.Name(), ".fifo") {
		return nil
	}
	byContent := q.Config().ContentBasedDeduplication
	for i := range batch {
		switch e := &batch[i]; {
		case e.Body == "":
			return invalidValue("The request must contain the parameter %s.", entryParameter(sendShape, i, "MessageBody"))
		case e.GroupID == "":
			return invalidValue("The request must contain the parameter MessageGroupId.")
		case e.Delay != nil && *e.Delay != 0:
			return invalidValue("Value %d for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type.", *e.Delay/time.Second)
		case e.DeduplicationID == "" && !byContent:
			return invalidValue("The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly")
		}
	}
	return nil
}

// seconds returns a number of seconds as a duration, nil for nil.
func seconds(n *int32) *time.Duration {
	if n == nil {
		return nil
	}
	return new(time.Duration(*n) * time.Second)
}
