package sns

import (
	"encoding/json"
	"strings"
	"time"
)

type redriveJSON struct {
	Target string `json:"deadLetterTargetArn"`
}

func (p *RedrivePolicy) render() string { return marshal(redriveJSON{p.DeadLetterTargetARN}) }

// parseRedrivePolicy reads the JSON of a RedrivePolicy attribute; nil for none.
func parseRedrivePolicy(fault faults, text string) (*RedrivePolicy, error) {
	if isNothing(text) {
		return nil, nil
	}
	var parsed redriveJSON
	if !isJSONObject(text) || json.Unmarshal([]byte(text), &parsed) != nil {
		return nil, fault("failed to parse JSON.")
	}
	return &RedrivePolicy{parsed.Target}, nil
}

// replayJSON is a ReplayPolicy. ("Amazon SNS message replay for FIFO topic subscribers"
// in the SNS Developer Guide.)
type replayJSON struct {
	PointType     string `json:"PointType"`
	StartingPoint string `json:"StartingPoint"`
	EndingPoint   string `json:"EndingPoint,omitempty"`
}

func (p *ReplayPolicy) render() string {
	out := replayJSON{PointType: "Timestamp", StartingPoint: timestamp(p.StartingPoint)}
	if !p.EndingPoint.IsZero() {
		out.EndingPoint = timestamp(p.EndingPoint)
	}
	return marshal(out)
}

// parseReplayPolicy reads the JSON of a ReplayPolicy attribute; nil for none.
func parseReplayPolicy(fault faults, text string) (*ReplayPolicy, error) {
	if isNothing(text) {
		return nil, nil
	}
	var parsed replayJSON
	if err := decodeObject(fault, text, &parsed); err != nil {
		return nil, err
	}
	if parsed.PointType != "Timestamp" {
		return nil, fault("PointType: Invalid value [%s]. Must be Timestamp.", parsed.PointType)
	}
	start, err := time.Parse(time.RFC3339, parsed.StartingPoint)
	if err != nil {
		return nil, fault("StartingPoint: Invalid value [%s]. Must be a timestamp.", parsed.StartingPoint)
	}
	policy := &ReplayPolicy{StartingPoint: start}
	if parsed.EndingPoint != "" {
		if policy.EndingPoint, err = time.Parse(time.RFC3339, parsed.EndingPoint); err != nil {
			return nil, fault("EndingPoint: Invalid value [%s]. Must be a timestamp.", parsed.EndingPoint)
		}
	}
	return policy, nil
}

type archiveJSON struct {
	Days json.Number `json:"MessageRetentionPeriod"`
}

const day = 24 * time.Hour

func (p *ArchivePolicy) render() string {
	return marshal(map[string]int{"MessageRetentionPeriod": int(p.MessageRetentionPeriod / day)})
}

// parseArchivePolicy reads the JSON of an ArchivePolicy attribute; nil for none. AWS
// takes the days as a number or as a string.
func parseArchivePolicy(fault faults, text string) (*ArchivePolicy, error) {
	if isNothing(text) {
		return nil, nil
	}
	var parsed archiveJSON
	if err := decodeObject(fault, text, &parsed); err != nil {
		return nil, err
	}
	days, err := parsed.Days.Int64()
	if err != nil || days < 1 || days > maxArchiveDays {
		return nil, archiveFault(fault)
	}
	return &ArchivePolicy{time.Duration(days) * day}, nil
}

const maxArchiveDays = 365

func archiveFault(fault faults) *Error {
	return fault("MessageRetentionPeriod must be an integer between 1 and %d", maxArchiveDays)
}

// isNothing tells whether the JSON of a policy removes it.
func isNothing(text string) bool {
	text = strings.TrimSpace(text)
	return text == "" || text == "{}"
}

// timestamp writes a time as SNS does.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
