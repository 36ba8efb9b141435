package firehosehttp

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/leat-go/leat/kinesis/firehose"
)

type processingConfiguration struct {
	Enabled    *bool
	Processors *[]processor `most:"5"` // described even if there are none
}

type processor struct {
	Type       *string
	Parameters *[]processorParameter `most:"50"`
}

type processorParameter struct {
	ParameterName  *string
	ParameterValue *string
}

const (
	maxProcessors = 5  // of a destination
	maxParameters = 50 // of a processor; AWS tells no bound, and has eleven names for them
)

func (v *validation) processing(prefix string, p *processingConfiguration) {
	if p == nil {
		return
	}
	for i, each := range elements(p.Processors) {
		in := member(prefix+"processors", i)
		v.Text(in+"type", each.Type).Required().
			OneOf("RecordDeAggregation", "Decompression", "CloudWatchLogProcessing", "Lambda", "MetadataExtraction", "AppendDelimiterToRecord")
		v.List(in+"parameters", each.Parameters == nil, len(elements(each.Parameters)), "").Sensitive().Lengths(0, maxParameters)
		for i, parameter := range elements(each.Parameters) {
			in := member(in+"parameters", i)
			v.Text(in+"parameterName", parameter.ParameterName).Required().OneOf("LambdaArn", "NumberOfRetries", "MetadataExtractionQuery", "JsonParsingEngine",
				"RoleArn", "BufferSizeInMBs", "BufferIntervalInSeconds", "SubRecordType", "Delimiter", "CompressionFormat", "DataMessageExtraction")
			v.Text(in+"parameterValue", parameter.ParameterValue).Required().Pattern(notBlank).Lengths(1, 5120)
		}
	}
}

// configure has a delivery stream do what the processors say, if they are enabled. Its
// prefix and partitioning are set already.
func (p *processingConfiguration) configure(h *Handler, cfg *firehose.Config) error {
	if p == nil || !isTrue(p.Enabled) {
		return nil
	}
	if n := len(elements(p.Processors)); n == 0 || n > maxProcessors {
		return invalidArgument("A maximum of %d and a minimum of 1 processor needs to be supplied when processing is enabled.", maxProcessors)
	}
	seen := map[string]bool{}
	for _, each := range elements(p.Processors) {
		kind := *each.Type
		if seen[kind] {
			return invalidArgument("Cannot have more than 1 %s processor.", kind)
		}
		seen[kind] = true
		values := map[string]string{}
		for _, parameter := range elements(each.Parameters) {
			values[*parameter.ParameterName] = *parameter.ParameterValue
		}
		var err error
		switch kind {
		case "Lambda":
			cfg.Transform, err = transform(h, values)
		case "MetadataExtraction":
			err = extract(cfg, values)
		case "AppendDelimiterToRecord":
			err = delimit(cfg, values)
		default:
			err = invalidArgument("leat has no processor of the type %s.", kind)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// elements returns a list, which may be absent.
func elements[T any](list *[]T) []T {
	if list == nil {
		return nil
	}
	return *list
}

// transform returns what a Lambda processor does.
func transform(h *Handler, values map[string]string) (*firehose.Transform, error) {
	arn, ok := values["LambdaArn"]
	if !ok {
		return nil, invalidArgument("LambdaArn is required when Lambda processor is used.")
	}
	t := &firehose.Transform{}
	if retries, ok := values["NumberOfRetries"]; ok {
		n, err := strconv.Atoi(retries)
		if err != nil || n < 0 || n > 300 {
			return nil, invalidArgument("Number of retries for lambda must be between 0 and 300.")
		}
		t.Retries = &n
	}
	size, sized := values["BufferSizeInMBs"]
	interval, timed := values["BufferIntervalInSeconds"]
	if sized != timed {
		return nil, invalidArgument("Both BufferSizeInMBs and BufferIntervalInSeconds are required to configure buffering for lambda processor.")
	}
	if sized {
		n, err := strconv.ParseFloat(size, 64)
		if err != nil || !(0.2 <= n && n <= 3) {
			return nil, invalidArgument("BufferSizeInMBs for lambda processor must be between 0.2 and 3.")
		}
		s, err := strconv.ParseUint(interval, 10, 16)
		if err != nil || s > 900 {
			return nil, invalidArgument("BufferIntervalInSeconds for lambda processor must be between 0 and 900.")
		}
		t.BufferSize, t.BufferInterval = int(math.Round(n*1_000_000)), new(time.Duration(s)*time.Second)
	}
	if functions := h.config.Functions; functions != nil {
		if t.Func, ok = functions(arn); ok && t.Func != nil {
			return t, nil
		}
	}
	return nil, invalidArgument("Lambda function %s is not found.", arn)
}

// extract sets what a MetadataExtraction processor does.
func extract(cfg *firehose.Config, values map[string]string) error {
	query, ok := values["MetadataExtractionQuery"]
	switch {
	case cfg.Partitioning == nil:
		return invalidArgument("class com.amazonaws.services.firehose.internal.model.MetadataExtractionProcessor can only be present when Dynamic Partitioning is enabled.")
	case values["JsonParsingEngine"] != "JQ-1.6":
		return invalidArgument("MetaDataExtraction JSON Parsing Engine has to be one of JQ-1.6")
	case !ok:
		return invalidArgument("MetadataExtractionQuery is required when MetadataExtraction processor is used.")
	}
	paths, err := parseQuery(query)
	if err != nil {
		return err
	}
	used := map[string]bool{}
	for _, found := range queryKey.FindAllStringSubmatch(cfg.Prefix, -1) {
		used[found[1]] = true
	}
	for name := range paths {
		if !used[name] {
			return invalidArgument("MetaDataExtraction JQ Query can't contain keys that are not present in the S3 Prefix expression")
		}
	}
	cfg.Partitioning.Paths = paths
	return nil
}

// queryKey is an expression of a prefix.
var queryKey = regexp.MustCompile(`!\{\s*partitionKeyFromQuery\s*:([^{}]+)\}`)

// delimit sets what an AppendDelimiterToRecord processor does. A delimiter other than
// a newline, which its parameter could be, is none that leat appends.
func delimit(cfg *firehose.Config, values map[string]string) error {
	if d, ok := values["Delimiter"]; ok && strings.ReplaceAll(d, `\n`, "\n") != "\n" {
		return invalidArgument("leat appends no other delimiter than \\n.")
	}
	cfg.AppendDelimiter = true
	return nil
}
