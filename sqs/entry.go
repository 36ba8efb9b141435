package sqs

import (
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	maxAttributes = 10
	maxNameLength = 256 // of an attribute, and of its type
	maxFIFOID     = 128
)

// Size returns the bytes of the message that count towards a queue's
// MaximumMessageSize, and towards AWS's limit for a batch: those of the body and of
// the names, types and values of the attributes.
func (e *Entry) Size() int {
	size := len(e.Body)
	if len(e.Attributes) > 0 {
		for name, a := range e.Attributes {
			size += len(name) + len(a.DataType) + len(a.Value)
		}
	}
	return size
}

// check returns what is wrong with an entry, nil for nothing.
func check(cfg *Config, e *Entry) *Error {
	switch size := e.Size(); {
	case e.Body == "":
		return missing("MessageBody")
	case size > cfg.MaximumMessageSize:
		return invalid("One or more parameters are invalid. Reason: Message must be shorter than %d bytes.", cfg.MaximumMessageSize)
	case !allowedText(e.Body):
		return &Error{Err: ErrInvalidMessageContents, Message: "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF."}
	case len(e.Attributes) > maxAttributes:
		return invalid("Number of message attributes [%d] exceeds the allowed maximum [%d].", len(e.Attributes), maxAttributes)
	}
	if len(e.Attributes) > 0 {
		for name, a := range e.Attributes {
			if err := checkAttribute(name, a); err != nil {
				return err
			}
		}
	}
	if e.Delay != nil && (*e.Delay < 0 || *e.Delay > maxDelay) {
		return invalid("Value %s for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.", seconds(*e.Delay))
	}
	if e.GroupID != "" && !isFIFOID(e.GroupID) {
		return badFIFOID("MessageGroupId", e.GroupID)
	}
	if e.DeduplicationID != "" && !isFIFOID(e.DeduplicationID) {
		return badFIFOID("MessageDeduplicationId", e.DeduplicationID)
	}
	switch {
	case !cfg.FIFO && e.DeduplicationID != "":
		return wrongQueueType("MessageDeduplicationId", e.DeduplicationID)
	case cfg.FIFO && e.Delay != nil && *e.Delay != 0:
		return wrongQueueType("DelaySeconds", seconds(*e.Delay))
	case cfg.FIFO && e.GroupID == "":
		return missing("MessageGroupId")
	case cfg.FIFO && e.DeduplicationID == "" && !cfg.ContentBasedDeduplication:
		return invalid("The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly")
	}
	return nil
}

func checkAttribute(name string, a Attribute) *Error {
	lower := strings.ToLower(name)
	kind, _, _ := strings.Cut(a.DataType, ".")
	switch {
	case name == "":
		return missing("MessageAttributeName")
	case len(name) > maxNameLength:
		return invalid("Message (user) attribute names must be shorter than 256 Bytes")
	case strings.Trim(lower, "abcdefghijklmnopqrstuvwxyz0123456789_-.") != "":
		return invalid("Message (user) attributes name can only contain upper and lower score characters, digits, periods, hyphens and underscores. ")
	case strings.HasPrefix(lower, "aws.") || strings.HasPrefix(lower, "amazon.") || strings.HasPrefix(name, ".") || strings.HasSuffix(name, "."):
		return invalid("You can't use message attribute names beginning with 'AWS.' or 'Amazon.'. These strings are reserved for internal use. Additionally, they cannot start or end with '.'.")
	case strings.Contains(name, ".."):
		return invalid("Message (user) attribute name can not have successive '.' characters.")
	case a.DataType == "":
		return invalid("The message attribute '%s' must contain a non-empty message attribute type.", name)
	case len(a.DataType) > maxNameLength:
		return invalid("Message (user) attribute types must be shorter than 256 Bytes")
	case kind != "String" && kind != "Number" && kind != "Binary":
		return invalid("The type of message (user) attribute '%s' is invalid. You must use only the following supported type prefixes: Binary, Number, String.", name)
	case a.Value == "":
		return invalid("Message (user) attribute '%s' must contain a non-empty value of type '%s'.", name, kind)
	case kind != "Binary" && !allowedText(a.Value):
		return invalid("Invalid characters found in the value of message (user) attribute '%s'.", name)
	case kind == "Number" && !isNumber(a.Value):
		return invalid("Can't cast the value of message (user) attribute '%s' to a number.", name)
	}
	return nil
}

// isNumber tells whether s is a decimal number, as SQS wants a Number to be.
func isNumber(s string) bool {
	if strings.Trim(s, "0123456789+-.eE") != "" {
		return false
	}
	_, err := strconv.ParseFloat(s, 64)
	return err == nil || errors.Is(err, strconv.ErrRange)
}

// isFIFOID tells whether s is 1 to 128 letters, digits and punctuation
// characters of ASCII.
func isFIFOID(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return 0 < len(s) && len(s) <= maxFIFOID
}

// allowedText tells whether s is valid UTF-8 made of the characters that SQS
// allows: #x9 #xA #xD #x20–#xD7FF #xE000–#xFFFD #x10000–#x10FFFF.
func allowedText(s string) bool {
	// Nearly all text is printable ASCII, and goes 64 bytes at a time: a byte
	// below ' ' borrows into its top bit, one above '~' has it set.
	const spaces, tops = 0x2020202020202020, 0x8080808080808080
	for len(s) >= 64 {
		w0, w1, w2, w3 := word(s), word(s[8:]), word(s[16:]), word(s[24:])
		seen := w0 | w1 | w2 | w3 | (w0 - spaces) | (w1 - spaces) | (w2 - spaces) | (w3 - spaces)
		w0, w1, w2, w3 = word(s[32:]), word(s[40:]), word(s[48:]), word(s[56:])
		seen |= w0 | w1 | w2 | w3 | (w0 - spaces) | (w1 - spaces) | (w2 - spaces) | (w3 - spaces)
		if seen&tops != 0 {
			break
		}
		s = s[64:]
	}
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if c < ' ' && c != '\t' && c != '\n' && c != '\r' {
				return false
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 || r == 0xFFFE || r == 0xFFFF {
			return false
		}
		i += size
	}
	return true
}

// word reads eight bytes; the compiler makes one load of it.
func word(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// seconds writes a duration as AWS's texts do: "30", or "0.25".
func seconds(d time.Duration) string {
	return strconv.FormatFloat(d.Seconds(), 'f', -1, 64)
}

func missing(parameter string) *Error {
	return &Error{Err: ErrMissingParameter, Message: "The request must contain the parameter " + parameter + "."}
}

func badFIFOID(parameter, value string) *Error {
	return invalid("Value %s for parameter %s is invalid. Reason: %[2]s can only include alphanumeric and punctuation characters. 1 to 128 in length.", value, parameter)
}

func wrongQueueType(parameter, value string) *Error {
	return invalid("Value %s for parameter %s is invalid. Reason: The request include parameter that is not valid for this queue type.", value, parameter)
}
