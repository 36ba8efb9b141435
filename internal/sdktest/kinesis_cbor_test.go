package sdktest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"testing"

	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/schemas"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/encoding/cbor"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/aws/smithy-go/transport/http/protocol/rpcv2"
	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/kinesistest"
)

// TestStreamConformanceOverCBOR runs the suite with the SDK speaking as Java's does.
func TestStreamConformanceOverCBOR(t *testing.T) {
	kinesistest.Run(t, kinesistest.Config{
		VirtualTime: true,
		New: func(t testing.TB, cfg kinesis.Config) kinesis.Stream {
			b := newBasin(t, kinesis.ServiceConfig{})
			return streamOf(t, b.client(func(o *awskinesis.Options) { o.Protocol = javas{rpcv2.NewCBOR(schemas.Kinesis_20131202)} }), cfg)
		},
		Split: splitOverSDK,
		Merge: mergeOverSDK,
		Lacks: kinesistest.Waiting,
	})
}

// javas is AWS's CBOR 1.1 in a client that knows only its successor, RPC v2: an action is
// named as in JSON, and a time is an integer of milliseconds under tag 1, not a number of
// seconds.
type javas struct{ *rpcv2.Protocol }

const cborType = "application/x-amz-cbor-1.1"

func (p javas) SerializeRequest(ctx context.Context, schema *smithy.OperationSchema, in smithy.Serializable, r *smithyhttp.Request) error {
	if err := p.Protocol.SerializeRequest(ctx, schema, in, r); err != nil {
		return err
	}
	body := []byte{0xa0} // an empty map
	if stream := r.GetStream(); stream != nil {
		var err error
		if body, err = io.ReadAll(stream); err != nil {
			return err
		}
	}
	body, err := withTimes(body, func(v cbor.Value) (cbor.Value, error) {
		switch seconds := v.(type) {
		case cbor.Uint:
			return seconds * 1000, nil
		case cbor.Float64:
			return cbor.Uint(math.Round(float64(seconds) * 1000)), nil
		}
		return nil, errors.New("sdktest: not a number of seconds")
	})
	if err != nil {
		return err
	}
	changed, err := r.SetStream(bytes.NewReader(body))
	if err != nil {
		return err
	}
	*r = *changed
	r.URL.Path = "/"
	r.Header = http.Header{"Content-Type": {cborType}, "X-Amz-Target": {"Kinesis_20131202." + middleware.GetOperationName(ctx)}}
	return nil
}

func (p javas) DeserializeResponse(ctx context.Context, schema *smithy.OperationSchema, types *smithy.TypeRegistry, r *smithyhttp.Response, out smithy.Deserializable) error {
	if kind := r.Header.Get("Content-Type"); kind != cborType {
		return errors.New("sdktest: the answer is " + kind)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	if len(body) > 0 {
		if body, err = withTimes(body, func(v cbor.Value) (cbor.Value, error) {
			milliseconds, ok := v.(cbor.Uint)
			if !ok {
				return nil, errors.New("sdktest: a time that is no integer of milliseconds")
			}
			return cbor.Float64(float64(milliseconds) / 1000), nil
		}); err != nil {
			return err
		}
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return p.Protocol.DeserializeResponse(ctx, schema, types, r, out)
}

// withTimes changes every value under tag 1.
func withTimes(body []byte, change func(cbor.Value) (cbor.Value, error)) ([]byte, error) {
	v, err := cbor.Decode(body)
	if err != nil {
		return nil, err
	}
	if v, err = timesIn(v, change); err != nil {
		return nil, err
	}
	return cbor.Encode(v), nil
}

func timesIn(v cbor.Value, change func(cbor.Value) (cbor.Value, error)) (_ cbor.Value, err error) {
	switch v := v.(type) {
	case cbor.List:
		for i := range v {
			if v[i], err = timesIn(v[i], change); err != nil {
				return nil, err
			}
		}
	case cbor.Map:
		for key := range v {
			if v[key], err = timesIn(v[key], change); err != nil {
				return nil, err
			}
		}
	case *cbor.Tag:
		if v.ID == 1 {
			v.Value, err = change(v.Value)
		}
	}
	return v, err
}

// TestErrorsOverCBOR have the SDK's types as over JSON.
func TestErrorsOverCBOR(t *testing.T) {
	b := newBasin(t, kinesis.ServiceConfig{})
	c := b.client(func(o *awskinesis.Options) { o.Protocol = javas{rpcv2.NewCBOR(schemas.Kinesis_20131202)} })
	name := "missing"
	_, err := c.DescribeStream(t.Context(), &awskinesis.DescribeStreamInput{StreamName: &name})
	require.Equal(t, "ResourceNotFound", kindOf(err), "%v", err)
	require.ErrorContains(t, err, "Stream missing under account 000000000000 not found.")
	_, err = c.GetRecords(t.Context(), &awskinesis.GetRecordsInput{ShardIterator: &name})
	require.Equal(t, "InvalidArgument", kindOf(err), "%v", err)
	require.ErrorContains(t, err, "Invalid ShardIterator.")
}
