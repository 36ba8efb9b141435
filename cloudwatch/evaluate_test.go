package cloudwatch

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The tables of "Configuring how CloudWatch alarms treat missing data" in the CloudWatch
// User Guide, and what its text says besides. 0 is good, X breaches, - is missing; the newest
// is on the right.
func TestMissingDataAsAWSDocumentsIt(t *testing.T) {
	const ok, alarm, none, keep = "OK", "ALARM", "INSUFFICIENT_DATA", "keep"
	for _, c := range []struct {
		m      int // of 3
		points string

		filled                                   int
		missing, ignore, breaching, notBreaching string
	}{
		{3, "0 - X - X", 0, ok, ok, ok, ok},
		{3, "0 - - - -", 2, ok, ok, ok, ok},
		{3, "- - - - -", 3, none, keep, alarm, ok},
		{3, "0 X X - X", 0, alarm, alarm, alarm, alarm},
		{3, "- - X - -", 2, alarm, keep, alarm, ok},

		{2, "0 - X - X", 0, alarm, alarm, alarm, alarm},
		{2, "0 0 X 0 X", 0, alarm, alarm, alarm, alarm},
		{2, "0 - X - -", 1, ok, ok, alarm, ok},
		{2, "- - - - 0", 2, ok, ok, alarm, ok},
		{2, "- - - X -", 2, alarm, keep, alarm, ok},

		// The text: not immediately into ALARM.
		{3, "- - - - X", 2, ok, ok, alarm, ok},
		{3, "- - - X -", 2, ok, ok, alarm, ok},
		{3, "- - - X 0", 1, ok, ok, ok, ok},
		{3, "- - X - 0", 1, ok, ok, ok, ok},

		// Nothing is missing: the newest three count.
		{3, "0 0 X X X", 0, alarm, alarm, alarm, alarm},
		{3, "X X X X 0", 0, ok, ok, ok, ok},
		{2, "X X 0 0 X", 0, ok, ok, ok, ok},
		// Real data farther back are better than none.
		{3, "X X - - X", 0, alarm, alarm, alarm, alarm},
		{1, "- - - - X", 2, alarm, alarm, alarm, alarm},
		// At the beginning there are fewer.
		{3, "X", 2, ok, ok, alarm, ok},
		{3, "-", 3, none, keep, alarm, ok},
	} {
		for treatment, want := range map[MissingData]string{
			MissingDataMissing: c.missing, MissingDataIgnore: c.ignore, MissingDataBreaching: c.breaching, MissingDataNotBreaching: c.notBreaching,
		} {
			r := rule{n: 3, m: c.m, threshold: 5, operator: GreaterThanThreshold, missing: treatment}
			require.Equal(t, 5, r.span(), "the evaluation range of the examples")
			v := r.evaluate(points(c.points))
			got := string(v.state)
			if v.keep {
				got = keep
			}
			require.Equal(t, want, got, "%d out of 3, %s, %s", c.m, c.points, treatment)
			require.Equal(t, c.filled, v.filled, "%d out of 3, %s", c.m, c.points)
		}
	}
}

func TestComparisonOperators(t *testing.T) {
	for operator, want := range map[ComparisonOperator][3]bool{ // below, at and above the threshold
		GreaterThanThreshold:          {false, false, true},
		GreaterThanOrEqualToThreshold: {false, true, true},
		LessThanThreshold:             {true, false, false},
		LessThanOrEqualToThreshold:    {true, true, false},
	} {
		r := rule{n: 1, m: 1, threshold: -0.5, operator: operator}
		require.Equal(t, want, [3]bool{r.breaches(-0.6), r.breaches(-0.5), r.breaches(0)}, operator)
	}
}

// The words are from messages that AWS sent.
func TestReasons(t *testing.T) {
	for _, c := range []struct {
		n, m      int
		explicit  bool
		operator  ComparisonOperator
		treatment MissingData
		points    string
		want      string
	}{
		{1, 1, true, GreaterThanThreshold, MissingDataMissing, "X",
			"Threshold Crossed: 1 out of the last 1 datapoints [9.25 (01/02/26 00:00:00)] was greater than the threshold (5.0) (minimum 1 datapoint for OK -> ALARM transition)."},
		{1, 1, true, GreaterThanThreshold, MissingDataMissing, "0",
			"Threshold Crossed: 1 out of the last 1 datapoints [1.0 (01/02/26 00:00:00)] was not greater than the threshold (5.0) (minimum 1 datapoint for ALARM -> OK transition)."},
		{4, 2, true, GreaterThanOrEqualToThreshold, MissingDataMissing, "0 X 0 X",
			"Threshold Crossed: 2 out of the last 4 datapoints [9.25 (01/02/26 00:15:00), 9.25 (01/02/26 00:05:00)] were greater than or equal to the threshold (5.0) (minimum 2 datapoints for OK -> ALARM transition)."},
		{4, 2, true, GreaterThanThreshold, MissingDataMissing, "0 X 0 0",
			"Threshold Crossed: 3 out of the last 4 datapoints [1.0 (01/02/26 00:15:00), 1.0 (01/02/26 00:10:00), 1.0 (01/02/26 00:00:00)] were not greater than the threshold (5.0) (minimum 3 datapoints for ALARM -> OK transition)."},
		{3, 3, false, LessThanThreshold, MissingDataMissing, "X 0 X",
			"Threshold Crossed: 2 datapoints [9.25 (01/02/26 00:10:00), 9.25 (01/02/26 00:00:00)] were not less than the threshold (5.0)."},
		{1, 1, false, LessThanOrEqualToThreshold, MissingDataMissing, "0",
			"Threshold Crossed: 1 datapoint [1.0 (01/02/26 00:00:00)] was less than or equal to the threshold (5.0)."},
		{1, 1, false, GreaterThanThreshold, MissingDataMissing, "-",
			"Insufficient Data: 1 datapoint was unknown."},
		{3, 3, false, GreaterThanThreshold, MissingDataMissing, "- - -",
			"Insufficient Data: 3 datapoints were unknown."},
		{1, 1, false, GreaterThanThreshold, MissingDataNotBreaching, "-",
			"Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching]."},
		{2, 2, false, GreaterThanThreshold, MissingDataBreaching, "- -",
			"Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as [Breaching]."},
		{3, 2, true, GreaterThanThreshold, MissingDataBreaching, "- - - - 0",
			"Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as [Breaching]."},
		{3, 2, true, GreaterThanThreshold, MissingDataNotBreaching, "- - - - X",
			"Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as [NonBreaching]."},
		{3, 2, true, GreaterThanThreshold, MissingDataBreaching, "X - - - -",
			"Threshold Crossed: 1 out of the last 3 datapoints [9.25 (01/02/26 00:00:00)] was greater than the threshold (5.0) and 2 missing datapoints were treated as [Breaching] (minimum 2 datapoints for OK -> ALARM transition)."},
		{3, 3, true, GreaterThanThreshold, MissingDataMissing, "X",
			"Threshold Crossed: 1 out of the last 3 datapoints [9.25 (01/02/26 00:00:00)] was greater than the threshold (5.0) (minimum 3 datapoints for OK -> ALARM transition)."},
		{5, 5, false, GreaterThanThreshold, MissingDataMissing, "X X X X X",
			"Threshold Crossed: 5 datapoints were greater than the threshold (5.0). The most recent datapoints which crossed the threshold: [9.25 (01/02/26 00:20:00), 9.25 (01/02/26 00:15:00), 9.25 (01/02/26 00:10:00), 9.25 (01/02/26 00:05:00), 9.25 (01/02/26 00:00:00)]."},
		{6, 6, true, GreaterThanThreshold, MissingDataMissing, "X X X X X X",
			"Threshold Crossed: 6 out of the last 6 datapoints were greater than the threshold (5.0). The most recent datapoints which crossed the threshold: [9.25 (01/02/26 00:25:00), 9.25 (01/02/26 00:20:00), 9.25 (01/02/26 00:15:00), 9.25 (01/02/26 00:10:00), 9.25 (01/02/26 00:05:00)] (minimum 6 datapoints for OK -> ALARM transition)."},
	} {
		r := rule{n: c.n, m: c.m, threshold: 5, operator: c.operator, missing: c.treatment}
		v := r.evaluate(points(c.points))
		require.Equal(t, c.want, r.reason(&v, c.explicit), "%s", c.points)
	}
}

func TestNumbersAreWrittenAsAWSWritesThem(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0.0", 1: "1.0", -2: "-2.0", 10.7: "10.7", 0.0666851903306472: "0.0666851903306472", 100000: "100000.0",
		1e7: "1.0E7", 12345678: "1.2345678E7", 0.0001: "1.0E-4", -2.5e-5: "-2.5E-5", 9999999: "9999999.0",
	} {
		require.Equal(t, want, double(v))
	}
}

// points makes datapoints of five minutes each out of the notation of AWS's guide.
func points(notation string) (points []Datapoint) {
	start := time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	for i, c := range strings.Fields(notation) {
		p := Datapoint{Start: start.Add(time.Duration(i) * 5 * time.Minute)}
		switch c {
		case "0":
			p.Value = 1
		case "X":
			p.Value = 9.25
		default:
			p.Missing = true
		}
		points = append(points, p)
	}
	return points
}
