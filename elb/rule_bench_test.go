package elb_test

import (
	"fmt"
	"net/http"
	pathpkg "path"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/elb"
)

// BenchmarkMatch finds the last of 100 rules, and none, beside what a program would
// otherwise do about as many paths: try path.Match for each, or ask an http.ServeMux,
// which knows fewer patterns and has an index of them.
func BenchmarkMatch(b *testing.B) {
	const n = 100
	var patterns []string
	mux := http.NewServeMux()
	for i := range n {
		patterns = append(patterns, fmt.Sprintf("/service%d/*", i))
		mux.HandleFunc(fmt.Sprintf("/service%d/{rest}", i), func(http.ResponseWriter, *http.Request) {})
	}
	mux.HandleFunc("/", func(http.ResponseWriter, *http.Request) {})
	rules := func(conditions func(i int) []elb.Condition) *elb.Rules {
		var rules []elb.Rule
		for i := range n {
			rules = append(rules, elb.Rule{Priority: i + 1, Conditions: conditions(i), Action: toMatched})
		}
		return compileRules(b, rules...)
	}
	last, none := request(fmt.Sprintf("/service%d/users", n-1), "User-Agent", "curl/8.0"), request("/other/users")

	b.Run("baseline/path.Match", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			at := -1
			for i, p := range patterns {
				if ok, _ := pathpkg.Match(p, last.URL.Path); ok {
					at = i
					break
				}
			}
			if at != n-1 {
				b.Fatal(at)
			}
		}
	})
	b.Run("baseline/ServeMux", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, pattern := mux.Handler(last); pattern == "/" {
				b.Fatal(pattern)
			}
		}
	})
	bench := func(name string, s *elb.Rules, r *http.Request, want int) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var d elb.Decision
			for b.Loop() {
				d = s.Match(r, client)
			}
			if want == 0 {
				require.Nil(b, d.Rule)
			} else {
				require.Equal(b, want, d.Rule.Priority)
			}
		})
	}
	paths := rules(func(i int) []elb.Condition { return []elb.Condition{onPath(patterns[i])} })
	bench("path/last", paths, last, n)
	bench("path/none", paths, none, 0)
	bench("host and path/last", rules(func(i int) []elb.Condition {
		return []elb.Condition{onHost("*.example.com", "example.com"), onPath(patterns[i])}
	}), last, n)
	bench("host/last", rules(func(i int) []elb.Condition {
		return []elb.Condition{onHost(fmt.Sprintf("www%d.example.com", i))}
	}), request("/", "Host", fmt.Sprintf("WWW%d.example.com:8080", n-1)), n)
	bench("stars/last", rules(func(i int) []elb.Condition {
		return []elb.Condition{onPath(fmt.Sprintf("*/service%d/*", i))}
	}), last, n)
	bench("header/last", rules(func(i int) []elb.Condition {
		return []elb.Condition{onHeader("User-Agent", wildcards(fmt.Sprintf("*curl/%d.*", i-(n-1)+8)))}
	}), last, n)
	bench("query/none", rules(func(i int) []elb.Condition {
		return []elb.Condition{onQuery("version", fmt.Sprint(i))}
	}), request("/?a=1&b=2&c=3"), 0)
	bench("expression/last", rules(func(i int) []elb.Condition {
		return []elb.Condition{onPathRegex(fmt.Sprintf("^/service%d/", i))}
	}), last, n)
}

func TestMatchAllocatesNothing(t *testing.T) {
	s := compileRules(t,
		elb.Rule{Priority: 1, Conditions: []elb.Condition{onHeader("User-Agent", wildcards("*curl*")), onQuery("a", "2"), fromSource("10.0.0.0/8")}, Action: toMatched},
		elb.Rule{Priority: 2, Conditions: []elb.Condition{onPathRegex("^/b"), onHostRegex("x")}, Action: toMatched},
		elb.Rule{Priority: 3, Conditions: []elb.Condition{onHost("*.com"), onPath("/a*"), onMethod("GET"), onHeader("User-Agent", wildcards("*CURL*")), onQuery("", "1")}, Action: toMatched},
	)
	r := request("/a/b?a=1&b=2", "User-Agent", "curl/8", "Host", "www.example.com:80")
	require.Zero(t, testing.AllocsPerRun(100, func() {
		if s.Match(r, client).Rule.Priority != 3 {
			t.Fail()
		}
	}))
}
