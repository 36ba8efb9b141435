package lambda

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// BatchResponse is the answer of a function that reports which records of a batch failed
// (ReportBatchItemFailures): the message ids on a queue; on a stream the sequence numbers,
// of which the least counts.
type BatchResponse struct {
	BatchItemFailures []BatchItemFailure `json:"batchItemFailures"`
}

// BatchItemFailure names a record that failed.
type BatchItemFailure struct {
	ItemIdentifier string `json:"itemIdentifier"`
}

var (
	errReported    = errors.New("lambda: the function reported the record as failed")
	errBadResponse = errors.New("lambda: the function's answer is no batch response")
)

// reportedFailures returns the identifiers in a function's answer. An answer that makes no
// sense is an error, and the whole batch has failed then. Keys are compared exactly, as on
// AWS. ("Success and failure conditions" in the Lambda Developer Guide.)
func reportedFailures(answer []byte) ([]string, error) {
	if len(bytes.TrimSpace(answer)) == 0 {
		return nil, nil
	}
	var response map[string]json.RawMessage
	if err := json.Unmarshal(answer, &response); err != nil {
		return nil, fmt.Errorf("%w: %w", errBadResponse, err)
	}
	list := response["batchItemFailures"]
	if list == nil {
		return nil, nil
	}
	var items []map[string]json.RawMessage
	if err := json.Unmarshal(list, &items); err != nil {
		return nil, fmt.Errorf("%w: %w", errBadResponse, err)
	}
	ids := make([]string, len(items))
	for i, item := range items {
		err := json.Unmarshal(item["itemIdentifier"], &ids[i])
		if err != nil || ids[i] == "" {
			return nil, fmt.Errorf("%w: item %d has no itemIdentifier", errBadResponse, i)
		}
	}
	return ids, nil
}
