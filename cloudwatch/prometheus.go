package cloudwatch

import (
	"bytes"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Prometheus returns a handler that shows all metrics of a registry in Prometheus's text
// format, version 0.0.4, whatever the path and the method. It is all that a scrape needs:
//
//	mux.Handle("GET /metrics", cloudwatch.Prometheus(registry))
//
// A name is the namespace's and the metric's, in snake case, with _total for a counter:
// AWS/SQS's NumberOfMessagesSent is aws_sqs_number_of_messages_sent_total. Dimensions are
// labels: queue_name. Values have AWS's units, which HELP says. A metric of samples is a
// summary, with the quantiles 0.5, 0.9, 0.95 and 0.99 since the beginning if its
// Distribution is known.
func Prometheus(r *Registry) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		page := appendPage(nil, r.Metrics())
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		w.Header().Set("Content-Length", strconv.Itoa(len(page)))
		w.Write(page) //nolint:errcheck // the client is gone
	})
}

// family is the metrics of one name.
type family struct {
	name, help, kind string
	metrics          []labelled
	seen             map[string]bool // labels
}

type labelled struct {
	Metric
	labels string // as they are written, without the braces
}

// appendPage writes metrics, those of one name together, in the order of the names.
func appendPage(dst []byte, metrics []Metric) []byte {
	type identity struct {
		namespace, name string
		kind            Kind
	}
	known := map[identity]*family{} // of one name there are many metrics
	families := map[string]*family{}
	for _, m := range metrics {
		id := identity{m.Namespace, m.Name, m.Kind}
		f := known[id]
		if f == nil {
			f = familyOf(&m)
			if first := families[f.name]; first == nil {
				families[f.name] = f
			} else if first.kind == f.kind {
				f = first
			}
			known[id] = f
		}
		// Metrics that differ on AWS may have one name here. The first says what it is.
		if labels := labelsOf(m.Dimensions); !f.seen[labels] {
			f.seen[labels] = true
			f.metrics = append(f.metrics, labelled{m, labels})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(families)) {
		dst = families[name].append(dst)
	}
	return dst
}

// familyOf returns the family of a metric, empty.
func familyOf(m *Metric) *family {
	f := &family{
		name: snake(m.Namespace) + "_" + snake(m.Name), kind: "gauge", seen: map[string]bool{},
		help: m.Namespace + " " + m.Name,
	}
	if m.Unit != "" {
		f.help += ", in " + string(m.Unit)
	}
	switch m.Kind {
	case KindCounter:
		f.name, f.kind = f.name+"_total", "counter"
	case KindSamples:
		f.kind = "summary"
	}
	return f
}

func (f *family) append(dst []byte) []byte {
	dst = append(dst, "# HELP "+f.name+" "+helpEscaper.Replace(strings.ToValidUTF8(f.help, "\uFFFD"))+"\n# TYPE "+f.name+" "+f.kind+"\n"...)
	for _, m := range f.metrics {
		if m.Kind != KindSamples {
			dst = appendSample(dst, f.name, m.labels, m.Value)
			continue
		}
		if m.Distribution != nil && m.Count > 0 {
			for _, q := range quantiles {
				quantile := `quantile="` + strconv.FormatFloat(q, 'g', -1, 64) + `"`
				if m.labels != "" {
					quantile = m.labels + "," + quantile
				}
				dst = appendSample(dst, f.name, quantile, m.Distribution.Percentile(100*q).Seconds())
			}
		}
		dst = appendSample(dst, f.name+"_sum", m.labels, m.Value)
		dst = appendSample(dst, f.name+"_count", m.labels, float64(m.Count))
	}
	return dst
}

var quantiles = []float64{0.5, 0.9, 0.95, 0.99}

func appendSample(dst []byte, name, labels string, value float64) []byte {
	dst = append(dst, name...)
	if labels != "" {
		dst = append(append(append(dst, '{'), labels...), '}')
	}
	dst = append(dst, ' ')
	dst = strconv.AppendFloat(dst, value, 'g', -1, 64)
	return append(dst, '\n')
}

// labelsOf returns the labels of dimensions, by name. A name that another has, or that
// Prometheus has a use for, gets a number.
func labelsOf(dimensions map[string]string) string {
	if len(dimensions) == 0 {
		return ""
	}
	var b strings.Builder
	used := map[string]bool{"quantile": true, "le": true}
	for _, dimension := range slices.Sorted(maps.Keys(dimensions)) {
		base := snake(dimension)
		label := base
		for n := 2; used[label]; n++ {
			label = base + "_" + strconv.Itoa(n)
		}
		used[label] = true
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(label + `="` + labelEscaper.Replace(strings.ToValidUTF8(dimensions[dimension], "\uFFFD")) + `"`)
	}
	return b.String()
}

var (
	labelEscaper = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
	helpEscaper  = strings.NewReplacer(`\`, `\\`, "\n", `\n`)
)

// snake turns a name of AWS's into one of Prometheus's: "HTTPCode_ELB_5XX_Count" becomes
// "http_code_elb_5xx_count". What is neither a letter nor a digit becomes an underscore,
// one for several; a digit at the beginning gets one before it.
func snake(name string) string {
	var b bytes.Buffer
	for i := range len(name) {
		c := name[i]
		switch {
		case isUpper(c):
			afterLower := i > 0 && isLower(name[i-1])
			beforeLower := i > 0 && isUpper(name[i-1]) && i+1 < len(name) && isLower(name[i+1])
			if afterLower || beforeLower {
				b.WriteByte('_')
			}
			b.WriteByte(c + 'a' - 'A')
		case isLower(c) || isDigit(c):
			if isDigit(c) && b.Len() == 0 {
				b.WriteByte('_')
			}
			b.WriteByte(c)
		case b.Len() > 0 && b.Bytes()[b.Len()-1] != '_':
			b.WriteByte('_')
		}
	}
	snaked := string(bytes.TrimRight(b.Bytes(), "_"))
	if snaked == "" {
		return "unnamed"
	}
	return snaked
}

func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }
func isLower(c byte) bool { return 'a' <= c && c <= 'z' }
func isDigit(c byte) bool { return '0' <= c && c <= '9' }
