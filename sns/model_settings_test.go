package sns_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/leat-go/leat/sns"
)

// driveFilter is a filter policy, and what it means.
type driveFilter struct {
	policy string
	match  func(color string, n int) bool // color is empty, n negative if there is none
}

var driveFilters = []driveFilter{
	{"", nil},
	{`{"color":["red"]}`, func(color string, n int) bool { return color == "red" }},
	{`{"color":[{"anything-but":"red"}]}`, func(color string, n int) bool { return color != "" && color != "red" }},
	{`{"n":[{"numeric":[">=",5]}]}`, func(color string, n int) bool { return n >= 5 }},
	{`{"color":[{"exists":false}]}`, func(color string, n int) bool { return color == "" }},
	{`{"color":["red",{"prefix":"gr"}],"n":[{"numeric":[">",0,"<",5]}]}`, func(color string, n int) bool { return (color == "red" || color == "green") && n > 0 && n < 5 }},
	{`{"$or":[{"color":["blue"]},{"n":[7,8]}]}`, func(color string, n int) bool { return color == "blue" || n == 7 || n == 8 }},
}

// driveText is the message of a drive: what a policy for the body sees, and its number.
type driveText struct {
	M     int    `json:"m"`
	Color string `json:"color,omitempty"`
	N     *int   `json:"n,omitempty"`
	For   string `json:"for,omitempty"`
}

func (x driveText) String() string {
	b, err := json.Marshal(x)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// driveMessage reads what a subscriber got.
func driveMessage(text string) driveText {
	var x driveText
	if err := json.Unmarshal([]byte(text), &x); err != nil {
		panic(fmt.Sprintf("%q: %v", text, err))
	}
	return x
}

// driveTextFor returns what an entry's subscribers of a protocol get.
func driveTextFor(e sns.Entry, protocol sns.Protocol) string {
	if e.MessageStructure == "" {
		return e.Message
	}
	var all map[string]string
	if err := json.Unmarshal([]byte(e.Message), &all); err != nil {
		panic(err)
	}
	if text, ok := all[string(protocol)]; ok {
		return text
	}
	return all["default"]
}

func (f driveFilter) passes(scope sns.FilterPolicyScope, e sns.Entry) bool {
	if f.match == nil {
		return true
	}
	color, n, none := e.Attributes["color"].Value, -1, len(e.Attributes) == 0
	if a, ok := e.Attributes["n"]; ok {
		fmt.Sscan(a.Value, &n)
	}
	if scope == sns.FilterPolicyScopeMessageBody {
		x := driveMessage(driveTextFor(e, "default"))
		color, n, none = x.Color, -1, false
		if x.N != nil {
			n = *x.N
		}
	}
	return !none && f.match(color, n) // without any attribute nothing matches, not even their absence
}

// drivePolicy is a delivery policy, and what it means: the delays before the retries.
type drivePolicy struct {
	policy    *sns.DeliveryPolicy // nil for that of the protocol
	json      string              // for SetAttribute
	delays    []time.Duration     // the last one for ever, if there is no policy
	perSecond int
}

func (p *drivePolicy) delay(retry int) (d time.Duration, more bool) {
	if retry > len(p.delays) {
		return p.delays[max(0, len(p.delays)-1)], p.policy == nil && len(p.delays) > 3
	}
	return p.delays[retry-1], true
}

const driveSecond = time.Second

var (
	// Of functions and queues; drives end long before its 100,015 retries do.
	driveManaged = drivePolicy{delays: []time.Duration{0, 0, 0, driveSecond, driveSecond, driveSecond, 2 * driveSecond, 4 * driveSecond, 8 * driveSecond, 16 * driveSecond, 20 * driveSecond}}
	driveWeb     = drivePolicy{delays: slices.Repeat([]time.Duration{20 * driveSecond}, 3)}

	drivePolicies = []drivePolicy{
		{
			policy: &sns.DeliveryPolicy{HealthyRetryPolicy: &sns.RetryPolicy{NumRetries: new(1), MinDelayTarget: driveSecond, MaxDelayTarget: driveSecond}},
			json:   `{"healthyRetryPolicy":{"numRetries":1,"minDelayTarget":1,"maxDelayTarget":1}}`,
			delays: []time.Duration{driveSecond},
		}, {
			policy: &sns.DeliveryPolicy{HealthyRetryPolicy: &sns.RetryPolicy{NumRetries: new(5), NumNoDelayRetries: 2, MinDelayTarget: 2 * driveSecond, MaxDelayTarget: 10 * driveSecond}},
			json:   `{"healthyRetryPolicy":{"numRetries":5,"numNoDelayRetries":2,"minDelayTarget":2,"maxDelayTarget":10,"backoffFunction":"linear"}}`,
			delays: []time.Duration{0, 0, 2 * driveSecond, 6 * driveSecond, 10 * driveSecond},
		}, {
			policy:    &sns.DeliveryPolicy{MaxReceivesPerSecond: 2, HealthyRetryPolicy: &sns.RetryPolicy{NumRetries: new(3), NumNoDelayRetries: 1, MinDelayTarget: 20 * driveSecond, MaxDelayTarget: 20 * driveSecond}},
			json:      `{"throttlePolicy":{"maxReceivesPerSecond":2},"healthyRetryPolicy":{"numRetries":3,"numNoDelayRetries":1,"minDelayTarget":20,"maxDelayTarget":20}}`,
			delays:    []time.Duration{0, 20 * driveSecond, 20 * driveSecond},
			perSecond: 2,
		}, {
			policy: &sns.DeliveryPolicy{HealthyRetryPolicy: &sns.RetryPolicy{NumRetries: new(4), NumMinDelayRetries: 1, NumMaxDelayRetries: 2, MinDelayTarget: driveSecond, MaxDelayTarget: 600 * driveSecond, BackoffFunction: sns.BackoffExponential}},
			json:   `{"healthyRetryPolicy":{"numRetries":4,"numMinDelayRetries":1,"numMaxDelayRetries":2,"minDelayTarget":1,"maxDelayTarget":600,"backoffFunction":"exponential"}}`,
			delays: []time.Duration{driveSecond, driveSecond, 600 * driveSecond, 600 * driveSecond},
		},
	}
)

// driveTemper is how an endpoint answers.
type driveTemper int

const (
	driveGood   driveTemper = iota
	driveLazy               // takes a message at the third attempt
	driveMoody              // is out of order every other ten minutes
	drivePicky              // refuses every third message for good, and every other at first
	driveBroken             // takes nothing but every fourth message
)

type driveOutcome int

const (
	driveTaken driveOutcome = iota
	driveFailed
	driveRefused // for good
)

// answer decides about an attempt that ends at a time.
func (b driveTemper) answer(number, attempt int, at time.Time) driveOutcome {
	fails := false
	switch b {
	case driveLazy:
		fails = attempt < 3
	case driveMoody:
		fails = at.Unix()/600%2 == 0
	case drivePicky:
		if number%3 == 0 {
			return driveRefused
		}
		fails = number%2 == 0 && attempt == 1
	case driveBroken:
		fails = number%4 != 0
	}
	if fails {
		return driveFailed
	}
	return driveTaken
}
