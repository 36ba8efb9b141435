package objectkey_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis/firehose/internal/objectkey"
)

const lead = "Ths supplied prefix(es) do not satisfy the following constraint: "

// faultsOf returns the faults, each as its field and its message.
func faultsOf(t require.TestingT, err error) []string {
	var texts []string
	joined, ok := err.(interface{ Unwrap() []error })
	require.True(t, ok, "%v", err)
	for _, e := range joined.Unwrap() {
		fault, ok := errors.AsType[*objectkey.Fault](e)
		require.True(t, ok)
		require.Contains(t, []string{"ValidationException", "InvalidArgumentException"}, fault.ErrorCode())
		require.Equal(t, strings.Contains(fault.Message, "failed to satisfy constraint"), fault.ErrorCode() == "ValidationException")
		require.Equal(t, fault.Message, fault.ErrorMessage())
		require.Contains(t, fault.Error(), fault.Message)
		require.Contains(t, fault.Error(), fault.Detail)
		texts = append(texts, fault.Field+": "+fault.Message)
	}
	return texts
}

// TestRules has the guide's semantic rules, with the service's texts.
func TestRules(t *testing.T) {
	const typed = "e/!{firehose:error-output-type}/"
	noErrorPrefix := "ErrorOutputPrefix: " + lead + "ErrorOutputPrefix cannot be null or empty when Prefix contains expressions"
	noErrorType := "ErrorOutputPrefix: " + lead + "ErrorOutputPrefix must contain at least one occurrence of !{firehose:error-output-type}"
	usage := lead + "Invalid expression usage"
	conversion := lead + "Invalid conversion character used in the value of the expression in "
	for _, c := range []struct {
		name             string
		prefix, failures string
		dynamic          bool
		want             []string
	}{
		{"valid", "!{timestamp:yyyy}", typed, false, nil},
		{"no expressions", "a/", "b/", false, nil},
		{"braces without a mark", "a{b}:!c}", "{firehose:error-output-type}", false, nil},
		{"the guide's invalid input", "!{timestamp:yyyy/MM/dd}", "", false, []string{noErrorPrefix}},
		{"random needs an error prefix too", "!{firehose:random-string}", "", false, []string{noErrorPrefix}},
		{"no type with expressions", "", "!{timestamp:yyyy}", false, []string{noErrorType}},
		{"no type with random", "", "!{firehose:random-string}", false, []string{noErrorType}},
		{"text alone when Prefix has expressions", "!{timestamp:yyyy}", "errors/", false, nil},
		{"type in Prefix", typed, typed, false, []string{"Prefix: " + lead + "Prefix must not contain any occurrence of !{firehose:error-output-type}"}},
		{"type in Prefix and no error prefix", typed, "", false, []string{
			"Prefix: " + lead + "Prefix must not contain any occurrence of !{firehose:error-output-type}", noErrorPrefix,
		}},
		{"not closed", "a!{timestamp:yyyy", typed, false, []string{"Prefix: " + usage}},
		{"no colon", "!{timestamp}", typed, false, []string{"Prefix: " + usage}},
		{"empty", "!{}", typed, false, []string{"Prefix: " + usage}},
		{"nested", "!{timestamp:!{timestamp:yyyy}}", typed, false, []string{"Prefix: " + usage}},
		{"at the end", "", typed + "!{", false, []string{"ErrorOutputPrefix: " + usage}},
		{"namespace", "!{time:yyyy}", typed, false, []string{"Prefix: " + lead + "Namespace to the left of colon (time) is an invalid keyword!"}},
		{"case of a namespace", "!{Timestamp:yyyy}", typed, false, []string{"Prefix: " + lead + "Namespace to the left of colon (Timestamp) is an invalid keyword!"}},
		{"firehose", "", "!{firehose:random}" + typed, false, []string{"ErrorOutputPrefix: " + conversion + "ErrorOutputPrefix"}},
		{"letter", "!{timestamp:yyyy/jj}", typed, false, []string{"Prefix: " + conversion + "Prefix"}},
		{"two in one", "!{timestamp:}!{x:y}", typed, false, []string{
			"Prefix: " + conversion + "Prefix", "Prefix: " + lead + "Namespace to the left of colon (x) is an invalid keyword!",
		}},
		{"partition keys", "!{partitionKeyFromQuery:a}!{partitionKeyFromLambda:a}", typed, true, nil},
		{"partition keys without dynamic partitioning", "!{partitionKeyFromLambda:a}", typed, false, []string{
			"Prefix: Dynamic Partitioning Namespaces can only be part of a prefix expression when Dynamic Partitioning is enabled.",
		}},
		{"dynamic partitioning without a partition key", "!{timestamp:yyyy}", typed, true, []string{
			"Prefix: S3 Prefix should contain Dynamic Partitioning namespaces when Dynamic Partitioning is enabled",
		}},
		{"dynamic partitioning without a prefix", "", "", true, []string{
			"Prefix: S3 Prefix should contain Dynamic Partitioning namespaces when Dynamic Partitioning is enabled",
		}},
		{"dynamic partitioning without an error prefix", "!{partitionKeyFromQuery:a}", "", true, []string{noErrorPrefix}},
		{"partition key in the error prefix", "!{partitionKeyFromQuery:a}", typed + "!{partitionKeyFromQuery:a}", true, []string{
			"ErrorOutputPrefix: Dynamic Partitioning Namespaces can't be part of an error prefix expression",
		}},
		{"partition key without a name", "!{partitionKeyFromQuery:}!{partitionKeyFromQuery:a}", typed, true, []string{"Prefix: " + conversion + "Prefix"}},
		{"control characters", "a\n", "\x7f", false, []string{
			"Prefix: Prefix must be UTF-8 without control characters", "ErrorOutputPrefix: ErrorOutputPrefix must be UTF-8 without control characters",
		}},
		{"no UTF-8", "\xff", "", false, []string{"Prefix: Prefix must be UTF-8 without control characters"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := objectkey.Compile(objectkey.Config{Stream: "s", Prefix: c.prefix, ErrorOutputPrefix: c.failures, DynamicPartitioning: c.dynamic})
			if c.want == nil {
				require.NoError(t, err)
				return
			}
			require.Error(t, err)
			require.Equal(t, c.want, faultsOf(t, err))
		})
	}
}

func TestShapes(t *testing.T) {
	long := strings.Repeat("a", 1025)
	for _, c := range []struct {
		name   string
		config objectkey.Config
		want   string // after the value
	}{
		{"no stream", objectkey.Config{}, "Stream: Value '' at 'deliveryStreamName' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{"long stream", objectkey.Config{Stream: long[:65]}, "Stream: Value '" + long[:65] + "' at 'deliveryStreamName' failed to satisfy constraint: Member must have length less than or equal to 64"},
		{"stream", objectkey.Config{Stream: "a\n"}, "Stream: Value 'a\n' at 'deliveryStreamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"},
		{"version", objectkey.Config{Stream: "s", Version: -1}, "Version: version -1 is negative"},
		{"compression", objectkey.Config{Stream: "s", Compression: "gzip"}, "Compression: Value 'gzip' at 'compressionFormat' failed to satisfy constraint: Member must satisfy enum value set: [Snappy, HADOOP_SNAPPY, ZIP, GZIP, UNCOMPRESSED]"},
		{"extension", objectkey.Config{Stream: "s", FileExtension: "gz"}, `FileExtension: Value 'gz' at 'fileExtension' failed to satisfy constraint: Member must satisfy regular expression pattern: ^$|\.[0-9a-z!\-_.*'()]+`},
		{"bare period", objectkey.Config{Stream: "s", FileExtension: "."}, `FileExtension: Value '.' at 'fileExtension' failed to satisfy constraint: Member must satisfy regular expression pattern: ^$|\.[0-9a-z!\-_.*'()]+`},
		{"upper case extension", objectkey.Config{Stream: "s", FileExtension: ".GZ"}, `FileExtension: Value '.GZ' at 'fileExtension' failed to satisfy constraint: Member must satisfy regular expression pattern: ^$|\.[0-9a-z!\-_.*'()]+`},
		{"long extension", objectkey.Config{Stream: "s", FileExtension: "." + long[:128]}, "FileExtension: Value '." + long[:128] + "' at 'fileExtension' failed to satisfy constraint: Member must have length less than or equal to 128"},
		{"zone", objectkey.Config{Stream: "s", CustomTimeZone: "UTC+1"}, "CustomTimeZone: Value 'UTC+1' at 'customTimeZone' failed to satisfy constraint: Member must satisfy regular expression pattern: ^$|[a-zA-Z/_]+"},
		{"long zone", objectkey.Config{Stream: "s", CustomTimeZone: long[:51]}, "CustomTimeZone: Value '" + long[:51] + "' at 'customTimeZone' failed to satisfy constraint: Member must have length less than or equal to 50"},
		{"unknown zone", objectkey.Config{Stream: "s", CustomTimeZone: "Asia/Atlantis"}, "CustomTimeZone: CustomTimeZone Asia/Atlantis is not a supported time zone"},
		{"the machine's zone", objectkey.Config{Stream: "s", CustomTimeZone: "Local"}, "CustomTimeZone: CustomTimeZone Local is not a supported time zone"},
		{"a path", objectkey.Config{Stream: "s", CustomTimeZone: "/etc/localtime"}, "CustomTimeZone: CustomTimeZone /etc/localtime is not a supported time zone"},
		{"long prefix", objectkey.Config{Stream: "s", Prefix: long}, "Prefix: Value '" + long[:200] + "' at 'prefix' failed to satisfy constraint: Member must have length less than or equal to 1024"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := objectkey.Compile(c.config)
			require.Error(t, err)
			require.Equal(t, []string{c.want}, faultsOf(t, err))
		})
	}
	compile(t, objectkey.Config{Stream: long[:64], FileExtension: "." + long[:127], CustomTimeZone: "America/Argentina/Buenos_Aires"})
}

func TestEveryFaultAtOnce(t *testing.T) {
	_, err := objectkey.Compile(objectkey.Config{
		Version: -1, Prefix: "!{a:b}", ErrorOutputPrefix: "!{timestamp:Y}", Compression: "x", FileExtension: "x", CustomTimeZone: "X", DynamicPartitioning: true,
	})
	var fields []string
	for _, text := range faultsOf(t, err) {
		field, _, _ := strings.Cut(text, ":")
		fields = append(fields, field)
	}
	require.Equal(t, []string{"CustomTimeZone", "Stream", "Version", "Compression", "FileExtension", "Prefix", "ErrorOutputPrefix"}, fields)
}

func TestLengths(t *testing.T) {
	const typed = "!{firehose:error-output-type}"
	compiles := func(prefix, failures string) []string {
		_, err := objectkey.Compile(objectkey.Config{Stream: "s", Prefix: prefix, ErrorOutputPrefix: failures, FileExtension: "." + strings.Repeat("x", 127)})
		if err == nil {
			return nil
		}
		return faultsOf(t, err)
	}
	tooLong := func(field, name string) []string {
		return []string{field + ": " + lead + "Length of evaluated " + name + " cannot be greater than 512"}
	}
	hour := len("yyyy/MM/dd/HH/")
	require.Empty(t, compiles(strings.Repeat("a", 512-hour), "e"))
	require.Equal(t, tooLong("Prefix", "prefix"), compiles(strings.Repeat("a", 513-hour), "e"))
	require.Empty(t, compiles(strings.Repeat("ü", 300), "e"), "characters count, not bytes")
	require.Equal(t, []string{"Prefix: keys with this Prefix have more than 1024 bytes"}, compiles(strings.Repeat("€", 300), "e"))
	require.Empty(t, compiles("", strings.Repeat("a", 512-30)+typed))
	require.Equal(t, tooLong("ErrorOutputPrefix", "ErrorOutputPrefix"), compiles("", strings.Repeat("a", 513-30)+typed))
}
