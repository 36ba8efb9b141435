package cloudwatch

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// reason says in AWS's words why datapoints mean a state: explicit tells that the alarm says
// how many of them it takes. The words for a state that rests on real and on missing
// datapoints are leat's own.
func (r *rule) reason(v *verdict, explicit bool) string {
	if v.state == StateInsufficientData {
		return "Insufficient Data: " + counted(v.filled, "datapoint was", "datapoints were") + " unknown."
	}
	points, not := v.good, "not "
	if v.state == StateAlarm || len(v.good) == 0 {
		points, not = v.breaching, ""
	}
	treated := ""
	switch {
	case v.filled == 0:
	case r.missing == MissingDataBreaching && v.state == StateAlarm:
		treated = "[Breaching]"
	case r.missing == MissingDataNotBreaching && v.state == StateOK:
		treated = "[NonBreaching]"
	}
	if treated != "" {
		treated = counted(v.filled, "missing datapoint was", "missing datapoints were") + " treated as " + treated
		if len(points) == 0 || not == "" && v.state == StateOK {
			return "Threshold Crossed: no datapoints were received for " + counted(v.filled, "period", "periods") + " and " + treated + "."
		}
		treated = " and " + treated
	}
	were := " were "
	if len(points) == 1 {
		were = " was "
	}
	compared := were + not + comparison[r.operator] + " the threshold (" + double(r.threshold) + ")" + treated
	values := make([]string, min(len(points), shownValues))
	for i := range values {
		values[i] = double(points[i].Value) + " (" + points[i].Start.UTC().Format("02/01/06 15:04:05") + ")"
	}
	if list := "[" + strings.Join(values, ", ") + "]"; len(points) < shownValues {
		compared = " " + list + compared
	} else {
		compared += ". The most recent datapoints which crossed the threshold: " + list
	}
	if !explicit {
		return "Threshold Crossed: " + counted(len(points), "datapoint", "datapoints") + compared + "."
	}
	least, transition := r.m, "OK -> ALARM"
	if not != "" {
		least, transition = r.n-r.m+1, "ALARM -> OK"
	}
	return fmt.Sprintf("Threshold Crossed: %d out of the last %d datapoints%s (minimum %s for %s transition).",
		len(points), r.n, compared, counted(least, "datapoint", "datapoints"), transition)
}

// shownValues is the most datapoints whose values a reason has.
const shownValues = 5

var comparison = map[ComparisonOperator]string{
	GreaterThanThreshold:          "greater than",
	GreaterThanOrEqualToThreshold: "greater than or equal to",
	LessThanThreshold:             "less than",
	LessThanOrEqualToThreshold:    "less than or equal to",
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// double writes a number as CloudWatch does, which is as Java does: "5.0", "1.0E7".
func double(v float64) string {
	if size := math.Abs(v); size != 0 && (size < 1e-3 || size >= 1e7) {
		mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'e', -1, 64), "e")
		n, err := strconv.Atoi(exponent)
		if err != nil {
			return strconv.FormatFloat(v, 'g', -1, 64) // an infinity
		}
		return pointed(mantissa) + "E" + strconv.Itoa(n)
	}
	return pointed(strconv.FormatFloat(v, 'f', -1, 64))
}

func pointed(decimal string) string {
	if strings.Contains(decimal, ".") {
		return decimal
	}
	return decimal + ".0"
}
