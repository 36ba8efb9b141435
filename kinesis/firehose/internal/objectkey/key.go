package objectkey

import (
	"time"
	"unicode/utf8"

	"github.com/leat-go/leat/internal/uid"
)

// KeyInput is what the key of one object depends on.
type KeyInput struct {
	// Time is when the oldest record of the object arrived.
	Time time.Time
	// Query and Lambda have the partition keys of the object's records, by name. Others
	// than those the prefix names may be there.
	Query, Lambda map[string]string
	// Random returns 64 random bits: once for each random string, twice for the key's
	// UUID. Nil draws bits that nobody can guess.
	Random func() uint64
}

// ErrorType says why records failed. It has at most 30 bytes.
type ErrorType string

// The types that are known. ("Understand custom prefixes for Amazon S3 objects"; the
// last is from "Dynamic partitioning quotas".)
const (
	ProcessingFailed        ErrorType = "processing-failed"
	FormatConversionFailed  ErrorType = "format-conversion-failed"
	HTTPEndpointFailed      ErrorType = "http-endpoint-failed"
	SplunkFailed            ErrorType = "splunk-failed"
	OpenSearchFailed        ErrorType = "AmazonOpenSearchService-failed"
	ActivePartitionExceeded ErrorType = "activePartitionExceeded"
)

const maxErrorType = len(OpenSearchFailed)

// Key returns the key of an object with delivered records. The error is a [*KeyError];
// there is none if [Template.Partition] had none for the same partition keys and the
// year is 1 to 9999. Values are taken as they are, also those with slashes and "..": a
// sink that means its directory to be left by no key sees to that.
func (t *Template) Key(k KeyInput) (string, error) { return t.key(t.prefix, "", k) }

// ErrorKey returns the key of an object with records that failed. It needs no partition
// keys. The error is a [*KeyError], and nil in the years 1 to 9999 unless there is
// something wrong with the type.
func (t *Template) ErrorKey(why ErrorType, k KeyInput) (string, error) {
	const part = "firehose:error-output-type"
	switch {
	case why == "":
		return "", &KeyError{Part: part, Err: ErrNoErrorType}
	case len(why) > maxErrorType:
		return "", &KeyError{Part: part, Err: ErrTooLong}
	case !clean(string(why)):
		return "", &KeyError{Part: part, Err: ErrCharacter}
	}
	return t.key(t.failures, why, k)
}

func (t *Template) key(prefix []segment, why ErrorType, k KeyInput) (string, error) {
	if k.Random == nil {
		k.Random = uid.Random
	}
	var array [maxKey]byte
	dst := array[:0]
	m := newMoment(k.Time, t.zone)
	for i := range prefix {
		s := &prefix[i]
		switch s.kind {
		case kindLiteral:
			dst = append(dst, s.text...)
		case kindTimestamp:
			for _, f := range s.fields {
				dst = m.appendField(dst, f)
			}
		case kindRandom:
			dst = appendRandom(dst, k.Random())
		case kindErrorType:
			dst = append(dst, why...)
		default:
			value, err := k.value(s)
			if err != nil {
				return "", err
			}
			dst = append(dst, value...)
		}
	}
	if len(dst) > maxPrefix && utf8.RuneCount(dst) > maxPrefix {
		return "", &KeyError{Err: ErrTooLong}
	}
	dst = m.appendSuffix(append(dst, t.name...))
	high, low := k.Random(), k.Random()
	id := uid.ID{High: high&^0xf000 | 0x4000, Low: low&^(3<<62) | 2<<62} // version 4 of RFC 9562
	dst = append(id.Append(append(dst, '-')), t.extension...)
	if len(dst) > maxKey {
		return "", &KeyError{Err: ErrTooLong}
	}
	return string(dst), nil
}

func appendRandom(dst []byte, bits uint64) []byte {
	for range randomChars {
		dst = append(dst, "0123456789abcdef"[bits&15])
		bits >>= 4
	}
	return dst
}

// value returns the value of a partition key.
func (k *KeyInput) value(s *segment) (string, error) {
	keys := k.Query
	if s.kind == kindLambda {
		keys = k.Lambda
	}
	value := keys[s.text]
	switch {
	case value == "":
		return "", &KeyError{Part: s.source, Err: ErrNoPartitionKey}
	case !clean(value):
		return "", &KeyError{Part: s.source, Err: ErrCharacter}
	}
	return value, nil
}
