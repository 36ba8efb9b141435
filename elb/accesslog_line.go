package elb

import (
	"strconv"
	"time"
)

// maxLoggedUserAgent is how many bytes of a User-Agent are logged.
const maxLoggedUserAgent = 8 << 10

// String returns the record's line, without the newline; see [AccessRecord.AppendText].
func (r *AccessRecord) String() string {
	b, _ := r.AppendText(nil)
	return string(b)
}

// AppendText appends the record as a line of AWS's access log, without the newline: the 33
// fields from type to request_transform_status, as in the guide's examples. It never fails.
//
// What is not there is "-". In every field that others than the balancer had a say in, a
// quote, a backslash, and each byte that is no visible ASCII character or space are
// written as "\x" and two hexadecimal digits, as ALB is seen to do; a space is, too, where a
// field has no quotes around it. So a line is one line, and has its 33 fields, whatever
// clients send. Targets in this process are "-", as functions are with AWS.
func (r *AccessRecord) AppendText(b []byte) ([]byte, error) {
	b = append(appendWord(b, r.Type), ' ')
	b = append(appendTime(b, r.Time), ' ')
	b = append(appendWord(b, r.Name), ' ')
	b = append(r.appendClient(b), ' ')
	b = append(appendTarget(b, r.Target), ' ')
	b = append(appendSeconds(b, r.RequestTime), ' ')
	b = append(appendSeconds(b, r.TargetTime), ' ')
	b = append(appendSeconds(b, r.ResponseTime), ' ')
	b = append(appendStatus(b, r.Status), ' ')
	b = append(appendStatus(b, r.TargetStatus), ' ')
	b = append(strconv.AppendInt(b, r.ReceivedBytes, 10), ' ')
	b = append(strconv.AppendInt(b, r.SentBytes, 10), ' ')
	b = append(r.appendRequest(b), ' ')
	b = append(appendQuoted(b, r.UserAgent[:min(len(r.UserAgent), maxLoggedUserAgent)]), ' ')
	b = append(appendWord(b, r.TLSCipher), ' ')
	b = append(appendWord(b, r.TLSProtocol), ' ')
	b = append(appendWord(b, r.GroupARN), ' ')
	b = append(appendQuoted(b, r.TraceID), ' ')
	b = append(appendQuoted(b, r.Domain), ' ')
	b = append(appendQuoted(b, r.CertARN), ' ')
	b = append(r.appendPriority(b), ' ')
	b = append(appendTime(b, r.Begun), ' ')
	b = append(r.appendActions(b), ' ')
	b = append(appendQuoted(b, r.RedirectURL), ' ')
	b = append(appendQuoted(b, r.ErrorReason), ' ')
	b = append(r.appendAttempts(b), ' ')
	b = append(appendQuoted(b, r.Classification), ' ')
	b = append(appendQuoted(b, r.ClassificationReason), ' ')
	b = append(appendWord(b, r.ConnTraceID), ' ')
	b = append(appendQuoted(b, r.TransformedHost), ' ')
	b = append(appendQuoted(b, r.TransformedURI), ' ')
	return appendQuoted(b, r.TransformStatus), nil
}

// appendClient appends the client's address and port, one of IPv6 in brackets, of which
// AWS says nothing.
func (r *AccessRecord) appendClient(b []byte) []byte {
	if !r.Client.IsValid() {
		return append(b, '-')
	}
	return plain(r.Client).AppendTo(b)
}

// appendRequest appends the request line. One that was malformed has a space at its end.
func (r *AccessRecord) appendRequest(b []byte) []byte {
	if r.Method == "" && r.URL == "" && r.Proto == "" {
		return append(b, `"- - - "`...)
	}
	b = append(b, '"')
	b = append(appendText(b, r.Method, ' '), ' ')
	b = append(appendText(b, r.URL, ' '), ' ')
	b = appendText(b, r.Proto, ' ')
	return append(b, '"')
}

func (r *AccessRecord) appendPriority(b []byte) []byte {
	if r.RulePriority < 0 {
		return append(b, '-')
	}
	return strconv.AppendInt(b, int64(r.RulePriority), 10)
}

func (r *AccessRecord) appendActions(b []byte) []byte {
	if len(r.Actions) == 0 {
		return append(b, `"-"`...)
	}
	b = append(b, '"')
	for i, action := range r.Actions {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, action, ' ')
	}
	return append(b, '"')
}

// appendAttempts appends the two lists of targets and of their statuses, which go
// together: one whose address is not shown has no status there either.
func (r *AccessRecord) appendAttempts(b []byte) []byte {
	attempts := r.Attempts
	if len(attempts) == 0 {
		attempts = []Attempt{{r.Target, r.TargetStatus}}
	}
	b = append(b, '"')
	for i, a := range attempts {
		if i > 0 {
			b = append(b, ' ')
		}
		b = appendTarget(b, a.Target)
	}
	b = append(b, `" "`...)
	for i, a := range attempts {
		if i > 0 {
			b = append(b, ' ')
		}
		if a.Target == nil || a.Target.Address == "" {
			a.Status = 0
		}
		b = appendStatus(b, a.Status)
	}
	return append(b, '"')
}

func appendTarget(b []byte, t *Target) []byte {
	if t == nil {
		return append(b, '-')
	}
	return appendWord(b, t.Address)
}

// appendTime appends a time in ISO 8601, in UTC to the microsecond.
func appendTime(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(b, '-')
	}
	return t.UTC().AppendFormat(b, "2006-01-02T15:04:05.000000Z")
}

// appendSeconds appends a duration in seconds, to the millisecond that is over.
func appendSeconds(b []byte, d time.Duration) []byte {
	if d < 0 {
		return append(b, "-1"...)
	}
	ms := int(d % time.Second / time.Millisecond)
	b = strconv.AppendInt(b, int64(d/time.Second), 10)
	return append(b, '.', '0'+byte(ms/100), '0'+byte(ms/10%10), '0'+byte(ms%10))
}

func appendStatus(b []byte, status int) []byte {
	if status == 0 {
		return append(b, '-')
	}
	return strconv.AppendInt(b, int64(status), 10)
}

// appendWord appends a field without quotes around it.
func appendWord(b []byte, s string) []byte { return appendText(b, s, '!') }

// appendQuoted appends a field with quotes around it.
func appendQuoted(b []byte, s string) []byte {
	return append(appendText(append(b, '"'), s, ' '), '"')
}

// appendText appends s, or "-" if it is empty, with what is not least to "~" escaped,
// besides the quote and the backslash.
func appendText(b []byte, s string, least byte) []byte {
	if s == "" {
		return append(b, '-')
	}
	from := 0 // what is not appended yet
	for i := range len(s) {
		if c := s[i]; c < least || c > '~' || c == '"' || c == '\\' {
			const digits = "0123456789ABCDEF"
			b = append(b, s[from:i]...)
			b = append(b, '\\', 'x', digits[c>>4], digits[c&15])
			from = i + 1
		}
	}
	return append(b, s[from:]...)
}
