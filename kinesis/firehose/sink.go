package firehose

import (
	"context"
	"errors"
	"io"
	"time"
)

// Sink is where a delivery stream delivers to. An implementation may be called
// concurrently, for different partitions; the deliveries of one partition come one
// after the other, in the order in which their records arrived.
type Sink interface {
	// Deliver takes over the records of d, all of them before it returns nil. An error
	// means that they are delivered again, with the same ID, Key and Records, after a while
	// and for as long as the stream's RetryDuration says. A [*PartialError] names those
	// that are, under another ID and Key; one that is marked by [Permanent] means that no
	// retry would help. A panic is an error. What a sink keeps of d after it returns it
	// copies. ctx ends when the stream is closed; a sink has its own time limits.
	//
	// A sink may have a method ErrorType() string, which names the error output of the
	// records that it did not take, with at most 30 bytes: "delivery-failed" without it.
	// If its errors have an ErrorCode() string, that is told there.
	Deliver(ctx context.Context, d *Delivery) error
}

// SinkFunc is a function as a Sink.
type SinkFunc func(ctx context.Context, d *Delivery) error

// Deliver calls the function.
func (f SinkFunc) Deliver(ctx context.Context, d *Delivery) error { return f(ctx, d) }

// Delivery is a buffer of records on its way to a sink. It belongs to the stream, and
// a sink does not change it.
type Delivery struct {
	// StreamName and StreamARN name the delivery stream.
	StreamName, StreamARN string
	// ID is unique to the delivery, and the same on every retry of all of it: a UUID.
	ID string
	// Key is the object key: prefix, name and extension.
	Key string
	// ErrorType says why the records failed, on their way to the error output; then each of
	// Records is a line of JSON. Empty for a delivery of good records, and for a backup.
	ErrorType string
	// Attempt counts the tries to deliver it, from 1, also those after which only a part
	// was left.
	Attempt int
	// Records are what is delivered, in order.
	Records []Record

	// ContentEncoding is the compression of what WriteTo writes, as AWS calls it in the
	// metadata of objects: "gzip", "zip", "snappy-java", "hadoop-snappy", or empty.
	ContentEncoding string

	encode func(w io.Writer) (io.WriteCloser, error) // nil for no compression
}

// Record is a record in a delivery.
type Record struct {
	// Data is what will be delivered: after transformation, with the delimiter if one
	// is appended. It is shared and must not be changed.
	Data []byte
	// ArrivalTime is when the delivery stream, or the stream that feeds it, accepted
	// the record.
	ArrivalTime time.Time
}

// WriteTo writes the object: the data of the records, one after the other,
// compressed if the stream is so configured. It may be called again.
func (d *Delivery) WriteTo(w io.Writer) (int64, error) {
	counted := &counter{w: w}
	if d.encode == nil {
		err := d.write(counted)
		return counted.n, err
	}
	encoder, err := d.encode(counted)
	if err == nil {
		err = errors.Join(d.write(encoder), encoder.Close())
	}
	return counted.n, err
}

func (d *Delivery) write(w io.Writer) error {
	for i := range d.Records {
		if _, err := w.Write(d.Records[i].Data); err != nil {
			return err
		}
	}
	return nil
}

// counter counts the bytes that are written through it.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// PartialError is the error of a sink that took some of the records of a delivery.
type PartialError struct {
	Failed []int // indexes into Delivery.Records, in order; not empty
	Err    error // why; may be marked by Permanent
}

func (e *PartialError) Error() string {
	return "firehose: some records were not delivered: " + e.Err.Error()
}

// Unwrap returns e.Err.
func (e *PartialError) Unwrap() error { return e.Err }

// Permanent marks an error of a sink after which no retry will help. The records go
// to the backup or the error output at once.
func Permanent(err error) error { return &permanentError{err} }

type permanentError struct{ error }

func (e *permanentError) Unwrap() error { return e.error }
