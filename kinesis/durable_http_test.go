package kinesis_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/kinesishttp"
)

// A client is told that the service failed, which it tries again, when its storage does.
func TestDurableOverHTTP(t *testing.T) {
	files := kinesis.NewMemFiles(1)
	s := mustOpen(t, files, durable.Options{})
	_, err := s.CreateStream("orders", kinesis.Config{})
	require.NoError(t, err)
	handler := kinesishttp.NewHandler(s, kinesishttp.Config{})
	call := func(op, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("POST", "/", strings.NewReader(body))
		r.Header.Set("X-Amz-Target", "Kinesis_20131202."+op)
		r.Header.Set("Content-Type", "application/x-amz-json-1.1")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w
	}
	for _, full := range []bool{true, false} {
		if files.SetSpace(-1); full {
			files.SetSpace(0)
		}
		for op, body := range map[string]string{
			"PutRecords":      `{"StreamName":"orders","Records":[{"PartitionKey":"a","Data":"YQ=="}]}`,
			"PutRecord":       `{"StreamName":"orders","PartitionKey":"a","Data":"YQ=="}`,
			"AddTagsToStream": `{"StreamName":"orders","Tags":{"a":"b"}}`,
			"CreateStream":    `{"StreamName":"more","ShardCount":1}`,
		} {
			w := call(op, body)
			if !full {
				require.Equal(t, 200, w.Code, "%s: %s", op, w.Body)
				continue
			}
			require.Equal(t, 503, w.Code, "%s: %s", op, w.Body)
			require.Contains(t, w.Body.String(), `"__type":"ServiceUnavailable"`)
			require.Contains(t, w.Body.String(), "no space left on the disk")
		}
	}
}
