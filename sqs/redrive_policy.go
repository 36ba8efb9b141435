package sqs

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// String returns the policy as AWS writes it, in JSON.
func (p *RedrivePolicy) String() string {
	b, _ := json.Marshal(struct {
		Target string `json:"deadLetterTargetArn"`
		Max    int    `json:"maxReceiveCount"`
	}{p.DeadLetterTargetARN, p.MaxReceiveCount}) // can not fail: a string and a number
	return string(b)
}

// parseRedrivePolicy reads the JSON of a RedrivePolicy attribute. AWS takes the
// count as a number or as a string.
func parseRedrivePolicy(text string) (*RedrivePolicy, error) {
	fault := func(reason string) error {
		return invalid("Value %s for parameter RedrivePolicy is invalid. Reason: %s", text, reason)
	}
	var fields map[string]any
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if decoder.Decode(&fields) != nil || fields == nil || decoder.More() {
		return nil, fault("Redrive policy is not a valid JSON map.")
	}
	target, _ := fields["deadLetterTargetArn"].(string)
	if target == "" {
		return nil, fault("Redrive policy does not contain mandatory attribute: deadLetterTargetArn.")
	}
	if _, ok := parseARN(target); !ok {
		return nil, fault("Invalid value for deadLetterTargetArn.")
	}
	var digits string
	switch count := fields["maxReceiveCount"].(type) {
	case nil:
		return nil, fault("Redrive policy does not contain mandatory attribute: maxReceiveCount.")
	case json.Number:
		digits = count.String()
	case string:
		digits = count
	}
	count, err := strconv.Atoi(digits)
	if err != nil || count < 1 || count > maxReceives {
		return nil, fault("Invalid value for maxReceiveCount: " + digits + ", valid values are from 1 to 1000 both inclusive.")
	}
	return &RedrivePolicy{DeadLetterTargetARN: target, MaxReceiveCount: count}, nil
}

type redriveAllowJSON struct {
	Permission RedrivePermission `json:"redrivePermission"`
	Sources    []string          `json:"sourceQueueArns,omitempty"`
}

// String returns the policy as AWS writes it, in JSON.
func (p *RedriveAllowPolicy) String() string {
	b, _ := json.Marshal(redriveAllowJSON{p.Permission, p.SourceQueueARNs}) // can not fail: strings
	return string(b)
}

func parseRedriveAllowPolicy(text string) (*RedriveAllowPolicy, error) {
	var fields redriveAllowJSON
	if err := json.Unmarshal([]byte(text), &fields); err != nil {
		return nil, invalid("Value %s for parameter RedriveAllowPolicy is invalid. Reason: Amazon SQS can't create the redrive allow policy. The redrive allow policy is not a valid JSON map.", text)
	}
	return &RedriveAllowPolicy{Permission: fields.Permission, SourceQueueARNs: fields.Sources}, nil
}

// allows tells whether the queue source may dead-letter to a queue with this
// policy.
func (p *RedriveAllowPolicy) allows(source string) bool {
	return p == nil || p.Permission == RedriveAllowAll || slices.Contains(p.SourceQueueARNs, source)
}
