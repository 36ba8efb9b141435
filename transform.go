package leat

import (
	"context"

	"github.com/leat-go/leat/internal/syntax"
	"github.com/leat-go/leat/kinesis/firehose"
	"github.com/leat-go/leat/kinesis/firehose/firehosehttp"
	"github.com/leat-go/leat/lambda"
)

// deliveryStreamARN is the key of a context's value: the delivery stream that a
// transformation is called for, which the function's event names.
type deliveryStreamARN struct{}

// transform finds the function that a delivery stream's processor names.
func (g *generation) transform(arn string) (firehose.TransformFunc, bool) {
	function, err := g.functions.Function(arn)
	if err != nil {
		return nil, false
	}
	return func(ctx context.Context, records []firehose.TransformRecord) ([]firehose.TransformResult, error) {
		stream, _ := ctx.Value(deliveryStreamARN{}).(string)
		return lambda.Transform(function, stream)(ctx, records)
	}, true
}

// nameTransform returns what a handler makes of a destination by itself, but that its
// transformation is told the delivery stream.
func nameTransform(_ context.Context, req *firehosehttp.DestinationRequest) (firehose.Config, error) {
	cfg, err := req.Default()
	if err != nil || cfg.Transform == nil {
		return cfg, err
	}
	arn := syntax.FormatARN("firehose", req.Region, req.Account, "deliverystream/"+req.DeliveryStreamName)
	named, unnamed := *cfg.Transform, cfg.Transform.Func
	named.Func = func(ctx context.Context, records []firehose.TransformRecord) ([]firehose.TransformResult, error) {
		return unnamed(context.WithValue(ctx, deliveryStreamARN{}, arn), records)
	}
	cfg.Transform = &named
	return cfg, nil
}
