package objectkey_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/leat-go/leat/kinesis/firehose/internal/objectkey"
)

// A stream that keeps what it can tell the customer of, and the rest apart.
func ExampleCompile() {
	template, err := objectkey.Compile(objectkey.Config{
		Stream:              "clicks",
		Version:             3,
		Prefix:              "clicks/customer=!{partitionKeyFromQuery:customer}/!{timestamp:yyyy/MM/dd}/",
		ErrorOutputPrefix:   "failed/!{firehose:error-output-type}/",
		Compression:         objectkey.GZIP,
		CustomTimeZone:      "Asia/Tokyo",
		DynamicPartitioning: true,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	in := objectkey.KeyInput{
		Time:   time.Date(2026, 11, 21, 16, 8, 0, 0, time.UTC),
		Query:  map[string]string{"customer": "1234"},
		Random: func() uint64 { return 0x0123456789abcdef }, // for the example only
	}
	key, _ := template.Key(in)
	fmt.Println(key)

	in.Query = nil
	_, err = template.Key(in)
	fmt.Println(errors.Is(err, objectkey.ErrNoPartitionKey), err)
	key, _ = template.ErrorKey(objectkey.ProcessingFailed, in)
	fmt.Println(key)
	// Output:
	// clicks/customer=1234/2026/11/22/clicks-3-2026-11-22-01-08-00-01234567-89ab-4def-8123-456789abcdef.gz
	// true objectkey: a partition key is missing: partitionKeyFromQuery:customer
	// failed/processing-failed/clicks-3-2026-11-22-01-08-00-01234567-89ab-4def-8123-456789abcdef.gz
}

// Every fault is found at once.
func ExampleCompile_faults() {
	_, err := objectkey.Compile(objectkey.Config{
		Stream:        "my stream",
		Prefix:        "!{timestamp:YYYY/MM/dd}/",
		FileExtension: "json",
	})
	fmt.Println(err)
	// Output:
	// objectkey: Stream: Value 'my stream' at 'deliveryStreamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+
	// objectkey: FileExtension: Value 'json' at 'fileExtension' failed to satisfy constraint: Member must satisfy regular expression pattern: ^$|\.[0-9a-z!\-_.*'()]+
	// objectkey: Prefix: Ths supplied prefix(es) do not satisfy the following constraint: Invalid conversion character used in the value of the expression in Prefix (pattern letter Y: the week-based year depends on a locale; the year is yyyy)
	// objectkey: ErrorOutputPrefix: Ths supplied prefix(es) do not satisfy the following constraint: ErrorOutputPrefix cannot be null or empty when Prefix contains expressions
}
