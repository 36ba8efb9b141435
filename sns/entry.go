package sns

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/leat-go/leat/internal/syntax"
)

const (
	defaultMessageSize = 262_144 // bytes, attributes included
	maxSubject         = 100     // characters, which a subject must stay below
	maxNameLength      = 256     // of an attribute
)

// Size returns the bytes of the message that count towards a topic's
// MaximumMessageSize, which is AWS's limit for a batch, too: those of the message and of the names, types and values of the
// attributes.
func (e *Entry) Size() int {
	size := len(e.Message)
	for name, a := range e.Attributes {
		size += len(name) + len(a.DataType) + len(a.Value)
	}
	return size
}

// checkMessage returns what is wrong with a message of at most limit bytes, nil for
// nothing, and the texts of its structure if it has one. own is the key under which
// that may have the text for the only reader, empty if there may be others.
func checkMessage(e *Entry, limit int, own Protocol) (texts map[Protocol]string, err *Error) {
	switch {
	case e.Message == "":
		return nil, invalid("Empty message")
	case e.Size() > limit:
		return nil, invalid("Message too long")
	case !syntax.AllowedText(e.Message):
		return nil, invalid("Message Reason: Invalid characters found")
	case e.Subject != "" && !isSubject(e.Subject):
		return nil, invalid("Subject")
	case e.MessageStructure != "" && e.MessageStructure != "json":
		return nil, invalid("MessageStructure")
	}
	if len(e.Attributes) > 0 {
		for name, a := range e.Attributes {
			if err := checkAttribute(name, a); err != nil {
				return nil, err
			}
		}
	}
	if e.MessageStructure == "json" {
		return structure(e.Message, own)
	}
	return nil, nil
}

// checkFor is checkMessage for a message to a topic.
func checkFor(cfg *Config, e *Entry) (texts map[Protocol]string, err *Error) {
	texts, err = checkMessage(e, cfg.maxMessageSize(), "")
	switch {
	case err != nil:
		return nil, err
	case e.GroupID == "" && cfg.FIFO:
		return nil, invalid("The MessageGroupId parameter is required for FIFO topics")
	case e.GroupID != "" && !syntax.IsFIFOID(e.GroupID):
		return nil, invalid("MessageGroupId Reason: MessageGroupId must be 1 to 128 alphanumeric and punctuation characters")
	case e.DeduplicationID != "" && !cfg.FIFO:
		return nil, invalid("MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type")
	case e.DeduplicationID != "" && !syntax.IsFIFOID(e.DeduplicationID):
		return nil, invalid("MessageDeduplicationId Reason: MessageDeduplicationId must be 1 to 128 alphanumeric and punctuation characters")
	case e.DeduplicationID == "" && cfg.FIFO && !cfg.ContentBasedDeduplication:
		return nil, invalid("The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly")
	}
	return texts, nil
}

// isSubject tells whether s may be a subject: fewer than 100 characters, none of
// which breaks the line or controls anything. (Publish.)
func isSubject(s string) bool {
	n := 0
	for _, r := range s {
		if r < ' ' || r == 0x7f || r == '\u2028' || r == '\u2029' || r == '\u0085' {
			return false
		}
		n++
	}
	return n < maxSubject && syntax.AllowedText(s)
}

func checkAttribute(name string, a Attribute) *Error {
	kind, label, labelled := strings.Cut(a.DataType, ".")
	switch odd := strings.IndexFunc(name, isOdd); {
	case name == "":
		return badAttribute("The message attribute name must not be empty.")
	case len(name) > maxNameLength:
		return badAttribute("Length of message attribute name must be less than 256 bytes.")
	case odd >= 0:
		return badAttribute(fmt.Sprintf("Invalid non-alphanumeric character '#x%X' was found in the message attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots.", []rune(name[odd:])[0]))
	case strings.HasPrefix(name, "."):
		return badAttribute("Invalid message attribute name starting with character '.' was found.")
	case strings.HasSuffix(name, "."):
		return badAttribute("Invalid message attribute name ending with character '.' was found.")
	case strings.Contains(name, ".."):
		return badAttribute("Message attribute name can not have successive '.' character.")
	case kind != "String" && kind != "Number" && kind != "Binary", labelled && label == "":
		return badAttribute("The message attribute '" + name + "' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.")
	case a.Value == "":
		return badAttribute("The message attribute '" + name + "' must contain non-empty message attribute value for message attribute type '" + a.DataType + "'.")
	case kind != "Binary" && !syntax.AllowedText(a.Value):
		return badAttribute("Invalid characters found in the value of message attribute '" + name + "'.")
	case kind == "Number" && !isNumber(a.Value):
		return badAttribute("Could not cast message attribute '" + name + "' value to number.")
	}
	return nil
}

// isOdd tells whether r may not be in the name of an attribute.
func isOdd(r rune) bool {
	return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_' || r == '-' || r == '.')
}

func badAttribute(text string) *Error {
	return &Error{Err: ErrInvalidParameterValue, Message: text}
}

func isNumber(s string) bool {
	if strings.Trim(s, "0123456789+-.eE") != "" {
		return false
	}
	_, err := strconv.ParseFloat(s, 64)
	return err == nil
}

// structure takes a message with MessageStructure "json" apart. Values that are no
// strings do not count, nor do empty ones but for the default, which must be there
// unless own is. (Publish.)
func structure(message string, own Protocol) (map[Protocol]string, *Error) {
	var values map[string]any
	if json.Unmarshal([]byte(message), &values) != nil || values == nil {
		return nil, invalid("Message Structure - JSON message body failed to parse")
	}
	texts := make(map[Protocol]string, len(values))
	for key, value := range values {
		text, ok := value.(string)
		switch {
		case !ok || text == "" && key != "default":
		case text == "":
			return nil, invalid("Empty message")
		case !syntax.AllowedText(text):
			return nil, invalid("Message Reason: Invalid characters found")
		default:
			texts[Protocol(key)] = text
		}
	}
	_, both := texts["default"]
	if _, alone := texts[own]; !both && !alone {
		return nil, invalid("Message Structure - No default entry in JSON message body")
	}
	return texts, nil
}
