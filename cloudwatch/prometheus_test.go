package cloudwatch_test

import (
	"expvar"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/cloudwatch"
	"github.com/leat-go/leat/sqs"
)

// exposition is a page in Prometheus's text format, as a strict reader has it.
type exposition struct {
	types   map[string]string
	help    map[string]string
	samples map[string]float64 // by name and labels, those sorted and with their values quoted by Go
}

var (
	metricName  = regexp.MustCompile(`^[a-zA-Z_:][a-zA-Z0-9_:]*$`)
	labelSyntax = regexp.MustCompile(`^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"([,}])`)
)

// parse reads a page. It fails where the format says so: "Text format details" in
// Prometheus's "Exposition formats", with what that only recommends.
func parse(page string) (exposition, error) {
	e := exposition{map[string]string{}, map[string]string{}, map[string]float64{}}
	family := ""
	if page != "" && !strings.HasSuffix(page, "\n") {
		return e, fmt.Errorf("the last line has no end")
	}
	for line := range strings.Lines(page) {
		line = strings.TrimSuffix(line, "\n")
		if comment, ok := strings.CutPrefix(line, "# "); ok {
			word, rest, _ := strings.Cut(comment, " ")
			name, text, _ := strings.Cut(rest, " ")
			switch {
			case !metricName.MatchString(name):
				return e, fmt.Errorf("%q: bad name", line)
			case word == "HELP" && e.help[name] == "" && e.types[name] == "":
				e.help[name], family = text, name
				if regexp.MustCompile(`\\[^\\n]`).MatchString(strings.ReplaceAll(text, `\\`, "")) {
					return e, fmt.Errorf("%q: bad escape", line)
				}
			case word == "TYPE" && e.types[name] == "" && name == family && slices.Contains([]string{"counter", "gauge", "summary"}, text):
				e.types[name] = text
			default:
				return e, fmt.Errorf("%q: out of place", line)
			}
			continue
		}
		name := line[:strings.IndexAny(line+" ", "{ ")]
		rest := line[len(name):]
		labels := map[string]string{}
		for more := strings.HasPrefix(rest, "{"); more; {
			m := labelSyntax.FindStringSubmatch(rest[1:])
			if m == nil || strings.HasPrefix(m[1], "__") {
				return e, fmt.Errorf("%q: bad label", line)
			}
			if _, twice := labels[m[1]]; twice {
				return e, fmt.Errorf("%q: label %s twice", line, m[1])
			}
			labels[m[1]] = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\n`, "\n").Replace(m[2])
			more = m[3] == ","
			rest = rest[len(m[0]):] // from the comma, or the brace, on
		}
		rest = strings.TrimPrefix(rest, "}")
		number, ok := strings.CutPrefix(rest, " ")
		value, err := strconv.ParseFloat(number, 64)
		if !ok || err != nil || !metricName.MatchString(name) {
			return e, fmt.Errorf("%q: bad sample", line)
		}
		switch kind := e.types[family]; {
		case name == family && kind == "summary" && labels["quantile"] != "":
		case name == family && (kind == "gauge" || kind == "counter" && strings.HasSuffix(name, "_total")) && labels["quantile"] == "":
		case kind == "summary" && (name == family+"_sum" || name == family+"_count") && labels["quantile"] == "":
		default:
			return e, fmt.Errorf("%q: not of %s %s", line, kind, family)
		}
		id := name
		for _, label := range slices.Sorted(maps.Keys(labels)) {
			id += fmt.Sprintf(" %s=%q", label, labels[label])
		}
		if _, twice := e.samples[id]; twice {
			return e, fmt.Errorf("%q: twice", line)
		}
		e.samples[id] = value
	}
	return e, nil
}

// scrape returns a registry's page, read.
func scrape(t *testing.T, r *cloudwatch.Registry) exposition {
	t.Helper()
	w := httptest.NewRecorder()
	cloudwatch.Prometheus(r).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	require.Equal(t, 200, w.Code)
	require.Equal(t, "text/plain; version=0.0.4; charset=utf-8", w.Header().Get("Content-Type"))
	require.Equal(t, strconv.Itoa(w.Body.Len()), w.Header().Get("Content-Length"))
	e, err := parse(w.Body.String())
	require.NoError(t, err, "%s", w.Body)
	return e
}

// The reader refuses what is wrong.
func TestParserIsStrict(t *testing.T) {
	const head = "# HELP a_total h\n# TYPE a_total counter\n"
	for _, page := range []string{
		"a 1", "a 1\n", head + "a_total 1", head + "a_total\n", head + "a_total x\n", head + "b_total 1\n", head + "a_total 1\na_total 1\n",
		head + head, head + "a_total{b=\"c} 1\n", head + "a_total{b=\"c\\t\"} 1\n", head + "a_total{b=\"c\",b=\"d\"} 1\n", head + "a_total{b-c=\"d\"} 1\n",
		head + "a_total{quantile=\"1\"} 1\n", "# HELP a h\n# TYPE a counter\na 1\n", "# TYPE a gauge\na 1\n", "# HELP 1 h\n", "# HELP a \\h\n", head + "a_total_sum 1\n",
	} {
		_, err := parse(page)
		require.Error(t, err, "%q", page)
	}
	_, err := parse(head + "a_total{b=\"c\\\\\\\"\\n\"} 1\na_total 2e+06\n")
	require.NoError(t, err)
}

func TestPrometheus(t *testing.T) {
	var r cloudwatch.Registry
	require.Empty(t, scrape(t, &r).samples)
	service := must(sqs.NewService(sqs.ServiceConfig{}))
	queue := must(service.CreateQueue("orders", sqs.Config{}))
	must(service.CreateQueue("mail", sqs.Config{}))
	must(queue.Send(t.Context(), sqs.Entry{Body: "one"}, sqs.Entry{Body: "three"}))
	r.Add(cloudwatch.SQS(service))
	r.Add(cloudwatch.SourceFunc(func(yield func(cloudwatch.Metric) bool) {
		yield(cloudwatch.Metric{Namespace: "My Shop", Name: "Rate%", Dimensions: map[string]string{"Where?": "a \"b\"\\\n\xff"}, Value: math.Inf(-1)})
	}))
	e := scrape(t, &r)
	require.Equal(t, "counter", e.types["aws_sqs_number_of_messages_sent_total"])
	require.Equal(t, "AWS/SQS NumberOfMessagesSent, in Count", e.help["aws_sqs_number_of_messages_sent_total"])
	require.Equal(t, "gauge", e.types["aws_sqs_approximate_age_of_oldest_message"])
	require.Equal(t, "summary", e.types["aws_sqs_sent_message_size"])
	require.Equal(t, 2.0, e.samples[`aws_sqs_number_of_messages_sent_total queue_name="orders"`])
	require.Contains(t, e.samples, `aws_sqs_number_of_messages_sent_total queue_name="mail"`)
	require.Equal(t, 8.0, e.samples[`aws_sqs_sent_message_size_sum queue_name="orders"`])
	require.Equal(t, 2.0, e.samples[`aws_sqs_sent_message_size_count queue_name="orders"`])
	require.Equal(t, math.Inf(-1), e.samples[`my_shop_rate where="a \"b\"\\\n�"`])
	require.Len(t, e.samples, 2*11+1)
}

// Names that are different on AWS and one here do not spoil the page.
func TestPrometheusWithOddNames(t *testing.T) {
	var r cloudwatch.Registry
	r.Add(cloudwatch.SourceFunc(func(yield func(cloudwatch.Metric) bool) {
		for _, m := range []cloudwatch.Metric{
			{Namespace: "N", Name: "ab c", Value: 1},
			{Namespace: "N", Name: "ab-c", Value: 2},
			{Namespace: "N", Name: "ab c", Value: 3, Dimensions: map[string]string{"x": "1", "X": "2", "quantile": "3", "": "4", "__name__": "5", "9": "6", "ü": "7"}},
			{Namespace: "N", Name: "a total", Value: 4},
			{Namespace: "N", Name: "a", Value: 5, Kind: cloudwatch.KindCounter},
			{Namespace: "", Name: "", Value: math.NaN()},
			{Namespace: "N", Name: "s", Kind: cloudwatch.KindSamples, Value: 6, Count: 2},
		} {
			if !yield(m) {
				return
			}
		}
	}))
	e := scrape(t, &r)
	require.Equal(t, 1.0, e.samples["n_ab_c"], "the first by name")
	require.Equal(t, 5.0, e.samples["n_a_total"], "the first by name")
	require.Equal(t, 3.0, e.samples[`n_ab_c _9="6" name="5" quantile_2="3" unnamed="4" unnamed_2="7" x="2" x_2="1"`])
	require.Contains(t, e.samples, "unnamed_unnamed")
	require.Equal(t, 6.0, e.samples["n_s_sum"])
}

// Whatever the names, the page can be read.
func TestPrometheusWithRandomNames(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	text := func() string {
		var b strings.Builder
		for range random.IntN(6) {
			b.WriteString([]string{"a", "B", "_", "-", "9", "\"", "\\", "\n", "}", "ü", "\xff", " ", "} 1", "le", "="}[random.IntN(15)])
		}
		return b.String()
	}
	for range 2000 {
		var metrics []cloudwatch.Metric
		for range random.IntN(6) {
			m := cloudwatch.Metric{
				Namespace: text(), Name: text(), Dimensions: map[string]string{}, Unit: cloudwatch.Unit(text()), Count: 1, Value: random.Float64(),
				Kind: []cloudwatch.Kind{"", cloudwatch.KindCounter, cloudwatch.KindGauge, cloudwatch.KindSamples}[random.IntN(4)],
			}
			for range random.IntN(4) {
				m.Dimensions[text()] = text()
			}
			metrics = append(metrics, m)
		}
		var r cloudwatch.Registry
		r.Add(cloudwatch.SourceFunc(func(yield func(cloudwatch.Metric) bool) {
			for _, m := range metrics {
				if !yield(m) {
					return
				}
			}
		}))
		e := scrape(t, &r)
		require.Equal(t, len(metrics) == 0, len(e.samples) == 0)
		require.NotPanics(t, func() { decoded(t, cloudwatch.Expvar(&r).String()) })
	}
}

func TestExpvar(t *testing.T) {
	var r cloudwatch.Registry
	require.JSONEq(t, `{}`, cloudwatch.Expvar(&r).String())
	must(r.Counter("Shop", "Orders", "", map[string]string{"Where": "north", "By": "mail"})).Add(3)
	must(r.Gauge("Shop", "Visitors", "", nil)).Set(2.5)
	must(r.Gauge("Shop", "Ratio", "", nil)).Set(math.NaN())
	r.Add(cloudwatch.SourceFunc(func(yield func(cloudwatch.Metric) bool) {
		yield(cloudwatch.Metric{Namespace: "Other", Name: "Sizes", Kind: cloudwatch.KindSamples, Value: 10, Count: 4})
	}))
	v := cloudwatch.Expvar(&r)
	require.JSONEq(t, `{
		"Shop": {"By=mail,Where=north": {"Orders": 3}, "": {"Visitors": 2.5, "Ratio": null}},
		"Other": {"": {"Sizes": {"Sum": 10, "SampleCount": 4}}}
	}`, v.String())
	expvar.Do(func(each expvar.KeyValue) {
		require.Contains(t, []string{"cmdline", "memstats"}, each.Key, "nothing is published")
	})
}

// A page of 1,000 queues, and one metric of them.
func BenchmarkRegistry(b *testing.B) {
	service := must(sqs.NewService(sqs.ServiceConfig{}))
	for i := range 1000 {
		must(service.CreateQueue(fmt.Sprint("q", i), sqs.Config{MessageRetentionPeriod: time.Hour}))
	}
	var r cloudwatch.Registry
	r.Add(cloudwatch.SQS(service))
	b.Run("Prometheus", func(b *testing.B) {
		b.ReportAllocs()
		h := cloudwatch.Prometheus(&r)
		for b.Loop() {
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
		}
	})
	b.Run("Metric", func(b *testing.B) {
		b.ReportAllocs()
		dimensions := map[string]string{"QueueName": "q500"}
		for b.Loop() {
			if _, ok := r.Metric("AWS/SQS", "ApproximateAgeOfOldestMessage", dimensions); !ok {
				b.Fatal("not found")
			}
		}
	})
}
