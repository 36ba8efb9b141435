package cloudwatch

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/leat-go/leat/elb"
)

// Statistic says what becomes of the samples of a period: one of these, or a percentile,
// "p0" to "p100" with at most ten digits after the point, such as "p99.9".
type Statistic string

// The statistics besides percentiles.
const (
	SampleCount Statistic = "SampleCount" // how many samples there are
	Sum         Statistic = "Sum"
	Average     Statistic = "Average"
	Minimum     Statistic = "Minimum"
	Maximum     Statistic = "Maximum"
)

// percentile returns what percent a statistic asks for, if it is a percentile.
func (s Statistic) percentile() (p float64, ok bool) {
	number, ok := strings.CutPrefix(string(s), "p")
	whole, fraction, _ := strings.Cut(number, ".")
	if !ok || whole == "" || len(fraction) > 10 || strings.Trim(whole+fraction, "0123456789") != "" || strings.HasSuffix(number, ".") {
		return 0, false
	}
	p, err := strconv.ParseFloat(number, 64)
	return p, err == nil && p <= 100
}

func (s Statistic) valid() bool {
	_, ok := s.percentile()
	return ok || s == SampleCount || s == Sum || s == Average || s == Minimum || s == Maximum
}

// window is the samples of one period.
type window struct {
	count, sum, least, most float64

	keep    bool      // for a percentile
	samples []float64 // all, if keep

	spread *elb.Distribution // of the period, if the metric has one
}

// add adds n samples, which have a sum, and a least and a greatest among them.
func (w *window) add(n, sum, least, most float64) {
	if w.count == 0 {
		w.least, w.most = least, most
	}
	w.least, w.most = min(w.least, least), max(w.most, most)
	w.count += n
	w.sum += sum
	if w.keep {
		w.samples = append(w.samples, sum/n)
	}
}

// value returns a statistic; ok is false if there are no samples.
func (w *window) value(s Statistic) (value float64, ok bool) {
	if w.count == 0 {
		return 0, false
	}
	switch s {
	case SampleCount:
		return w.count, true
	case Sum:
		return w.sum, true
	case Average:
		return w.sum / w.count, true
	case Minimum:
		return w.least, true
	case Maximum:
		return w.most, true
	}
	p, _ := s.percentile()
	if w.spread != nil {
		return w.spread.Percentile(p).Seconds(), true
	}
	slices.Sort(w.samples)
	rank := int(math.Ceil(p / 100 * float64(len(w.samples))))
	return w.samples[max(rank, 1)-1], true
}
