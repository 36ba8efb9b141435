package awsquery_test

import (
	"encoding/xml"
	"io"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/awsquery"
)

var protocol = awsquery.Protocol{Namespace: "http://queue.amazonaws.com/doc/2012-11-05/", Detail: true}

const (
	open  = `<?xml version="1.0"?><DoItResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/">`
	close = `<ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></DoItResponse>`
)

func TestAppendResponse(t *testing.T) {
	for name, c := range map[string]struct {
		result any
		want   string
	}{
		"no result":       {nil, ``},
		"an empty result": {flat{}, `<DoItResult/>`},
		"flat": {
			&flat{
				QueueURL: "http://a/b?c&d", Delay: new(int32(0)), Big: -1, Raw: new(true), Blob: []byte("a"), Names: []string{"x", "y"},
				Attributes: map[string]value{"b": {Text: "2"}, "a": {Type: "String"}},
				Entries:    []entry{{ID: "e"}, {}},
			},
			`<DoItResult><QueueUrl>http://a/b?c&amp;d</QueueUrl><Delay>0</Delay><Big>-1</Big><Raw>true</Raw><Blob>YQ==</Blob>` +
				`<AttributeName>x</AttributeName><AttributeName>y</AttributeName>` +
				`<MessageAttribute><Name>a</Name><Value><DataType>String</DataType></Value></MessageAttribute>` +
				`<MessageAttribute><Name>b</Name><Value><StringValue>2</StringValue></Value></MessageAttribute>` +
				`<BatchEntry><Id>e</Id></BatchEntry><BatchEntry></BatchEntry></DoItResult>`,
		},
		"deep": {
			deep{Keys: []string{"k"}, Attributes: map[string]string{"a": "b"}, Entries: []entry{{ID: "e"}}, One: &entry{}},
			`<DoItResult><TagKeys><member>k</member></TagKeys><Attributes><entry><key>a</key><value>b</value></entry></Attributes>` +
				`<PublishBatchRequestEntries><member><Id>e</Id></member></PublishBatchRequestEntries><One></One><Two></Two></DoItResult>`,
		},
		"pointers in a list": {struct{ L []*entry }{[]*entry{nil, {ID: "a"}}}, `<DoItResult><L><member><Id>a</Id></member></L></DoItResult>`},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, open+c.want+close, string(protocol.AppendResponse(nil, "DoIt", c.result, "id")))
		})
	}
}

func TestAppendError(t *testing.T) {
	require.Equal(t,
		`<?xml version="1.0"?><ErrorResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><Error><Type>Sender</Type><Code>C</Code>`+
			`<Message>a &lt; b</Message><Detail/></Error><RequestId>id</RequestId></ErrorResponse>`,
		string(protocol.AppendError(nil, "Sender", "C", "a < b", "id")))
	require.Equal(t,
		`<?xml version="1.0"?><ErrorResponse xmlns="n"><Error><Type>Receiver</Type><Code>C</Code><Message></Message></Error><RequestId>id</RequestId></ErrorResponse>`,
		string(awsquery.Protocol{Namespace: "n"}.AppendError(nil, "Receiver", "C", "", "id")))
}

func TestTextSurvivesXML(t *testing.T) {
	for text, want := range map[string]string{
		"a <b> & \"c\" 'd'\t\n\r\r\n": "a <b> & \"c\" 'd'\t\n\r\r\n",
		"é€😀\ud7ff\ue000\ufffd":       "é€😀\ud7ff\ue000\ufffd",
		"\x00\x1f\x7f":                "\uFFFD\uFFFD\x7f",
		"\ufffe\uffff!":               "\uFFFD\uFFFD!",
		"a\xffb\xe2\x82":              "a\uFFFDb\uFFFD\uFFFD",
	} {
		var read struct{ Error struct{ Message string } }
		require.NoError(t, xml.Unmarshal(protocol.AppendError(nil, "Sender", "C", text, "id"), &read))
		require.Equal(t, want, read.Error.Message)
	}
}

// FuzzCodec decodes whatever parameters there are and checks that what came of them
// is written as XML that an XML parser reads to its end.
func FuzzCodec(f *testing.F) {
	f.Add("QueueUrl=a&Delay=1&AttributeName.1=x&MessageAttribute.1.Name=n&MessageAttribute.1.Value.StringValue=%00%ff")
	f.Add("BatchEntry.1.Id=a&BatchEntry.1.MessageAttribute.2.Name=n&BatchEntry.3.Id=b")
	f.Add("TagKeys.member.1=a&Attributes.entry.1.key=k&Attributes.entry.1.value=v&One.Id=%ef%bf%bf")
	f.Add("AttributeName.0=a&BatchEntry.=b&..=c")
	f.Fuzz(func(t *testing.T, query string) {
		params, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		var a flat
		var b deep
		for _, dst := range []any{&a, &b} {
			if err := awsquery.Decode(params, dst); err != nil {
				var e *awsquery.Error
				require.ErrorAs(t, err, &e)
				require.NotEmpty(t, e.Message)
				continue
			}
			written := protocol.AppendResponse(nil, "DoIt", dst, "id")
			for parser := xml.NewDecoder(strings.NewReader(string(written))); ; {
				if _, err := parser.Token(); err == io.EOF {
					break
				} else {
					require.NoError(t, err, "%s", written)
				}
			}
		}
	})
}
