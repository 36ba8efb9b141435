package firehose

import (
	"archive/zip"
	"compress/gzip"
	"fmt"
	"io"
	"sync"

	"github.com/leat-go/leat/kinesis/firehose/internal/objectkey"
)

// encoderFor returns what compresses the object of the delivery with an id, nil for no
// compression, and what AWS writes into the object's Content-Encoding. What encode
// returns is closed to complete the object, once; it is for one goroutine, and the
// same data give the same bytes. The error is for a format that is none.
//
// The formats are those that AWS's objects were seen to have, its guide being silent:
// ZIP has one entry, named by a UUID; Snappy is not the official framing format but
// that of snappy-java; HADOOP_SNAPPY is what Hadoop's SnappyCodec reads.
func encoderFor(c objectkey.Compression, id string) (encode func(io.Writer) (io.WriteCloser, error), contentEncoding string, err error) {
	switch c {
	case "", objectkey.Uncompressed:
		return nil, "", nil
	case objectkey.GZIP:
		return newGzip, "gzip", nil
	case objectkey.ZIP:
		return func(w io.Writer) (io.WriteCloser, error) { return newZip(w, id) }, "zip", nil
	case objectkey.Snappy:
		return newSnappy, "snappy-java", nil
	case objectkey.HadoopSnappy:
		return newHadoopSnappy, "hadoop-snappy", nil
	}
	return nil, "", fmt.Errorf("firehose: there is no compression format %q", string(c))
}

// gzipEncoder gives its writer, of nearly a megabyte, back when it is closed.
type gzipEncoder struct{ *gzip.Writer }

var gzipWriters = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

func newGzip(w io.Writer) (io.WriteCloser, error) {
	z := gzipWriters.Get().(*gzip.Writer)
	z.Reset(w)
	return gzipEncoder{z}, nil
}

func (e gzipEncoder) Close() error {
	err := e.Writer.Close()
	e.Reset(nil) // or the pool would keep what it wrote to
	gzipWriters.Put(e.Writer)
	return err
}

// zipEncoder writes the one entry of an archive.
type zipEncoder struct {
	io.Writer
	archive *zip.Writer
}

func newZip(w io.Writer, name string) (io.WriteCloser, error) {
	archive := zip.NewWriter(w)
	entry, err := archive.Create(name)
	if err != nil {
		return nil, err
	}
	return zipEncoder{entry, archive}, nil
}

func (e zipEncoder) Close() error { return e.archive.Close() }
