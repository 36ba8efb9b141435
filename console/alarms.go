package console

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/leat-go/leat/cloudwatch"
)

// alarmRow is an alarm in a list, and the head of its own page. Its key names its page, as
// several alarms may have one name.
type alarmRow struct {
	Key       string           `json:"key"`
	Name      string           `json:"name"`
	State     cloudwatch.State `json:"state"`
	Since     time.Time        `json:"since"`
	Reason    string           `json:"reason"`
	Metric    string           `json:"metric"`    // namespace, name and dimensions
	Condition string           `json:"condition"` // "Sum > 5 for 3 of 5 periods of 1m"
}

// alarmReport is an alarm's page.
type alarmReport struct {
	alarmRow
	ARN         string          `json:"arn"`
	Description string          `json:"description,omitzero"`
	Datapoints  []datapointView `json:"datapoints"` // the newest first
	History     []changeView    `json:"history"`    // the newest first
}

type datapointView struct {
	Start   time.Time `json:"start"`
	Value   figure    `json:"value"`
	Missing bool      `json:"missing,omitzero"`
}

type changeView struct {
	Time   time.Time        `json:"time"`
	Old    cloudwatch.State `json:"old"`
	New    cloudwatch.State `json:"new"`
	Reason string           `json:"reason"`
}

// figure is a number; one that JSON does not have is null there.
type figure float64

// MarshalJSON never fails.
func (f figure) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(f)) || math.IsInf(float64(f), 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(f))
}

func (f figure) String() string { return strconv.FormatFloat(float64(f), 'g', 6, 64) }

// alarms lists alarms after a number of them.
func (c *call) alarms(after string) (*listing[alarmRow], error) {
	if len(c.sources.Alarms) == 0 {
		return nil, nil
	}
	first, err := offset(after)
	if err != nil {
		return nil, err
	}
	all := keys(c.sources.Alarms, (*cloudwatch.Alarm).Name)
	l := &listing[alarmRow]{Items: []alarmRow{}}
	for i := first; i < len(all); i++ {
		if len(l.Items) == pageSize {
			l.Next = strconv.Itoa(i)
			break
		}
		l.Items = append(l.Items, newAlarmRow(all[i], all[i].of.Status()))
	}
	return l, nil
}

// offset reads the parameter after of a list that has numbers for its pages.
func offset(after string) (int, error) {
	if after == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(after)
	if err != nil || n < 0 {
		return 0, badInput("the parameter after must be a whole number")
	}
	return n, nil
}

func newAlarmRow(a keyed[*cloudwatch.Alarm], status cloudwatch.AlarmStatus) alarmRow {
	cfg := a.of.Config()
	metric := cfg.Namespace + " " + cfg.MetricName
	for _, name := range slices.Sorted(maps.Keys(cfg.Dimensions)) {
		metric += " " + name + "=" + cfg.Dimensions[name]
	}
	return alarmRow{
		Key: a.key, Name: cfg.Name, State: status.State, Since: status.Since, Reason: status.Reason,
		Metric: metric, Condition: condition(cfg),
	}
}

// condition says when an alarm is in ALARM.
func condition(cfg cloudwatch.AlarmConfig) string {
	sign := map[cloudwatch.ComparisonOperator]string{
		cloudwatch.GreaterThanThreshold:          ">",
		cloudwatch.GreaterThanOrEqualToThreshold: "≥",
		cloudwatch.LessThanThreshold:             "<",
		cloudwatch.LessThanOrEqualToThreshold:    "≤",
	}[cfg.ComparisonOperator]
	text := []string{string(cfg.Statistic), sign, figure(cfg.Threshold).String(), "for"}
	if cfg.DatapointsToAlarm != 0 && cfg.DatapointsToAlarm != cfg.EvaluationPeriods {
		text = append(text, strconv.Itoa(cfg.DatapointsToAlarm), "of")
	}
	periods := max(cfg.EvaluationPeriods, 1)
	text = append(text, strconv.Itoa(periods))
	if periods == 1 {
		text = append(text, "period of")
	} else {
		text = append(text, "periods of")
	}
	return strings.Join(append(text, shortDuration(cfg.Period)), " ")
}

func showAlarm(c *call) (any, error) {
	for _, a := range keys(c.sources.Alarms, (*cloudwatch.Alarm).Name) {
		if a.key != c.name {
			continue
		}
		status := a.of.Status()
		report := &alarmReport{
			alarmRow:    newAlarmRow(a, status),
			ARN:         a.of.ARN(),
			Description: a.of.Config().Description,
			Datapoints:  []datapointView{},
			History:     []changeView{},
		}
		for i, d := range status.Datapoints {
			if i == pageSize {
				break
			}
			report.Datapoints = append(report.Datapoints, datapointView{d.Start, figure(d.Value), d.Missing})
		}
		for _, h := range slices.Backward(a.of.History()) {
			report.History = append(report.History, changeView{h.Time, h.Old, h.New, h.Reason})
		}
		return report, nil
	}
	return nil, errNotThere
}
