package firehose

import (
	"encoding/json"
	"errors"
	"time"
)

// failure is why a record failed.
type failure struct {
	code     string // unless err has an ErrorCode of its own
	err      error
	attempts int
	at       int64 // when the last attempt ended
}

// failedLine returns what the error output says of a record that failed: a line of
// JSON as AWS writes it. ("Data transformation failure handling" in the Amazon Data
// Firehose Developer Guide.)
func failedLine(r Record, f failure) Record {
	if coded, ok := errors.AsType[interface {
		error
		ErrorCode() string
	}](f.err); ok {
		f.code = coded.ErrorCode()
	}
	line, _ := json.Marshal(struct { // can not fail
		AttemptsMade           int    `json:"attemptsMade"`
		ArrivalTimestamp       int64  `json:"arrivalTimestamp"`
		ErrorCode              string `json:"errorCode"`
		ErrorMessage           string `json:"errorMessage"`
		AttemptEndingTimestamp int64  `json:"attemptEndingTimestamp"`
		RawData                []byte `json:"rawData"`
	}{f.attempts, r.ArrivalTime.UnixMilli(), f.code, f.err.Error(), time.Unix(0, f.at).UnixMilli(), r.Data})
	return Record{append(line, '\n'), r.ArrivalTime}
}

// failedLines does so for all records of a batch.
func failedLines(records []Record, f failure) []Record {
	lines := make([]Record, len(records))
	for i, r := range records {
		lines[i] = failedLine(r, f)
	}
	return lines
}
