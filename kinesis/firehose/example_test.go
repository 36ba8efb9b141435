package firehose_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/firehose"
)

// printer prints the first part of a delivery's key, and the data.
var printer = firehose.SinkFunc(func(_ context.Context, d *firehose.Delivery) error {
	prefix, _, _ := strings.Cut(d.Key, "/")
	fmt.Println(prefix)
	_, err := d.WriteTo(os.Stdout)
	return err
})

// Records are collected, and delivered together.
func Example() {
	ctx := context.Background()
	stream, err := firehose.New("clicks", firehose.Config{
		Sink:            printer,              // more often a Directory, or an HTTP endpoint
		Buffering:       firehose.Buffering{}, // 5 MiB or 5 minutes, whichever is first
		Prefix:          "clicks/",            // year, month, day and hour follow
		AppendDelimiter: true,                 // a newline
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, page := range []string{"/", "/about", "/contact"} {
		if _, err := stream.Put(ctx, []byte(page)); err != nil {
			fmt.Println(err)
		}
	}
	if err := stream.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}
	fmt.Println(stream.Metrics().DeliveredRecords, "records")
	// Output:
	// clicks
	// /
	// /about
	// /contact
	// 3 records
}

// A batch takes what it can, and its error says what it could not.
func ExampleBatchError() {
	ctx := context.Background()
	stream, _ := firehose.New("clicks", firehose.Config{Sink: printer, Prefix: "clicks/"})

	_, err := stream.Put(ctx, []byte("fits"), make([]byte, 2_000_000))
	if batch, ok := errors.AsType[*firehose.BatchError](err); ok {
		for _, failed := range batch.Failed {
			fmt.Println(failed.Index, errors.Is(failed.Err, firehose.ErrValidation))
		}
	}
	_ = stream.Shutdown(ctx)
	// Output:
	// 1 true
	// clicks
	// fits
}

// Records go to prefixes by what is in them.
func ExamplePartitioning() {
	ctx := context.Background()
	stream, err := firehose.New("orders", firehose.Config{
		Sink:              printer,
		Prefix:            "country=!{partitionKeyFromQuery:country}/",
		ErrorOutputPrefix: "failed/!{firehose:error-output-type}/",
		Partitioning:      &firehose.Partitioning{Paths: map[string]string{"country": ".customer.country"}},
		AppendDelimiter:   true,
		Concurrency:       1, // so that the output is the same each time
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, order := range []string{
		`{"id": 1, "customer": {"country": "NL"}}`,
		`{"id": 2, "customer": {"country": "JP"}}`,
		`{"id": 3, "customer": {"country": "NL"}}`,
	} {
		if _, err := stream.Put(ctx, []byte(order)); err != nil {
			fmt.Println(err)
		}
	}
	_ = stream.Shutdown(ctx)
	// Output:
	// country=NL
	// {"id": 1, "customer": {"country": "NL"}}
	// {"id": 3, "customer": {"country": "NL"}}
	// country=JP
	// {"id": 2, "customer": {"country": "JP"}}
}

// A function transforms the records; those that it fails go to the error output.
func ExampleTransform() {
	ctx := context.Background()
	failed := firehose.SinkFunc(func(_ context.Context, d *firehose.Delivery) error {
		for _, r := range d.Records {
			var line struct {
				ErrorCode string
				RawData   []byte
			}
			if err := json.Unmarshal(r.Data, &line); err != nil {
				return firehose.Permanent(err)
			}
			fmt.Println(d.ErrorType, line.ErrorCode, string(line.RawData))
		}
		return nil
	})
	stream, err := firehose.New("names", firehose.Config{
		Sink:            firehose.SinkFunc(func(_ context.Context, d *firehose.Delivery) error { _, err := d.WriteTo(os.Stdout); return err }),
		ErrorSink:       failed,
		AppendDelimiter: true,
		Concurrency:     1,
		Transform: &firehose.Transform{Func: func(_ context.Context, records []firehose.TransformRecord) ([]firehose.TransformResult, error) {
			var results []firehose.TransformResult
			for _, r := range records {
				result := firehose.TransformResult{RecordID: r.RecordID, Result: firehose.Ok, Data: []byte("Hello, " + string(r.Data))}
				switch string(r.Data) {
				case "":
					result.Result = firehose.Dropped
				case "?":
					result.Result = firehose.ProcessingFailed
				}
				results = append(results, result)
			}
			return results, nil
		}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, _ = stream.Put(ctx, []byte("Ada"), []byte(""), []byte("?"), []byte("Grace"))
	_ = stream.Shutdown(ctx)
	// Output:
	// Hello, Ada
	// Hello, Grace
	// processing-failed Lambda.ProcessingFailedStatus ?
}

// What a sink does not take goes to the error sink in the end.
func ExampleConfig_errorSink() {
	ctx := context.Background()
	stream, err := firehose.New("clicks", firehose.Config{
		Sink: firehose.SinkFunc(func(context.Context, *firehose.Delivery) error {
			return errors.New("out of order")
		}),
		RetryDuration: new(time.Duration(0)), // no retries; 300 seconds of them by default
		ErrorSink: firehose.SinkFunc(func(_ context.Context, d *firehose.Delivery) error {
			fmt.Println(d.ErrorType, len(d.Records))
			return nil
		}),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, _ = stream.Put(ctx, []byte("a"), []byte("b"))
	_ = stream.Shutdown(ctx)
	m := stream.Metrics()
	fmt.Println(m.DeliveredRecords, m.ErrorOutputRecords, m.LostRecords)
	// Output:
	// delivery-failed 2
	// 0 2 0
}

// A delivery stream archives what goes through a stream, every record as it came.
func ExampleConfig_source() {
	ctx := context.Background()
	source, err := kinesis.New("visits", kinesis.Config{ShardCount: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer source.Close()
	delivered := make(chan string)
	archive, err := firehose.New("archive", firehose.Config{
		Source:    source,
		Buffering: firehose.Buffering{Size: 5 << 20, Interval: new(time.Duration(0))}, // at once
		Sink: firehose.SinkFunc(func(_ context.Context, d *firehose.Delivery) error {
			var body strings.Builder
			_, err := d.WriteTo(&body)
			delivered <- body.String()
			return err
		}),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, _ = source.Put(ctx, kinesis.Entry{PartitionKey: "visitor 1", Data: []byte("/about")})
	fmt.Println(<-delivered)
	fmt.Println(archive.Type(), archive.Shutdown(ctx))
	// Output:
	// /about
	// KinesisStreamAsSource <nil>
}

// A service holds delivery streams by their names.
func ExampleService() {
	service, err := firehose.NewService(firehose.ServiceConfig{Account: "123456789012", Region: "eu-west-1"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer service.Close()
	nowhere := firehose.SinkFunc(func(_ context.Context, d *firehose.Delivery) error { _, err := d.WriteTo(io.Discard); return err })
	for _, name := range []string{"orders", "clicks"} {
		if _, err := service.CreateDeliveryStream(name, firehose.Config{Sink: nowhere}); err != nil {
			fmt.Println(err)
		}
	}
	page, _ := service.List(firehose.ListRequest{})
	for _, stream := range page.DeliveryStreams {
		fmt.Println(stream.ARN(), stream.Status())
	}
	// Output:
	// arn:aws:firehose:eu-west-1:123456789012:deliverystream/clicks ACTIVE
	// arn:aws:firehose:eu-west-1:123456789012:deliverystream/orders ACTIVE
}
