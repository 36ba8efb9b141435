package elb

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCookiesAreFound(t *testing.T) {
	tests := map[string]struct {
		line string
		want []string
	}{
		"none":                    {"", nil},
		"alone":                   {"AWSALB=a", []string{"a"}},
		"among others":            {"x=1; AWSALB=a; y=2", []string{"a"}},
		"both":                    {"AWSALB=a; AWSALBCORS=b", []string{"a", "b"}},
		"of several paths":        {"AWSALB=a; AWSALB=b", []string{"a", "b"}},
		"without spaces":          {"x=1;AWSALB=a;y=2", []string{"a"}},
		"with many":               {"x=1 ;  \tAWSALB=a  ; y=2", []string{"a"}},
		"with another's equals":   {"AWSALB=a=b==", []string{"a=b=="}},
		"empty":                   {"AWSALB=; y", []string{""}},
		"end of another's name":   {"xAWSALB=a; x AWSALB=b", nil},
		"beginning of a name":     {"AWSALBTG=a; AWSALBAPP-0=b; AWSALBCORSX=c", nil},
		"within a value":          {"x=AWSALB=a; y=; z=AWSALB", nil},
		"without a value":         {"AWSALB; AWSALB=a", []string{"a"}},
		"name that begins itself": {"AWSALBAWSALB=a; AWSALB=b", []string{"b"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, test.want, allCookies(test.line, "AWSALB", "CORS"))
		})
	}
}

func allCookies(line, name, suffix string) (values []string) {
	for at := 0; ; {
		var value string
		if value, at = nextCookie(line, name, suffix, at); at < 0 {
			return values
		}
		values = append(values, value)
	}
}

// FuzzNextCookie compares with taking all cookies apart.
func FuzzNextCookie(f *testing.F) {
	for _, line := range []string{"", "a=b", "AWSALB=a; x=AWSALB=b;AWSALBCORS=c", " AWSALB = a", ";;AWSALB=;=", "AWSALBAWSALB=AWSALB"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		var want []string
		for pair := range strings.SplitSeq(line, ";") {
			name, value, ok := strings.Cut(strings.TrimLeft(pair, " \t"), "=")
			if ok && (name == "AWSALB" || name == "AWSALBCORS") {
				want = append(want, strings.Trim(value, " \t"))
			}
		}
		require.Equal(t, want, allCookies(line, "AWSALB", "CORS"))
	})
}

func TestAClientHasFewTries(t *testing.T) {
	s := sealWith(t, string(sealSecret))
	value := s.seal(targetCookie, "web", "a", time.Time{}, sealNow)
	for bad, want := range []string{"a", "a", "a", "a", ""} {
		line := strings.Repeat("AWSALB=bad; ", bad) + "AWSALB=" + value
		c, invalid := s.find([]string{"x=y", line}, "AWSALB", targetCookie, "web", sealNow)
		require.Equal(t, want, c.name)
		require.Equal(t, want == "", invalid)
	}
}

func TestSetCookieIsFound(t *testing.T) {
	lines := []string{"other=1; id=2", "id=1; Path=/a; HttpOnly", "bare", " spaced =1;", "empty="}
	for name, want := range map[string]string{"id": " Path=/a; HttpOnly", "spaced": "", "empty": ""} {
		attributes, ok := setCookie(lines, name)
		require.True(t, ok, name)
		require.Equal(t, want, attributes)
	}
	for _, name := range []string{"bare", "i", "2", "Path"} {
		_, ok := setCookie(lines, name)
		require.False(t, ok, name)
	}
}

// browserCookies are what a usual request has.
const browserCookies = "_ga=GA1.2.374264585.1716318682; _gid=GA1.2.730351489.1716318699; session=5831B29CA6152921230A927C2C19FA37; OptanonConsent=isIABGlobal=false&datestamp=Wed+May+22+2024+01%3A16%3A33; theme=dark; lang=en"

func BenchmarkSession(b *testing.B) {
	s := sealWith(b, string(sealSecret))
	sticky := &Stickiness{Type: StickyBalancer, Duration: time.Hour}
	value := s.seal(targetCookie, "web", "10.0.0.1:80", sealNow.Add(time.Hour), sealNow)
	for name, line := range map[string]string{
		"no Cookie":     "",
		"other cookies": browserCookies,
		"AWSALB":        browserCookies + "; AWSALB=" + value + "; AWSALBCORS=" + value,
	} {
		r := &http.Request{Header: http.Header{"Accept": {"*/*"}, "User-Agent": {"x"}}}
		if line != "" {
			r.Header["Cookie"] = []string{line}
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.session(r, sticky, "web", sealNow)
			}
		})
		b.Run(name+", by net/http", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = r.Cookie("AWSALB")
			}
		})
	}
}

func BenchmarkIssue(b *testing.B) {
	s := sealWith(b, string(sealSecret))
	sticky := &Stickiness{Type: StickyBalancer, Duration: time.Hour}
	r, h := &http.Request{}, make(http.Header)
	b.ReportAllocs()
	for b.Loop() {
		clear(h)
		s.issue(h, r, sticky, "web", "10.0.0.1:80", stickySession{}, sealNow)
	}
}
