package awsjson

import (
	"math"
	"strconv"
	"time"

	"github.com/leat-go/leat/internal/awsshape"
)

// Timestamps are numbers of seconds since 1970, with a fraction as far as there is
// one. AWS counts milliseconds, and so does this package.

// timestamp reads a number of seconds, rounded to milliseconds.
func (d *decoder) timestamp() (time.Time, error) {
	raw, err := d.number()
	if err != nil {
		return time.Time{}, err
	}
	seconds, err := strconv.ParseFloat(string(raw), 64)
	ms := math.Round(seconds * 1000)
	if err != nil || ms < math.MinInt64 || ms >= math.MaxInt64 {
		return time.Time{}, awsshape.ErrOutOfRange
	}
	return time.UnixMilli(int64(ms)).UTC(), nil
}

// appendTimestamp writes only as many digits of the fraction as count.
func appendTimestamp(dst []byte, t time.Time) []byte {
	ms := t.UnixMilli()
	if ms < 0 {
		dst = append(dst, '-')
		ms = -ms
	}
	dst = strconv.AppendInt(dst, ms/1000, 10)
	if ms %= 1000; ms != 0 {
		dst = append(dst, '.', byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10))
		for dst[len(dst)-1] == '0' {
			dst = dst[:len(dst)-1]
		}
	}
	return dst
}
