package objectkey

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"
	"unicode/utf8"
)

// Limits of the API, of Firehose and of S3.
const (
	maxStream    = 64
	maxWritten   = 1024 // characters of a prefix as it is written
	maxPrefix    = 512  // characters of a prefix as it is evaluated
	maxKey       = 1024 // bytes
	maxExtension = 128
	maxZone      = 50

	randomChars = 11
)

var (
	streamPattern    = regexp.MustCompile(`^[a-zA-Z0-9_.-]+$`)
	extensionPattern = regexp.MustCompile(`^\.[0-9a-z!\-_.*'()]+$`)
	zonePattern      = regexp.MustCompile(`^[a-zA-Z/_]+$`)
)

// Compile checks a configuration. The error has every fault of it, each a [*Fault].
func Compile(c Config) (*Template, error) {
	var f faults
	t := &Template{
		zone:      f.zone(c.CustomTimeZone),
		name:      f.name(c.Stream, c.Version),
		extension: f.extension(c.FileExtension, c.Compression),
	}
	prefix, ok1 := f.parse("Prefix", "prefix", c.Prefix)
	failures, ok2 := f.parse("ErrorOutputPrefix", "errorOutputPrefix", c.ErrorOutputPrefix)
	f.placement(c, prefix, failures, ok1, ok2)
	if ok1 && ok2 {
		t.complete(prefix, failures)
		f.lengths(t)
	}
	if len(f) > 0 {
		return nil, errors.Join(f...)
	}
	return t, nil
}

func (f *faults) zone(name string) *time.Location {
	switch {
	case name == "":
		return time.UTC
	case len(name) > maxZone:
		f.shape("CustomTimeZone", "customTimeZone", name, fmt.Sprintf("have length less than or equal to %d", maxZone))
		return nil
	case !zonePattern.MatchString(name):
		f.shape("CustomTimeZone", "customTimeZone", name, "satisfy regular expression pattern: ^$|[a-zA-Z/_]+")
		return nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" { // which is the machine's, whatever that is
		f.invalid("CustomTimeZone", fmt.Sprintf("CustomTimeZone %s is not a supported time zone", name), "")
		return nil
	}
	return zone
}

func (f *faults) name(stream string, version int64) string {
	switch {
	case stream == "":
		f.shape("Stream", "deliveryStreamName", stream, "have length greater than or equal to 1")
	case len(stream) > maxStream:
		f.shape("Stream", "deliveryStreamName", stream, fmt.Sprintf("have length less than or equal to %d", maxStream))
	case !streamPattern.MatchString(stream):
		f.shape("Stream", "deliveryStreamName", stream, "satisfy regular expression pattern: [a-zA-Z0-9_.-]+")
	}
	if version < 0 {
		f.invalid("Version", fmt.Sprintf("version %d is negative", version), "")
	}
	return stream + "-" + strconv.FormatInt(max(version, 1), 10) + "-"
}

func (f *faults) extension(extension string, compression Compression) string {
	standard, ok := compression.Extension()
	if !ok {
		f.shape("Compression", "compressionFormat", string(compression),
			"satisfy enum value set: [Snappy, HADOOP_SNAPPY, ZIP, GZIP, UNCOMPRESSED]")
	}
	switch {
	case extension == "":
		return standard
	case len(extension) > maxExtension:
		f.shape("FileExtension", "fileExtension", extension, fmt.Sprintf("have length less than or equal to %d", maxExtension))
	case !extensionPattern.MatchString(extension):
		f.shape("FileExtension", "fileExtension", extension, `satisfy regular expression pattern: ^$|\.[0-9a-z!\-_.*'()]+`)
	}
	return extension
}

// parse takes a prefix apart. It reports false if something is wrong; then the segments
// are those that are right.
func (f *faults) parse(field, parameter, prefix string) ([]segment, bool) {
	switch {
	case utf8.RuneCountInString(prefix) > maxWritten:
		f.shape(field, parameter, prefix, fmt.Sprintf("have length less than or equal to %d", maxWritten))
		return nil, false
	case !clean(prefix):
		f.invalid(field, field+" must be UTF-8 without control characters", "")
		return nil, false
	}
	before := len(*f)
	segments := f.segments(field, prefix)
	return segments, len(*f) == before
}
