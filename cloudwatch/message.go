package cloudwatch

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/leat-go/leat/sns"
)

// alarmMessage is what CloudWatch publishes to a topic. ("Notifying users on alarm changes"
// in the CloudWatch User Guide.)
type alarmMessage struct {
	AlarmName                          string
	AlarmDescription                   *string
	AWSAccountID                       string `json:"AWSAccountId"`
	AlarmConfigurationUpdatedTimestamp string
	NewStateValue                      State
	NewStateReason                     string
	StateChangeTime                    string
	Region                             string
	AlarmARN                           string `json:"AlarmArn"`
	OldStateValue                      State
	OKActions                          []string
	AlarmActions                       []string
	InsufficientDataActions            []string
	Trigger                            alarmTrigger
}

type alarmTrigger struct {
	MetricName                       string
	Namespace                        string
	StatisticType                    string
	Statistic                        string `json:",omitempty"`
	ExtendedStatistic                string `json:",omitempty"`
	Unit                             *Unit
	Dimensions                       []alarmDimension
	Period                           float64 // in seconds; a whole number but where the alarm is Relaxed
	EvaluationPeriods                int
	DatapointsToAlarm                int `json:",omitempty"`
	ComparisonOperator               ComparisonOperator
	Threshold                        json.RawMessage
	TreatMissingData                 MissingData
	EvaluateLowSampleCountPercentile string
}

type alarmDimension struct {
	Value string `json:"value"`
	Name  string `json:"name"`
}

// timestamp is how CloudWatch writes times.
const timestamp = "2006-01-02T15:04:05.000-0700"

// entry returns what the alarm publishes about a change of its state.
func (a *Alarm) entry(change StateChange) sns.Entry {
	c := &a.cfg
	m := alarmMessage{
		AlarmName: c.Name, AWSAccountID: c.Account, AlarmARN: a.ARN(),
		AlarmConfigurationUpdatedTimestamp: stamp(a.createdAt),
		NewStateValue:                      change.New, NewStateReason: change.Reason, OldStateValue: change.Old,
		StateChangeTime: stamp(change.Time), Region: regionName(c.Region),
		OKActions: arns(c.OKActions), AlarmActions: arns(c.AlarmActions), InsufficientDataActions: arns(c.InsufficientDataActions),
		Trigger: alarmTrigger{
			MetricName: c.MetricName, Namespace: c.Namespace,
			StatisticType: "Statistic", Statistic: statisticNames[c.Statistic],
			Dimensions: []alarmDimension{},
			Period:     c.Period.Seconds(), EvaluationPeriods: c.EvaluationPeriods, DatapointsToAlarm: c.DatapointsToAlarm,
			ComparisonOperator: c.ComparisonOperator, Threshold: json.RawMessage(double(c.Threshold)), TreatMissingData: c.TreatMissingData,
		},
	}
	if c.Description != "" {
		m.AlarmDescription = &c.Description
	}
	if c.Unit != "" {
		m.Trigger.Unit = &c.Unit
	}
	if m.Trigger.Statistic == "" {
		m.Trigger.StatisticType, m.Trigger.ExtendedStatistic = "ExtendedStatistic", string(c.Statistic)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Dimensions)) {
		m.Trigger.Dimensions = append(m.Trigger.Dimensions, alarmDimension{c.Dimensions[name], name})
	}
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(m); err != nil {
		panic("cloudwatch: " + err.Error()) // there is nothing in it that is not JSON
	}
	return sns.Entry{Subject: a.subject(change.New), Message: strings.TrimSuffix(text.String(), "\n")}
}

var statisticNames = map[Statistic]string{SampleCount: "SAMPLE_COUNT", Sum: "SUM", Average: "AVERAGE", Minimum: "MINIMUM", Maximum: "MAXIMUM"}

const maxSubject = 99 // characters, which a topic takes

// lineEnds takes away what a name may have and a subject may not.
var lineEnds = strings.NewReplacer("\u2028", " ", "\u2029", " ")

func (a *Alarm) subject(state State) string {
	text := []rune(string(state) + `: "` + lineEnds.Replace(a.cfg.Name) + `" in ` + regionName(a.cfg.Region))
	return string(text[:min(len(text), maxSubject)])
}

func stamp(t time.Time) string { return t.UTC().Format(timestamp) }

// arns returns the ARNs of actions that have one.
func arns(actions []sns.Publisher) []string {
	list := []string{}
	for _, action := range actions {
		if named, ok := action.(interface{ ARN() string }); ok {
			list = append(list, named.ARN())
		}
	}
	return list
}
