package snshttp

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/leat-go/leat/sns"
)

const (
	maxEntries        = 10
	defaultBatchBytes = 262_144
)

var entryID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

type publishBatchInput struct {
	TopicARN string    `json:"TopicArn"`
	Entries  []message `query:"PublishBatchRequestEntries"`
}

type publishBatchOutput struct {
	Successful *[]publishedEntry
	Failed     *[]failedEntry
}

type publishedEntry struct {
	ID             string `json:"Id"`
	MessageID      string `json:"MessageId"`
	SequenceNumber string
}

// failedEntry says which entry of a batch failed and why.
type failedEntry struct {
	ID          string `json:"Id"`
	Code        string
	Message     string
	SenderFault *bool
}

// publishBatch publishes all entries or none: one that is not valid fails the call.
// Entries that fail on their own are those that the engine can not publish later.
func publishBatch(c *call, in *publishBatchInput) (*publishBatchOutput, error) {
	t, err := c.topic(in.TopicARN)
	if err != nil {
		return nil, err
	}
	if err := checkBatch(in.Entries); err != nil {
		return nil, err
	}
	batch := make([]sns.Entry, len(in.Entries))
	size := 0
	for i := range in.Entries {
		if batch[i], err = in.Entries[i].entry(entryPath(i)); err != nil {
			return nil, err
		}
		batch[i].TraceHeader = c.traceHeader
		size += batch[i].Size()
	}
	limit := t.Config().MaximumMessageSize
	if limit == 0 {
		limit = defaultBatchBytes
	}
	if size > limit {
		return nil, newError("BatchRequestTooLong", "The length of all the messages put together is more than the limit.")
	}
	if err := t.Check(batch...); err != nil {
		return nil, err
	}
	published, err := t.Publish(c.ctx, batch...)
	var failed *sns.BatchError
	if err != nil && !errors.As(err, &failed) {
		return nil, err
	}
	return batchOutput(in.Entries, published, failed), nil
}

// checkBatch checks what every batch has to keep to.
func checkBatch(entries []message) error {
	switch {
	case len(entries) == 0:
		return newError("EmptyBatchRequest", "The batch request doesn't contain any entries.")
	case len(entries) > maxEntries:
		return newError("TooManyEntriesInBatchRequest", "The batch request contains more entries than permissible.")
	}
	var problems []string
	for i, m := range entries {
		if m.ID == nil {
			problems = append(problems, null(entryPath(i)+"id"))
		}
		if m.Message == nil {
			problems = append(problems, null(entryPath(i)+"message"))
		}
	}
	if problems != nil {
		return validation(problems...)
	}
	seen := make(map[string]bool, len(entries))
	for _, m := range entries {
		if !entryID.MatchString(*m.ID) {
			return newError("InvalidBatchEntryId", "The Id of a batch entry in a batch request doesn't abide by the specification.")
		}
		if seen[*m.ID] {
			return newError("BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id.")
		}
		seen[*m.ID] = true
	}
	return nil
}

// entryPath is where the entry at index i stands in the input, as AWS's texts say.
func entryPath(i int) string {
	return fmt.Sprintf("publishBatchRequestEntries.%d.member.", i+1)
}

// batchOutput tells of each entry what became of it. Failed is nil if all went well.
func batchOutput(entries []message, published []sns.Published, failed *sns.BatchError) *publishBatchOutput {
	errs := make([]error, len(entries))
	if failed != nil {
		for _, f := range failed.Failed {
			errs[f.Index] = f.Err
		}
	}
	out := &publishBatchOutput{new([]publishedEntry{}), new([]failedEntry{})}
	for i, m := range entries {
		if errs[i] == nil {
			*out.Successful = append(*out.Successful, publishedEntry{*m.ID, published[i].MessageID, published[i].SequenceNumber})
			continue
		}
		e := conditions.Explain(errs[i])
		*out.Failed = append(*out.Failed, failedEntry{*m.ID, e.Query, e.Message, new(e.Fault() == "Sender")})
	}
	return out
}
