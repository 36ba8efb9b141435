package elb_test

import (
	"context"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/leat-go/leat/elb"
	"github.com/stretchr/testify/require"
)

// documented is what the guide's examples have in common, the first of them.
func documented(change func(r *elb.AccessRecord)) elb.AccessRecord {
	r := elb.AccessRecord{
		Type:          "http",
		Time:          time.Date(2018, 7, 2, 22, 23, 0, 186_641_000, time.UTC),
		Begun:         time.Date(2018, 7, 2, 22, 22, 48, 364_000_000, time.UTC),
		Name:          "app/my-loadbalancer/50dc6c495c0c9188",
		Client:        netip.MustParseAddrPort("192.168.131.39:2817"),
		Target:        &elb.Target{Address: "10.0.0.1:80"},
		TargetTime:    time.Millisecond,
		Status:        200,
		TargetStatus:  200,
		ReceivedBytes: 34,
		SentBytes:     366,
		Method:        "GET",
		URL:           "http://www.example.com:80/",
		Proto:         "HTTP/1.1",
		UserAgent:     "curl/7.46.0",
		GroupARN:      "arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/my-targets/73e2d6bc24d8a067",
		TraceID:       "Root=1-58337262-36d228ad5d99923122bbe354",
		Actions:       []string{"forward"},
		ConnTraceID:   "TID_1234abcd5678ef90",
	}
	change(&r)
	return r
}

// loggedTLS changes a documented record to one with TLS.
func loggedTLS(r *elb.AccessRecord) {
	r.TLSCipher, r.TLSProtocol = "ECDHE-RSA-AES128-GCM-SHA256", "TLSv1.2"
}

// loggedFunction changes a documented record to one of a function.
func loggedFunction(r *elb.AccessRecord) {
	r.Time, r.Begun = r.Time.AddDate(0, 4, 28), r.Begun.AddDate(0, 4, 28)
	r.TraceID = "Root=1-58337364-23a8c76965a2ef7629b185e3"
	r.Target = &elb.Target{ID: "f", Function: func(context.Context, []byte) ([]byte, error) { return nil, nil }}
}

// The lines are the examples of the User Guide for Application Load Balancers, "Access log
// entries".
func TestAccessLogExamplesOfAWS(t *testing.T) {
	for name, c := range map[string]struct {
		record elb.AccessRecord
		want   string
	}{
		"HTTP": {
			documented(func(*elb.AccessRecord) {}),
			`http 2018-07-02T22:23:00.186641Z app/my-loadbalancer/50dc6c495c0c9188 192.168.131.39:2817 10.0.0.1:80 0.000 0.001 0.000 200 200 34 366 "GET http://www.example.com:80/ HTTP/1.1" "curl/7.46.0" - - arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/my-targets/73e2d6bc24d8a067 "Root=1-58337262-36d228ad5d99923122bbe354" "-" "-" 0 2018-07-02T22:22:48.364000Z "forward" "-" "-" "10.0.0.1:80" "200" "-" "-" TID_1234abcd5678ef90 "-" "-" "-"`,
		},
		"HTTPS": {
			documented(func(r *elb.AccessRecord) {
				loggedTLS(r)
				r.Type, r.URL, r.TraceID = "https", "https://www.example.com:443/", "Root=1-58337281-1d84f3d73c47ec4e58577259"
				r.RequestTime, r.TargetTime, r.ResponseTime = 86*time.Millisecond, 48*time.Millisecond, 37*time.Millisecond
				r.ReceivedBytes, r.SentBytes = 0, 57
				r.Domain = "www.example.com"
				r.CertARN = "arn:aws:acm:us-east-2:123456789012:certificate/12345678-1234-1234-1234-123456789012"
				r.RulePriority = 1
				r.Actions = []string{"authenticate", "forward"}
				r.TransformedHost, r.TransformStatus = "m.example.com", "TransformSuccess"
			}),
			`https 2018-07-02T22:23:00.186641Z app/my-loadbalancer/50dc6c495c0c9188 192.168.131.39:2817 10.0.0.1:80 0.086 0.048 0.037 200 200 0 57 "GET https://www.example.com:443/ HTTP/1.1" "curl/7.46.0" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/my-targets/73e2d6bc24d8a067 "Root=1-58337281-1d84f3d73c47ec4e58577259" "www.example.com" "arn:aws:acm:us-east-2:123456789012:certificate/12345678-1234-1234-1234-123456789012" 1 2018-07-02T22:22:48.364000Z "authenticate,forward" "-" "-" "10.0.0.1:80" "200" "-" "-" TID_1234abcd5678ef90 "m.example.com" "-" "TransformSuccess"`,
		},
		"HTTP/2": {
			documented(func(r *elb.AccessRecord) {
				loggedTLS(r)
				r.Type, r.URL, r.Proto, r.TraceID = "h2", "https://10.0.2.105:773/", "HTTP/2.0", "Root=1-58337327-72bd00b0343d75b906739c42"
				r.Client, r.Target = netip.MustParseAddrPort("10.0.1.252:48160"), &elb.Target{Address: "10.0.0.66:9000"}
				r.TargetTime = 2 * time.Millisecond
				r.ReceivedBytes, r.SentBytes = 5, 257
				r.RulePriority = 1
				r.Actions, r.RedirectURL = []string{"redirect"}, "https://example.com:80/"
			}),
			`h2 2018-07-02T22:23:00.186641Z app/my-loadbalancer/50dc6c495c0c9188 10.0.1.252:48160 10.0.0.66:9000 0.000 0.002 0.000 200 200 5 257 "GET https://10.0.2.105:773/ HTTP/2.0" "curl/7.46.0" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/my-targets/73e2d6bc24d8a067 "Root=1-58337327-72bd00b0343d75b906739c42" "-" "-" 1 2018-07-02T22:22:48.364000Z "redirect" "https://example.com:80/" "-" "10.0.0.66:9000" "200" "-" "-" TID_1234abcd5678ef90 "-" "-" "-"`,
		},
		"WebSockets": {
			documented(func(r *elb.AccessRecord) {
				r.Type, r.URL, r.UserAgent, r.TraceID = "ws", "http://10.0.0.30:80/", "", "Root=1-58337364-23a8c76965a2ef7629b185e3"
				r.Client, r.Target = netip.MustParseAddrPort("10.0.0.140:40914"), &elb.Target{Address: "10.0.1.192:8010"}
				r.RequestTime, r.TargetTime = time.Millisecond, 3*time.Millisecond
				r.Status, r.TargetStatus = 101, 101
				r.ReceivedBytes, r.SentBytes = 218, 587
				r.RulePriority = 1
			}),
			`ws 2018-07-02T22:23:00.186641Z app/my-loadbalancer/50dc6c495c0c9188 10.0.0.140:40914 10.0.1.192:8010 0.001 0.003 0.000 101 101 218 587 "GET http://10.0.0.30:80/ HTTP/1.1" "-" - - arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/my-targets/73e2d6bc24d8a067 "Root=1-58337364-23a8c76965a2ef7629b185e3" "-" "-" 1 2018-07-02T22:22:48.364000Z "forward" "-" "-" "10.0.1.192:8010" "101" "-" "-" TID_1234abcd5678ef90 "-" "-" "-"`,
		},
		"secured WebSockets": {
			documented(func(r *elb.AccessRecord) {
				loggedTLS(r)
				r.Type, r.URL, r.UserAgent, r.TraceID = "wss", "https://10.0.0.30:443/", "", "Root=1-58337364-23a8c76965a2ef7629b185e3"
				r.Client, r.Target = netip.MustParseAddrPort("10.0.0.140:44244"), &elb.Target{Address: "10.0.0.171:8010"}
				r.Status, r.TargetStatus = 101, 101
				r.ReceivedBytes, r.SentBytes = 218, 786
				r.GroupARN = strings.Replace(r.GroupARN, "us-east-2", "us-west-1", 1)
				r.RulePriority = 1
			}),
			`wss 2018-07-02T22:23:00.186641Z app/my-loadbalancer/50dc6c495c0c9188 10.0.0.140:44244 10.0.0.171:8010 0.000 0.001 0.000 101 101 218 786 "GET https://10.0.0.30:443/ HTTP/1.1" "-" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:elasticloadbalancing:us-west-1:123456789012:targetgroup/my-targets/73e2d6bc24d8a067 "Root=1-58337364-23a8c76965a2ef7629b185e3" "-" "-" 1 2018-07-02T22:22:48.364000Z "forward" "-" "-" "10.0.0.171:8010" "101" "-" "-" TID_1234abcd5678ef90 "-" "-" "-"`,
		},
		"a function that succeeded": {
			documented(loggedFunction),
			`http 2018-11-30T22:23:00.186641Z app/my-loadbalancer/50dc6c495c0c9188 192.168.131.39:2817 - 0.000 0.001 0.000 200 200 34 366 "GET http://www.example.com:80/ HTTP/1.1" "curl/7.46.0" - - arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/my-targets/73e2d6bc24d8a067 "Root=1-58337364-23a8c76965a2ef7629b185e3" "-" "-" 0 2018-11-30T22:22:48.364000Z "forward" "-" "-" "-" "-" "-" "-" TID_1234abcd5678ef90 "-" "-" "-"`,
		},
		"a function that failed": {
			documented(func(r *elb.AccessRecord) {
				loggedFunction(r)
				r.Status, r.TargetStatus, r.ErrorReason = 502, 0, "LambdaInvalidResponse"
			}),
			`http 2018-11-30T22:23:00.186641Z app/my-loadbalancer/50dc6c495c0c9188 192.168.131.39:2817 - 0.000 0.001 0.000 502 - 34 366 "GET http://www.example.com:80/ HTTP/1.1" "curl/7.46.0" - - arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/my-targets/73e2d6bc24d8a067 "Root=1-58337364-23a8c76965a2ef7629b185e3" "-" "-" 0 2018-11-30T22:22:48.364000Z "forward" "-" "LambdaInvalidResponse" "-" "-" "-" "-" TID_1234abcd5678ef90 "-" "-" "-"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, c.record.String())
		})
	}
}

// accessLogFields are the fields of a line, by their place.
const (
	fieldTime, fieldClient, fieldTarget                = 1, 3, 4
	fieldRequestTime, fieldTargetTime, fieldStatus     = 5, 6, 8
	fieldRequest, fieldUserAgent, fieldGroupARN        = 12, 13, 16
	fieldPriority, fieldActions, fieldTargets          = 20, 22, 25
	fieldStatuses, fieldClassification, fieldURI, last = 26, 27, 31, 32
)

func TestAccessLogFields(t *testing.T) {
	a, b := &elb.Target{Address: "10.0.0.1:80"}, &elb.Target{ID: "b", Address: "10.0.0.2:80"}
	inside := &elb.Target{ID: "inside"}
	for name, c := range map[string]struct {
		record elb.AccessRecord
		want   map[int]string
	}{
		"nothing is known": {
			elb.AccessRecord{RequestTime: -1, TargetTime: -1, ResponseTime: -1, RulePriority: -1},
			map[int]string{
				0: "-", fieldTime: "-", 2: "-", fieldClient: "-", fieldTarget: "-", fieldRequestTime: "-1", fieldTargetTime: "-1", 7: "-1",
				fieldStatus: "-", 9: "-", 10: "0", 11: "0", fieldRequest: `"- - - "`, fieldUserAgent: `"-"`, 14: "-", 15: "-", fieldGroupARN: "-",
				17: `"-"`, 18: `"-"`, 19: `"-"`, fieldPriority: "-", 21: "-", fieldActions: `"-"`, 23: `"-"`, 24: `"-"`, fieldTargets: `"-"`,
				fieldStatuses: `"-"`, fieldClassification: `"-"`, 28: `"-"`, 29: "-", 30: `"-"`, fieldURI: `"-"`, last: `"-"`,
			},
		},
		"several targets, one without an answer": {
			elb.AccessRecord{Target: b, TargetStatus: 200, Attempts: []elb.Attempt{{Target: a}, {Target: b, Status: 200}}},
			map[int]string{fieldTarget: "10.0.0.2:80", 9: "200", fieldTargets: `"10.0.0.1:80 10.0.0.2:80"`, fieldStatuses: `"- 200"`},
		},
		"a target in this process": {
			elb.AccessRecord{Target: inside, TargetStatus: 200},
			map[int]string{fieldTarget: "-", 9: "200", fieldTargets: `"-"`, fieldStatuses: `"-"`},
		},
		"no targets among the attempts": {
			elb.AccessRecord{Attempts: []elb.Attempt{}},
			map[int]string{fieldTargets: `"-"`, fieldStatuses: `"-"`},
		},
		"times are of UTC": {
			elb.AccessRecord{Time: time.Date(2026, 1, 1, 1, 2, 3, 999, time.FixedZone("", 3600))},
			map[int]string{fieldTime: "2026-01-01T00:02:03.000000Z"},
		},
		"durations are cut to milliseconds": {
			elb.AccessRecord{RequestTime: 61*time.Second + 70*time.Millisecond + 999*time.Microsecond, TargetTime: 999 * time.Microsecond},
			map[int]string{fieldRequestTime: "61.070", fieldTargetTime: "0.000"},
		},
		"IPv6": {
			elb.AccessRecord{Client: netip.MustParseAddrPort("[2001:db8::1]:443")},
			map[int]string{fieldClient: "[2001:db8::1]:443"},
		},
		"IPv4 by a socket for both, and no zone": {
			elb.AccessRecord{Client: netip.MustParseAddrPort("[::ffff:192.0.2.1]:443")},
			map[int]string{fieldClient: "192.0.2.1:443"},
		},
		"a part of the request line": {
			elb.AccessRecord{Method: "GET"},
			map[int]string{fieldRequest: `"GET - -"`},
		},
		"actions": {
			elb.AccessRecord{Actions: []string{"waf", "fixed-response"}},
			map[int]string{fieldActions: `"waf,fixed-response"`},
		},
		"what is hostile is escaped": {
			elb.AccessRecord{UserAgent: "a\"b\\c\nd\x00\x7fé", URL: `http://x:80/?"`, Method: "G T", Proto: "HTTP/1.1", GroupARN: "arn: x\r", TransformedURI: "/\U0001F600"},
			map[int]string{
				fieldUserAgent: `"a\x22b\x5Cc\x0Ad\x00\x7F\xC3\xA9"`, fieldRequest: `"G T http://x:80/?\x22 HTTP/1.1"`,
				fieldGroupARN: `arn:\x20x\x0D`, fieldURI: `"/\xF0\x9F\x98\x80"`,
			},
		},
		"a user agent of 8 KB": {
			elb.AccessRecord{UserAgent: strings.Repeat("a", 8191) + `"b`},
			map[int]string{fieldUserAgent: `"` + strings.Repeat("a", 8191) + `\x22"`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			fields := splitLine(c.record.String())
			require.Len(t, fields, last+1)
			for i, want := range c.want {
				require.Equal(t, want, fields[i], "field %d", i)
			}
		})
	}
}

func TestAccessLogAppends(t *testing.T) {
	r := documented(func(*elb.AccessRecord) {})
	room := make([]byte, 1, 1024)
	room[0] = '>'
	b, err := r.AppendText(room)
	require.NoError(t, err)
	require.Equal(t, ">"+r.String(), string(b))
	require.Same(t, &room[0], &b[0])
	require.Zero(t, testing.AllocsPerRun(100, func() { b, _ = r.AppendText(b[:0]) }))
}

// splitLine splits a line at the spaces that are not within quotes, which none is escaped
// in by a backslash.
func splitLine(line string) (fields []string) {
	quoted, from := false, 0
	for i := range len(line) {
		switch {
		case line[i] == '"':
			quoted = !quoted
		case line[i] == ' ' && !quoted:
			fields = append(fields, line[from:i])
			from = i + 1
		}
	}
	return append(fields, line[from:])
}

// FuzzAccessLog reads lines back: whatever is in a record, a line has its fields, is of
// visible ASCII, and what was escaped can be told.
func FuzzAccessLog(f *testing.F) {
	f.Add("curl/7.46.0", "http://www.example.com:80/", "arn", "forward")
	f.Add(`\x22" "`, "/\n\x00", " ", `-`)
	f.Add("\xff\u00e9", "\\", `"`, ",")
	f.Fuzz(func(t *testing.T, agent, url, arn, action string) {
		r := elb.AccessRecord{
			Type: arn, Name: arn, Method: "GET", URL: url, Proto: "HTTP/1.1", UserAgent: agent, GroupARN: arn, TraceID: agent,
			Actions: []string{action, action}, Target: &elb.Target{Address: arn}, ErrorReason: url, Domain: action,
		}
		line := r.String()
		require.NotContains(t, strings.Map(func(c rune) rune {
			if c < ' ' || c > '~' {
				return '!' // what may not be there
			}
			return '.'
		}, line), "!")
		fields := splitLine(line)
		require.Len(t, fields, last+1)
		require.Equal(t, orHyphen(arn), unescaped(t, fields[0]))
		require.Equal(t, orHyphen(arn), unescaped(t, fields[fieldTarget]))
		require.Equal(t, `"GET `+orHyphen(url)+` HTTP/1.1"`, unescaped(t, fields[fieldRequest]))
		require.Equal(t, `"`+orHyphen(agent[:min(len(agent), 8192)])+`"`, unescaped(t, fields[fieldUserAgent]))
		require.Equal(t, `"`+orHyphen(action)+","+orHyphen(action)+`"`, unescaped(t, fields[fieldActions]))
	})
}

func orHyphen(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// unescaped undoes the escapes of a field.
func unescaped(t *testing.T, field string) string {
	before, rest, ok := strings.Cut(field, `\`)
	if !ok {
		return field
	}
	require.Regexp(t, "^x[0-9A-F]{2}", rest)
	c, err := strconv.ParseUint(rest[1:3], 16, 8)
	require.NoError(t, err)
	return before + string([]byte{byte(c)}) + unescaped(t, rest[3:])
}

// BenchmarkAccessLog is a line. The baseline copies one that is written already.
func BenchmarkAccessLog(b *testing.B) {
	r := documented(loggedTLS)
	line := r.String()
	buffer := make([]byte, 0, 1024)
	b.Run("baseline", func(b *testing.B) {
		for b.Loop() {
			buffer = append(buffer[:0], line...)
		}
	})
	b.Run("AppendText", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			buffer, _ = r.AppendText(buffer[:0])
		}
	})
}
