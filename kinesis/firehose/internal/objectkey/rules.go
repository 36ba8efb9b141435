package objectkey

import (
	"fmt"
	"slices"
	"strings"
)

// placement checks which expressions are where. ("Semantic rules" in the guide.) What
// can only follow from another fault of a prefix is not reported.
func (f *faults) placement(c Config, prefix, failures []segment, prefixOK, failuresOK bool) {
	if has(prefix, kindErrorType) {
		f.invalid("Prefix", textErrorType, "")
	}
	partitioned := has(prefix, kindQuery) || has(prefix, kindLambda)
	switch {
	case partitioned && !c.DynamicPartitioning:
		f.invalid("Prefix", textNotPartitioned, "")
	case !partitioned && c.DynamicPartitioning && prefixOK:
		f.invalid("Prefix", textNoPartition, "")
	}
	if has(failures, kindQuery) || has(failures, kindLambda) {
		f.invalid("ErrorOutputPrefix", textErrorPartition, "")
	}
	inPrefix, inFailures := strings.Contains(c.Prefix, "!{"), strings.Contains(c.ErrorOutputPrefix, "!{")
	switch {
	case inPrefix && c.ErrorOutputPrefix == "":
		f.invalid("ErrorOutputPrefix", textNoErrorPrefix, "")
	case inFailures && failuresOK && !has(failures, kindErrorType):
		f.invalid("ErrorOutputPrefix", textNoErrorType, "")
	}
}

var hourFields, _ = parsePattern("yyyy/MM/dd/HH/")

// complete adds to the prefixes what they have by default.
func (t *Template) complete(prefix, failures []segment) {
	hour := segment{kind: kindTimestamp, fields: hourFields, source: "timestamp:yyyy/MM/dd/HH/"}
	if failures == nil {
		failures = slices.Clone(prefix)
	}
	if !slices.ContainsFunc(failures, func(s segment) bool { return s.kind != kindLiteral }) {
		failures = append(failures,
			segment{kind: kindErrorType, source: "firehose:error-output-type"},
			segment{kind: kindLiteral, text: "/"},
			hour)
	}
	if !has(prefix, kindTimestamp) {
		prefix = append(prefix, hour)
	}
	t.prefix, t.failures = prefix, failures
}

// lengths checks that there is room for everything but the values of partition keys,
// of which each takes a byte at least.
func (f *faults) lengths(t *Template) {
	t.prefixSize = widest(t.prefix)
	z := t.prefixSize
	for _, s := range t.prefix {
		if s.isPartition() {
			z.addBytes(1)
		}
	}
	f.length(t, "Prefix", "prefix", z)
	f.length(t, "ErrorOutputPrefix", "ErrorOutputPrefix", widest(t.failures))
}

func (f *faults) length(t *Template, field, name string, z size) {
	switch {
	case z.chars > maxPrefix:
		f.invalid(field, fmt.Sprintf(textLength, name), "")
	case t.suffixBytes()+z.bytes > maxKey:
		f.invalid(field, fmt.Sprintf("keys with this %s have more than %d bytes", field, maxKey), "")
	}
}

// suffixBytes returns the length of what comes after the prefix; names that are refused
// for their length count as if they had the longest.
func (t *Template) suffixBytes() int {
	const version, times, uuid = 19, len("-2006-01-02-15-04-05-"), 36
	return min(len(t.name), maxStream+version+1) + times + uuid + min(len(t.extension), maxExtension)
}
