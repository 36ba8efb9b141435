package awsquery_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/awsquery"
)

// flat is in the style of SQS, deep in that of SNS.
type flat struct {
	QueueURL   string `json:"QueueUrl"`
	Delay      *int32
	Big        int64
	Raw        *bool
	Blob       []byte
	Names      []string         `query:"AttributeName,flat"`
	Attributes map[string]value `query:"MessageAttribute,flat,key=Name,value=Value"`
	Entries    []entry          `query:"BatchEntry,flat"`
}

type deep struct {
	Keys       []string `query:"TagKeys"`
	Attributes map[string]string
	Messages   map[string]value `query:"MessageAttributes,key=Name,value=Value"`
	Entries    []entry          `query:"PublishBatchRequestEntries"`
	One        *entry
	Two        entry
	hidden     string
}

type entry struct {
	ID         string           `json:"Id"`
	Attributes map[string]value `query:"MessageAttribute,flat,key=Name,value=Value"`
}

type value struct {
	Type   string `query:"DataType"`
	Text   string `query:"StringValue"`
	Binary []byte `query:"BinaryValue"`
}

func TestDecodeFlat(t *testing.T) {
	for query, want := range map[string]flat{
		"":                                    {},
		"Other=1&names.1=a&QueueURL=x":        {},
		"QueueUrl=a%26b+c&QueueUrl=d":         {QueueURL: "a&b c"},
		"Delay=0&Big=-9007199254740993":       {Delay: new(int32(0)), Big: -9007199254740993},
		"Raw=false&Blob=AAEC/w==":             {Raw: new(false), Blob: []byte{0, 1, 2, 255}},
		"AttributeName.1=a&AttributeName.2=b": {Names: []string{"a", "b"}},
		"AttributeName=All":                   {Names: []string{"All"}},
		"AttributeName.10=c&AttributeName.9=b&AttributeName.3=a": {Names: []string{"a", "b", "c"}},
		"MessageAttribute.1.Name=n&MessageAttribute.1.Value.DataType=String&MessageAttribute.1.Value.StringValue=s&MessageAttribute.2.Name=b&MessageAttribute.2.Value.BinaryValue=YQ==": {
			Attributes: map[string]value{"n": {Type: "String", Text: "s"}, "b": {Binary: []byte("a")}},
		},
		"MessageAttribute.1.Value.StringValue=s": {Attributes: map[string]value{"": {Text: "s"}}},
		"BatchEntry.2.Id=b&BatchEntry.1.Id=a&BatchEntry.1.MessageAttribute.1.Name=n": {
			Entries: []entry{{ID: "a", Attributes: map[string]value{"n": {}}}, {ID: "b"}},
		},
		"BatchEntry.1=a": {Entries: []entry{{}}},
	} {
		t.Run(query, func(t *testing.T) {
			var got flat
			require.NoError(t, awsquery.Decode(parse(t, query), &got))
			require.Equal(t, want, got)
		})
	}
}

func TestDecodeDeep(t *testing.T) {
	for query, want := range map[string]deep{
		"TagKeys.member.1=a&TagKeys.member.2=b&TagKeys=c&TagKeys.3=d":            {Keys: []string{"a", "b"}},
		"Attributes.entry.1.key=k&Attributes.entry.1.value=v&Attributes.1.key=x": {Attributes: map[string]string{"k": "v"}},
		"MessageAttributes.entry.1.Name=n&MessageAttributes.entry.1.Value.DataType=Number": {
			Messages: map[string]value{"n": {Type: "Number"}},
		},
		"PublishBatchRequestEntries.member.1.Id=a&PublishBatchRequestEntries.member.1.MessageAttribute.7.Name=n": {
			Entries: []entry{{ID: "a", Attributes: map[string]value{"n": {}}}},
		},
		"One.Id=a&Two.Id=b&hidden=c": {One: &entry{ID: "a"}, Two: entry{ID: "b"}},
	} {
		t.Run(query, func(t *testing.T) {
			got := deep{hidden: "kept"}
			want.hidden = "kept"
			require.NoError(t, awsquery.Decode(parse(t, query), &got))
			require.Equal(t, want, got)
		})
	}
}

func TestDecodeOfTheWrongType(t *testing.T) {
	for query, want := range map[string]awsquery.Error{
		"Delay=":                                {Parameter: "Delay", Message: "STRING_VALUE can not be converted to an Integer"},
		"Delay=1.5":                             {Parameter: "Delay", Message: "STRING_VALUE can not be converted to an Integer"},
		"Delay=2147483648":                      {Parameter: "Delay", Message: "STRING_VALUE can not be converted to an Integer"},
		"Big=x":                                 {Parameter: "Big", Message: "STRING_VALUE can not be converted to a Long"},
		"Raw=TRUE":                              {Parameter: "Raw", Message: "STRING_VALUE can not be converted to a Boolean"},
		"Blob=%25":                              {Parameter: "Blob", Message: "Invalid Base64 value"},
		"AttributeName.0=a":                     {Parameter: "AttributeName.0", Message: "0 is not a valid index"},
		"AttributeName.01=a":                    {Parameter: "AttributeName.01", Message: "01 is not a valid index"},
		"AttributeName.9999999999999=a":         {Parameter: "AttributeName.9999999999999", Message: "9999999999999 is not a valid index"},
		"AttributeName.x=a":                     {Parameter: "AttributeName.x", Message: "Start of list found where not expected"},
		"AttributeName.=a":                      {Parameter: "AttributeName.", Message: "Start of list found where not expected"},
		"AttributeName.%2b1=a":                  {Parameter: "AttributeName.+1", Message: "Start of list found where not expected"},
		"AttributeName.1=a&AttributeName.1-2=b": {Parameter: "AttributeName.1-2", Message: "Start of list found where not expected"},
		"MessageAttribute.Name=a":               {Parameter: "MessageAttribute.Name", Message: "Start of list found where not expected"},
		"BatchEntry.1.MessageAttribute.1.Value.BinaryValue=*": {Parameter: "BatchEntry.1.MessageAttribute.1.Value.BinaryValue", Message: "Invalid Base64 value"},
	} {
		t.Run(query, func(t *testing.T) {
			var got flat
			var err *awsquery.Error
			require.ErrorAs(t, awsquery.Decode(parse(t, query), &got), &err)
			require.Equal(t, want, *err)
		})
	}
}

func TestATypeThatHasNoPlaceInAQuery(t *testing.T) {
	require.Panics(t, func() { _ = awsquery.Decode(nil, &struct{ F float32 }{}) })
}

func parse(t *testing.T, query string) url.Values {
	t.Helper()
	params, err := url.ParseQuery(query)
	require.NoError(t, err)
	return params
}
