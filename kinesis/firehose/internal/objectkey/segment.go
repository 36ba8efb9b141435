package objectkey

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

type segmentKind uint8

const (
	kindLiteral segmentKind = iota
	kindTimestamp
	kindRandom
	kindErrorType
	kindQuery
	kindLambda
)

// A segment is an expression, or the text between two.
type segment struct {
	kind   segmentKind
	text   string  // the literal, or the partition key's name
	fields []field // of a timestamp
	source string  // what is between the braces
}

// segments takes a prefix apart. Expressions with faults are left out.
func (f *faults) segments(field, prefix string) []segment {
	var segments []segment
	rest := prefix
	for {
		literal, after, found := strings.Cut(rest, "!{")
		if literal != "" {
			segments = append(segments, segment{kind: kindLiteral, text: literal})
		}
		if !found {
			return segments
		}
		source, after, found := strings.Cut(after, "}")
		namespace, value, colon := strings.Cut(source, ":")
		if !found || !colon || strings.Contains(source, "!{") {
			f.invalid(field, textExpression, fmt.Sprintf("!{%.80s is not the beginning of !{namespace:value}", source))
			rest = after
			continue
		}
		if s, ok := f.expression(field, namespace, value); ok {
			s.source = source
			segments = append(segments, s)
		}
		rest = after
	}
}

func (f *faults) expression(field, namespace, value string) (s segment, ok bool) {
	detail := ""
	switch namespace {
	case "timestamp":
		s.kind = kindTimestamp
		s.fields, detail = parsePattern(value)
	case "firehose":
		switch value {
		case "error-output-type":
			s.kind = kindErrorType
		case "random-string":
			s.kind = kindRandom
		default:
			detail = fmt.Sprintf("firehose:%.80s is neither error-output-type nor random-string", value)
		}
	case "partitionKeyFromQuery", "partitionKeyFromLambda":
		s.kind, s.text = kindQuery, value
		if namespace == "partitionKeyFromLambda" {
			s.kind = kindLambda
		}
		if value == "" {
			detail = "a partition key has a name"
		}
	default:
		f.invalid(field, fmt.Sprintf(textNamespace, namespace), "")
		return s, false
	}
	if detail != "" {
		f.invalid(field, fmt.Sprintf(textConversion, field), detail)
	}
	return s, detail == ""
}

func (s *segment) isPartition() bool { return s.kind == kindQuery || s.kind == kindLambda }

func has(segments []segment, kind segmentKind) bool {
	return slices.ContainsFunc(segments, func(s segment) bool { return s.kind == kind })
}

// A size is a length in characters and in bytes.
type size struct{ chars, bytes int }

func (z *size) add(text string) {
	z.chars += utf8.RuneCountInString(text)
	z.bytes += len(text)
}

func (z *size) addBytes(n int) {
	z.chars += n
	z.bytes += n
}

// widest returns how long the segments are at most, without the values of partition
// keys, in the years 1 to 9999.
func widest(segments []segment) (z size) {
	for _, s := range segments {
		switch s.kind {
		case kindLiteral:
			z.add(s.text)
		case kindTimestamp:
			for _, f := range s.fields {
				if f.letter == 0 {
					z.add(f.literal)
				} else {
					z.addBytes(f.widest())
				}
			}
		case kindRandom:
			z.addBytes(randomChars)
		case kindErrorType:
			z.addBytes(maxErrorType)
		}
	}
	return z
}

// clean tells whether s is UTF-8 without control characters.
func clean(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			return false
		}
	}
	return utf8.ValidString(s)
}
