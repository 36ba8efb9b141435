package sqs

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/leat-go/leat/internal/syntax"
)

const (
	maxAttributes = 10
	maxNameLength = 256 // of an attribute, and of its type
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
	case !syntax.AllowedText(e.Body):
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
	if e.GroupID != "" && !syntax.IsFIFOID(e.GroupID) {
		return badFIFOID("MessageGroupId", e.GroupID)
	}
	if e.DeduplicationID != "" && !syntax.IsFIFOID(e.DeduplicationID) {
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
	case kind != "Binary" && !syntax.AllowedText(a.Value):
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
