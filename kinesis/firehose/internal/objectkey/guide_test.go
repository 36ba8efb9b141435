package objectkey_test

import (
	"cmp"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis/firehose/internal/objectkey"
)

// guideTime is when the guide's examples are evaluated: at 10:30 AM UTC on Aug 27, 2018.
var guideTime = time.Date(2018, 8, 27, 10, 30, 15, 0, time.UTC)

// seeded returns a source that is the same every time.
func seeded() func() uint64 { return rand.New(rand.NewPCG(1, 2)).Uint64 }

func compile(t testing.TB, c objectkey.Config) *objectkey.Template {
	t.Helper()
	template, err := objectkey.Compile(c)
	require.NoError(t, err)
	return template
}

// prefixOf returns what comes before the stream's name, which is in no prefix here.
func prefixOf(t testing.TB, key string) string {
	t.Helper()
	at := strings.LastIndex(key, "st.-1-")
	require.GreaterOrEqual(t, at, 0, key)
	return key[:at]
}

// TestGuideExamples has the table "Prefix and ErrorOutputPrefix examples" and the
// examples in the text. Where the guide's results cannot be right, ours are noted.
func TestGuideExamples(t *testing.T) {
	for _, c := range []struct {
		name             string
		prefix, failures string
		at               time.Time
		want, wantError  string // %R is a random string
	}{
		{
			"no prefix", // the guide leaves the slash after the hour out
			"", "myFirehoseFailures/!{firehose:error-output-type}/",
			guideTime,
			"2018/08/27/10/", "myFirehoseFailures/processing-failed/",
		},
		{
			"random", // the guide has the hour, 10, where the pattern says the day
			"myFirehose/DeliveredYear=!{timestamp:yyyy}/anyMonth/rand=!{firehose:random-string}",
			"myFirehoseFailures/!{firehose:error-output-type}/!{timestamp:yyyy}/anyMonth/!{timestamp:dd}",
			guideTime,
			"myFirehose/DeliveredYear=2018/anyMonth/rand=%R", "myFirehoseFailures/processing-failed/2018/anyMonth/27",
		},
		{
			"hive",
			"myPrefix/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/",
			"myErrorPrefix/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/!{firehose:error-output-type}",
			time.Date(2018, 7, 6, 23, 0, 0, 0, time.UTC),
			"myPrefix/year=2018/month=07/day=06/hour=23/", "myErrorPrefix/year=2018/month=07/day=06/hour=23/processing-failed",
		},
		{
			"only a prefix", // the guide adds slashes and leaves the hour out
			"myFirehosePrefix", "",
			guideTime,
			"myFirehosePrefix2018/08/27/10/", "myFirehosePrefixprocessing-failed/2018/08/27/10/",
		},
		{
			"nothing",
			"", "",
			guideTime,
			"2018/08/27/10/", "processing-failed/2018/08/27/10/",
		},
		{
			"error-output-type",
			"", "myPrefix/result=!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd}",
			time.Date(2018, 8, 3, 0, 0, 0, 0, time.UTC),
			"2018/08/03/00/", "myPrefix/result=processing-failed/2018/08/03",
		},
		{
			"random-string",
			"myPrefix/!{firehose:random-string}/", "!{firehose:random-string}/!{firehose:error-output-type}/",
			guideTime,
			"myPrefix/%R/2018/08/27/10/", "%R/processing-failed/",
		},
		{
			"an error prefix without expressions",
			"good/", "bad/",
			guideTime,
			"good/2018/08/27/10/", "bad/processing-failed/2018/08/27/10/",
		},
		{
			"one instant and one type, however often",
			"!{timestamp:HH}!{timestamp:HH}/", "!{firehose:error-output-type}!{firehose:error-output-type}!{timestamp:ss}!{timestamp:ss}",
			guideTime,
			"1010/", "processing-failedprocessing-failed1515",
		},
		{
			"quotes",
			"!{timestamp:'year='yyyy'/day='dd''}/", "!{firehose:error-output-type}",
			guideTime,
			"year=2018/day=27'/", "processing-failed",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := compile(t, objectkey.Config{Stream: "st.", Prefix: c.prefix, ErrorOutputPrefix: c.failures})
			in := objectkey.KeyInput{Time: c.at}
			key, err := x.Key(in)
			require.NoError(t, err)
			requirePrefix(t, c.want, prefixOf(t, key))
			key, err = x.ErrorKey(objectkey.ProcessingFailed, in)
			require.NoError(t, err)
			requirePrefix(t, c.wantError, prefixOf(t, key))
		})
	}
}

func requirePrefix(t *testing.T, want, got string) {
	t.Helper()
	pattern := strings.ReplaceAll(regexp.QuoteMeta(want), "%R", "[0-9a-f]{11}")
	require.Regexp(t, "^"+pattern+"$", got)
}

// TestGuideDynamicPartitioning has the example of "Use Amazon S3 bucket prefix to
// deliver data".
func TestGuideDynamicPartitioning(t *testing.T) {
	x := compile(t, objectkey.Config{
		Stream: "st.", DynamicPartitioning: true,
		Prefix: "customer_id=!{partitionKeyFromQuery:customer_id}/device=!{partitionKeyFromQuery:device}/" +
			"year=!{partitionKeyFromQuery:year}/month=!{partitionKeyFromQuery:month}/day=!{partitionKeyFromQuery:day}/hour=!{partitionKeyFromLambda:hour}/!{timestamp:yy}/",
		ErrorOutputPrefix: "!{firehose:error-output-type}/",
	})
	in := objectkey.KeyInput{
		Time:   guideTime,
		Query:  map[string]string{"customer_id": "1234567890", "device": "mobile", "year": "2019", "month": "08", "day": "09", "hour": "no"},
		Lambda: map[string]string{"hour": "20", "day": "no"},
	}
	key, err := x.Key(in)
	require.NoError(t, err)
	require.Equal(t, "customer_id=1234567890/device=mobile/year=2019/month=08/day=09/hour=20/18/", prefixOf(t, key))
	partition, err := x.Partition(in)
	require.NoError(t, err)
	require.Equal(t, "1234567890\x00mobile\x002019\x0008\x0009\x0020\x00", partition)
	query, lambda := x.PartitionKeys()
	require.Equal(t, []string{"customer_id", "device", "year", "month", "day"}, query)
	require.Equal(t, []string{"hour"}, lambda)
}

// TestWholeKeys has keys in full, with a known source of random numbers.
func TestWholeKeys(t *testing.T) {
	counter := func() func() uint64 {
		var n uint64
		return func() uint64 { n++; return n * 0x1111111111111111 }
	}
	for _, c := range []struct {
		config objectkey.Config
		want   string
	}{
		{objectkey.Config{Stream: "logs"}, "2018/08/27/10/logs-1-2018-08-27-10-30-15-11111111-1111-4111-a222-222222222222"},
		{
			objectkey.Config{Stream: "logs", Version: 7, Compression: objectkey.GZIP, CustomTimeZone: "Asia/Tokyo", Prefix: "p/"},
			"p/2018/08/27/19/logs-7-2018-08-27-19-30-15-11111111-1111-4111-a222-222222222222.gz",
		},
		{
			objectkey.Config{Stream: "logs", Compression: objectkey.ZIP, FileExtension: ".ndjson.zip", CustomTimeZone: "America/New_York"},
			"2018/08/27/06/logs-1-2018-08-27-06-30-15-11111111-1111-4111-a222-222222222222.ndjson.zip",
		},
		{
			objectkey.Config{Stream: "logs", Prefix: "!{firehose:random-string}/!{firehose:random-string}/", ErrorOutputPrefix: "!{firehose:error-output-type}"},
			"11111111111/22222222222/2018/08/27/10/logs-1-2018-08-27-10-30-15-33333333-3333-4333-8444-444444444444",
		},
	} {
		key, err := compile(t, c.config).Key(objectkey.KeyInput{Time: guideTime, Random: counter()})
		require.NoError(t, err)
		require.Equal(t, c.want, key)
	}
}

func TestExtensions(t *testing.T) {
	for compression, want := range map[objectkey.Compression]string{
		"": "", objectkey.Uncompressed: "", objectkey.GZIP: ".gz", objectkey.ZIP: ".zip",
		objectkey.Snappy: ".snappy", objectkey.HadoopSnappy: ".hsnappy",
	} {
		for _, own := range []string{"", ".a-b_c!*'()9"} {
			x := compile(t, objectkey.Config{Stream: "s", Compression: compression, FileExtension: own})
			in := objectkey.KeyInput{Time: guideTime}
			key, err := x.Key(in)
			require.NoError(t, err)
			failed, err := x.ErrorKey(objectkey.SplunkFailed, in)
			require.NoError(t, err)
			for _, k := range []string{key, failed} {
				require.Regexp(t, "[0-9a-f]{12}"+regexp.QuoteMeta(cmp.Or(own, want))+"$", k)
			}
		}
	}
}

// TestDaylightSaving has the hour that occurs twice and the day that a zone is ahead.
func TestDaylightSaving(t *testing.T) {
	x := compile(t, objectkey.Config{Stream: "st.", CustomTimeZone: "Europe/Berlin", Prefix: "!{timestamp:dd HH XXX}", ErrorOutputPrefix: "!{firehose:error-output-type}"})
	for at, want := range map[time.Time]string{
		time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC):  "25 02 +02:00",
		time.Date(2026, 10, 25, 1, 30, 0, 0, time.UTC):  "25 02 +01:00",
		time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC):    "29 03 +02:00",
		time.Date(2026, 12, 31, 23, 30, 0, 0, time.UTC): "01 00 +01:00",
	} {
		key, err := x.Key(objectkey.KeyInput{Time: at})
		require.NoError(t, err)
		require.Equal(t, want, prefixOf(t, key))
	}
}

func TestRandomPartsAreNewEachTime(t *testing.T) {
	x := compile(t, objectkey.Config{Stream: "s", Prefix: "!{firehose:random-string}!{firehose:random-string}", ErrorOutputPrefix: "!{firehose:error-output-type}"})
	seen := map[string]bool{}
	const n = 100
	for range n {
		key, err := x.Key(objectkey.KeyInput{Time: guideTime})
		require.NoError(t, err)
		seen[key[:11]], seen[key[11:22]], seen[key[len(key)-36:]] = true, true, true
	}
	require.Len(t, seen, 3*n)
}
