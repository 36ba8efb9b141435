package objectkey_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis/firehose/internal/objectkey"
)

func TestPartitionKeys(t *testing.T) {
	x := compile(t, objectkey.Config{
		Stream: "st.", DynamicPartitioning: true,
		Prefix:            "!{partitionKeyFromQuery:a}/!{partitionKeyFromLambda:b}/!{timestamp:yyyy}/",
		ErrorOutputPrefix: "!{firehose:error-output-type}/",
	})
	of := func(a, b string) objectkey.KeyInput {
		return objectkey.KeyInput{Time: guideTime, Query: map[string]string{"a": a, "b": "x"}, Lambda: map[string]string{"a": "x", "b": b}}
	}
	const room = 512 - len("//2018/")
	for _, c := range []struct {
		name, a, b string
		part       string
		want       error
	}{
		{"plain", "1", "2", "", nil},
		{"folders and what else a key may have", "2018/08", "../é 日\"'%", "", nil},
		{"no query", "", "2", "partitionKeyFromQuery:a", objectkey.ErrNoPartitionKey},
		{"no lambda", "1", "", "partitionKeyFromLambda:b", objectkey.ErrNoPartitionKey},
		{"control character", "1", "a\nb", "partitionKeyFromLambda:b", objectkey.ErrCharacter},
		{"NUL", "a\x00b", "2", "partitionKeyFromQuery:a", objectkey.ErrCharacter},
		{"no UTF-8", "a\xc3", "2", "partitionKeyFromQuery:a", objectkey.ErrCharacter},
		{"just fits", strings.Repeat("a", room-1), "2", "", nil},
		{"too long", strings.Repeat("a", room), "2", "partitionKeyFromLambda:b", objectkey.ErrTooLong},
		{"just fits, two bytes each", strings.Repeat("ü", 400), "2", "", nil},
		{"too many bytes", strings.Repeat("€", 400), "2", "partitionKeyFromQuery:a", objectkey.ErrTooLong},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := of(c.a, c.b)
			key, err := x.Key(in)
			partition, errPartition := x.Partition(in)
			failed, errFailed := x.ErrorKey("partition-failed", in)
			require.NoError(t, errFailed)
			require.Equal(t, "partition-failed/", prefixOf(t, failed))
			if c.want == nil {
				require.NoError(t, err)
				require.Equal(t, c.a+"/"+c.b+"/2018/", prefixOf(t, key))
				require.NoError(t, errPartition)
				require.Equal(t, c.a+"\x00"+c.b+"\x00", partition)
				return
			}
			require.ErrorIs(t, err, c.want)
			require.Equal(t, &objectkey.KeyError{Part: c.part, Err: c.want}, errPartition)
			require.Contains(t, errPartition.Error(), c.part)
		})
	}
	_, err := x.Key(objectkey.KeyInput{Time: guideTime})
	require.Equal(t, &objectkey.KeyError{Part: "partitionKeyFromQuery:a", Err: objectkey.ErrNoPartitionKey}, err)
}

// TestPartitionsDiffer has values that are the same once put together.
func TestPartitionsDiffer(t *testing.T) {
	x := compile(t, objectkey.Config{
		Stream: "s", DynamicPartitioning: true,
		Prefix: "!{partitionKeyFromQuery:a}!{partitionKeyFromQuery:b}", ErrorOutputPrefix: "!{firehose:error-output-type}/",
	})
	partition := func(a, b string) string {
		p, err := x.Partition(objectkey.KeyInput{Query: map[string]string{"a": a, "b": b}})
		require.NoError(t, err)
		return p
	}
	require.Equal(t, partition("ab", "c"), partition("ab", "c"))
	require.NotEqual(t, partition("ab", "c"), partition("a", "bc"))
	none, err := compile(t, objectkey.Config{Stream: "s"}).Partition(objectkey.KeyInput{Query: map[string]string{"a": "b"}})
	require.NoError(t, err)
	require.Empty(t, none)
}

func TestErrorTypes(t *testing.T) {
	x := compile(t, objectkey.Config{Stream: "st.", ErrorOutputPrefix: "!{firehose:error-output-type}|"})
	in := objectkey.KeyInput{Time: guideTime, Random: seeded()}
	for _, why := range []objectkey.ErrorType{
		objectkey.ProcessingFailed, objectkey.FormatConversionFailed, objectkey.HTTPEndpointFailed,
		objectkey.SplunkFailed, objectkey.OpenSearchFailed, objectkey.ActivePartitionExceeded,
	} {
		key, err := x.ErrorKey(why, in)
		require.NoError(t, err)
		require.Equal(t, string(why)+"|", prefixOf(t, key))
	}
	for why, want := range map[objectkey.ErrorType]error{
		"": objectkey.ErrNoErrorType, "a\n": objectkey.ErrCharacter, objectkey.OpenSearchFailed + "x": objectkey.ErrTooLong,
	} {
		_, err := x.ErrorKey(why, in)
		require.ErrorIs(t, err, want)
	}
}

// TestFarYears has what does not fit because the year has more than four digits.
func TestFarYears(t *testing.T) {
	x := compile(t, objectkey.Config{Stream: "s", Prefix: strings.Repeat("a", 512-4) + "!{timestamp:yyyy}", ErrorOutputPrefix: "!{firehose:error-output-type}"})
	_, err := x.Key(objectkey.KeyInput{Time: guideTime})
	require.NoError(t, err)
	_, err = x.Key(objectkey.KeyInput{Time: guideTime.AddDate(10_000, 0, 0)})
	require.Equal(t, &objectkey.KeyError{Err: objectkey.ErrTooLong}, err)
	require.EqualError(t, err, "objectkey: the key is too long")
}
