package objectkey

import "time"

// Config is what the names of a delivery stream's objects depend on.
type Config struct {
	// Stream is the name of the delivery stream: 1 to 64 letters, digits, '_', '.' and '-'.
	Stream string
	// Version counts the configurations that the stream has had. Zero means 1.
	Version int64

	// Prefix and ErrorOutputPrefix come before the names of objects with delivered and
	// with failed records. Each has at most 1,024 characters, and 512 once evaluated.
	Prefix, ErrorOutputPrefix string

	// Compression says which extension is used if FileExtension is empty.
	Compression Compression
	// FileExtension is a period and characters from 0-9a-z!-_.*'(), at most 128 in all.
	FileExtension string

	// CustomTimeZone is the IANA name of the zone for the times in keys. Empty means
	// UTC.
	CustomTimeZone string

	// DynamicPartitioning tells that the stream partitions its records. Then, and only
	// then, Prefix names partition keys.
	DynamicPartitioning bool
}

// A Compression is one of the API's CompressionFormat. Empty means Uncompressed.
type Compression string

// The compression formats.
const (
	Uncompressed Compression = "UNCOMPRESSED"
	GZIP         Compression = "GZIP"
	ZIP          Compression = "ZIP"
	Snappy       Compression = "Snappy"
	HadoopSnappy Compression = "HADOOP_SNAPPY"
)

// Extension returns the extension that AWS gives to objects of the format; ok is false
// if it is none.
func (c Compression) Extension() (extension string, ok bool) {
	switch c {
	case "", Uncompressed:
		return "", true
	case GZIP:
		return ".gz", true
	case ZIP:
		return ".zip", true
	case Snappy:
		return ".snappy", true
	case HadoopSnappy:
		return ".hsnappy", true
	}
	return "", false
}

// A Template makes keys. It does not change, and may be used concurrently.
type Template struct {
	zone             *time.Location
	prefix, failures []segment
	prefixSize       size   // without the values of partition keys
	name             string // <stream>-<version>-
	extension        string
}
