package snshttp

import (
	"strings"

	"github.com/leat-go/leat/sns"
)

// attributeValue is a message attribute on the wire.
type attributeValue struct {
	DataType    *string
	StringValue *string
	BinaryValue *[]byte
}

// attributesOf returns message attributes as the engine takes them. Here they are
// checked for what the engine can not see: which of the fields have been sent.
func attributesOf(path string, values map[string]attributeValue) (map[string]sns.Attribute, error) {
	if len(values) == 0 {
		return nil, nil
	}
	attributes := make(map[string]sns.Attribute, len(values))
	for name, v := range values {
		if v.DataType == nil {
			return nil, validation(null(path + "messageAttributes." + name + ".member.dataType"))
		}
		a := sns.Attribute{DataType: *v.DataType}
		switch kind, _, _ := strings.Cut(a.DataType, "."); {
		case kind == "Binary" && v.BinaryValue == nil && v.StringValue != nil:
			return nil, wrongField(name, a.DataType, "Binary")
		case (kind == "String" || kind == "Number") && v.StringValue == nil && v.BinaryValue != nil:
			return nil, wrongField(name, a.DataType, "String")
		case kind == "Binary" && v.BinaryValue != nil:
			a.Value = string(*v.BinaryValue)
		case v.StringValue != nil:
			a.Value = *v.StringValue
		}
		attributes[name] = a
	}
	return attributes, nil
}

func wrongField(name, dataType, field string) error {
	return badValue("The message attribute '%s' with type '%s' must use field '%s'.", name, dataType, field)
}
