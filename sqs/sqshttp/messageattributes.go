package sqshttp

import (
	"strings"

	"github.com/leat-go/leat/sqs"
)

// attributeValue is a message attribute on the wire. The lists are reserved; nobody
// may use them.
type attributeValue struct {
	StringValue      string
	BinaryValue      []byte
	StringListValues []string `query:"StringListValue,flat"`
	BinaryListValues [][]byte `query:"BinaryListValue,flat"`
	DataType         string
}

func (v *attributeValue) attribute() sqs.Attribute {
	a := sqs.Attribute{DataType: v.DataType, Value: v.StringValue}
	if isBinary(v.DataType) {
		a.Value = string(v.BinaryValue)
	}
	return a
}

func valueOf(a sqs.Attribute) attributeValue {
	if isBinary(a.DataType) {
		return attributeValue{DataType: a.DataType, BinaryValue: []byte(a.Value)}
	}
	return attributeValue{DataType: a.DataType, StringValue: a.Value}
}

// isBinary tells whether a data type is Binary, with a label or without.
func isBinary(dataType string) bool {
	kind, _, _ := strings.Cut(dataType, ".")
	return kind == "Binary"
}

func attributesOf(values map[string]attributeValue) (map[string]sqs.Attribute, error) {
	if len(values) == 0 {
		return nil, nil
	}
	attributes := make(map[string]sqs.Attribute, len(values))
	for name, v := range values {
		if v.StringListValues != nil || v.BinaryListValues != nil {
			return nil, newError("UnsupportedOperation", "Message attribute list values in SendMessage operation are not supported.")
		}
		attributes[name] = v.attribute()
	}
	return attributes, nil
}

const traceHeader = "AWSTraceHeader"

// traceHeaderOf returns the only system attribute that a sender may set.
func traceHeaderOf(values map[string]attributeValue) (string, error) {
	for name, v := range values {
		switch {
		case name != traceHeader:
			return "", invalidValue("Message (system) attribute name '%s' is invalid. The only supported name is %s.", name, traceHeader)
		case v.DataType != "String":
			return "", invalidValue("The type of message (system) attribute '%s' is invalid. You must use only the following supported type prefixes: String.", name)
		case v.StringValue == "":
			return "", invalidValue("Message (system) attribute '%s' must contain a non-empty value of type 'String'.", name)
		}
	}
	return values[traceHeader].StringValue, nil
}
