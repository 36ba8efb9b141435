package sqshttp

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/leat-go/leat/internal/awshttp"
	"github.com/leat-go/leat/sqs"
)

const (
	maxEntries    = 10
	maxBatchBytes = 1 << 20
)

var entryID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

// checkBatch checks what every batch has to keep to. The shape is the name that
// AWS's model has for an entry; idOf returns its Id, nil if it has none. In Query no
// entries look the same as no parameter for them, and are taken for the former.
func checkBatch[E any](c *call, shape string, entries []E, idOf func(*E) *string) error {
	switch {
	case entries == nil && !c.overQuery():
		return missing("Entries")
	case len(entries) == 0:
		return newError("EmptyBatchRequest", "There should be at least one "+shape+" in the request.")
	case len(entries) > maxEntries:
		return newError("TooManyEntriesInBatchRequest", fmt.Sprintf("Maximum number of entries per request are %d. You have sent %d.", maxEntries, len(entries)))
	}
	var seen [maxEntries]string
	for i := range entries {
		id := idOf(&entries[i])
		if id == nil {
			return missing(entryParameter(shape, i, "Id"))
		}
		if !entryID.MatchString(*id) {
			return newError("InvalidBatchEntryId", "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.")
		}
		for _, other := range seen[:i] {
			if other == *id {
				return newError("BatchEntryIdsNotDistinct", "Id "+*id+" repeated.")
			}
		}
		seen[i] = *id
	}
	return nil
}

// entryParameter names a parameter of the entry at index i in an error's text.
func entryParameter(shape string, i int, parameter string) string {
	return fmt.Sprintf("%s.%d.%s", shape, i+1, parameter)
}

// failedEntry says which entry of a batch failed and why.
type failedEntry struct {
	ID          string `json:"Id"`
	SenderFault *bool
	Code        string // in both protocols that of Query
	Message     string
}

// succeeded is an entry of a batch that has nothing to say for itself.
type succeeded struct {
	ID string `json:"Id"`
}

func newFailedEntry(id string, err error) failedEntry {
	e := conditions.Explain(err)
	return failedEntry{ID: id, SenderFault: new(e.Fault() == "Sender"), Code: e.Query, Message: e.Message}
}

// byEntry takes the error of a batch of n apart. The second result is an error
// that concerns the request as a whole.
func byEntry(err error, n int) ([]error, error) {
	errs := make([]error, n)
	var batch *sqs.BatchError
	if !errors.As(err, &batch) {
		return errs, err
	}
	for _, f := range batch.Failed {
		errs[f.Index] = f.Err
	}
	return errs, nil
}

// inBatch gives a message's error the text that it has in a batch, where it is the
// entry at index i.
func inBatch(err error, i int) error {
	e := conditions.Explain(err)
	text := strings.Replace(e.Message, "One or more parameters are invalid.", "One or more parameters cannot be validated.", 1)
	text = strings.Replace(text, "the parameter MessageBody.", "the parameter "+entryParameter(sendShape, i, "MessageBody")+".", 1)
	return &awshttp.Error{Condition: e.Condition, Message: text}
}
