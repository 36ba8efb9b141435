package kinesis_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
)

func TestStreamNames(t *testing.T) {
	all, err := kinesis.NewService(kinesis.ServiceConfig{})
	require.NoError(t, err)
	defer all.Close()
	for _, name := range []string{"a", "A-z_0.9", "...", strings.Repeat("a", 128)} {
		s, err := all.CreateStream(name, kinesis.Config{})
		require.NoError(t, err, name)
		require.Equal(t, name, s.Name())
		require.Equal(t, "arn:aws:kinesis:us-east-1:000000000000:stream/"+name, s.ARN())
	}
	for _, name := range []string{"", strings.Repeat("a", 129), "a b", "ä", "a/b", "a:b", "a\n"} {
		_, err := all.CreateStream(name, kinesis.Config{})
		require.ErrorIs(t, err, kinesis.ErrInvalidArgument, name)
	}
	_, err = all.CreateStream("a", kinesis.Config{})
	wantFault(t, err, kinesis.ErrResourceInUse, "Stream a under account 000000000000 already exists.")
}

func TestConfigDefaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Hour)
		s, onDemand := newStream(t, kinesis.Config{}), newStream(t, kinesis.Config{Mode: kinesis.ModeOnDemand})
		require.Equal(t, kinesis.Config{Mode: kinesis.ModeProvisioned, ShardCount: 1, RetentionPeriod: 24 * time.Hour, MaxRecordSize: 1 << 20}, s.Config())
		require.Equal(t, kinesis.Config{Mode: kinesis.ModeOnDemand, ShardCount: 4, RetentionPeriod: 24 * time.Hour, MaxRecordSize: 1 << 20}, onDemand.Config())
		require.Equal(t, time.Date(2000, 1, 1, 1, 0, 0, 0, time.UTC), s.CreatedAt().UTC())
		require.Equal(t, "000000000000", s.Account())
		require.Equal(t, "us-east-1", s.Region())
		require.Equal(t, kinesis.StatusActive, s.Status())
	})
}

// CreateStream names every fault of a configuration at once.
func TestConfigFaults(t *testing.T) {
	_, err := kinesis.New("a b", kinesis.Config{
		Mode: "AUTO", ShardCount: 10_001, RetentionPeriod: 23 * time.Hour, RetentionBytes: -1, MaxRecordSize: 11 << 20, TransitionTime: -1, WarmThroughputMiBps: -1,
	})
	require.ErrorIs(t, err, kinesis.ErrInvalidArgument)
	for _, says := range []string{
		"A stream's name", `Mode is "AUTO"`, "ShardCount is 10001; it must be 1 to 10000", "RetentionBytes is -1", "Minimum allowed retention period is 24 hours",
		"MaxRecordSize is 11534336", "TransitionTime is -1ns", "WarmThroughputMiBps is -1",
	} {
		require.ErrorContains(t, err, says)
	}
	for _, cfg := range []kinesis.Config{
		{ShardCount: -1}, {Mode: kinesis.ModeOnDemand, ShardCount: 5}, {RetentionPeriod: 24*time.Hour + 1}, {RetentionPeriod: 8761 * time.Hour},
		{RetentionPeriod: -1}, {MaxRecordSize: 1}, {MaxRecordSize: 1<<20 + 1}, {MaxRecordSize: -1}, {Relaxed: true, RetentionPeriod: -1}, {Relaxed: true, MaxRecordSize: -1},
	} {
		_, err := kinesis.New("a", cfg)
		require.ErrorIs(t, err, kinesis.ErrInvalidArgument, "%+v", cfg)
	}
	for _, cfg := range []kinesis.ServiceConfig{
		{Account: "1"}, {Account: "00000000000x"}, {Region: "nowhere!"}, {ShardLimit: -1}, {OnDemandStreamLimit: -1}, {TransitionTime: -1},
	} {
		_, err := kinesis.NewService(cfg)
		require.ErrorIs(t, err, kinesis.ErrInvalidArgument, "%+v", cfg)
	}
}

func TestListStreams(t *testing.T) {
	all, err := kinesis.NewService(kinesis.ServiceConfig{})
	require.NoError(t, err)
	defer all.Close()
	var want []string
	for i := range 150 {
		name := fmt.Sprintf("s%03d", (i*7)%150)
		want = append(want, fmt.Sprintf("s%03d", i))
		_, err := all.CreateStream(name, kinesis.Config{})
		require.NoError(t, err)
	}
	namesOf := func(req kinesis.ListRequest) (names []string, more bool) {
		page, err := all.ListStreams(req)
		require.NoError(t, err)
		for _, s := range page.Streams {
			names = append(names, s.Name())
		}
		return names, page.HasMore
	}
	names, more := namesOf(kinesis.ListRequest{})
	require.Equal(t, want[:100], names)
	require.True(t, more)
	names, more = namesOf(kinesis.ListRequest{ExclusiveStartName: names[99]})
	require.Equal(t, want[100:], names)
	require.False(t, more)
	names, more = namesOf(kinesis.ListRequest{Limit: 150})
	require.Equal(t, want, names)
	require.False(t, more)
	names, more = namesOf(kinesis.ListRequest{ExclusiveStartName: "s0005", Limit: 1})
	require.Equal(t, []string{"s001"}, names, "the name need not be one")
	require.True(t, more)
	for _, limit := range []int{-1, 10_001} {
		_, err := all.ListStreams(kinesis.ListRequest{Limit: limit})
		require.ErrorIs(t, err, kinesis.ErrInvalidArgument)
	}
}

// Accounts and regions see streams of their own; an ARN leads to any.
func TestServiceAs(t *testing.T) {
	all, err := kinesis.NewService(kinesis.ServiceConfig{Account: "111111111111", Region: "eu-west-1"})
	require.NoError(t, err)
	defer all.Close()
	other, err := all.As("222222222222", "eu-west-1")
	require.NoError(t, err)
	far, err := all.As("111111111111", "us-east-2")
	require.NoError(t, err)
	for i, view := range []*kinesis.Service{all, other, far} {
		s, err := view.CreateStream("s", kinesis.Config{ShardCount: i + 1})
		require.NoError(t, err)
		require.Equal(t, fmt.Sprintf("arn:aws:kinesis:%s:%s:stream/s", view.Region(), view.Account()), s.ARN())
	}
	for i, view := range []*kinesis.Service{all, other, far} {
		s, err := view.Stream("s")
		require.NoError(t, err)
		require.Equal(t, i+1, s.Config().ShardCount)
		for _, from := range []*kinesis.Service{all, other, far} {
			found, err := from.StreamByARN(s.ARN())
			require.NoError(t, err)
			require.Same(t, s, found)
		}
	}
	same, err := all.As("111111111111", "eu-west-1")
	require.NoError(t, err)
	require.Equal(t, all.Account(), same.Account())
	for _, bad := range [][2]string{{"1", "eu-west-1"}, {"111111111111", "!"}} {
		_, err := all.As(bad[0], bad[1])
		require.ErrorIs(t, err, kinesis.ErrInvalidArgument)
	}
	for _, arn := range []string{
		"", "s", "arn:aws:kinesis:eu-west-1:111111111111:s", "arn:aws:kinesis:eu-west-1:111111111111:stream/none", "arn:aws:sqs:eu-west-1:111111111111:stream/s",
		"arn:aws:kinesis:eu-west-1:111111111111:stream/s/consumer/c:1",
	} {
		_, err := all.StreamByARN(arn)
		require.ErrorIs(t, err, kinesis.ErrResourceNotFound, arn)
	}
}

// A stream that is deleted or closed is gone with its records, and its name is free.
func TestStreamsEnd(t *testing.T) {
	all, s := streamIn(t, kinesis.Config{ShardCount: 2})
	mustPut(t, s, keyed("k", "1")...)
	require.NoError(t, all.DeleteStream("orders", false))
	wantFault(t, all.DeleteStream("orders", false), kinesis.ErrResourceNotFound, "Stream orders under account 000000000000 not found.")
	again, err := all.CreateStream("orders", kinesis.Config{})
	require.NoError(t, err)
	require.Empty(t, readData(t, again, firstShard, kinesis.Position{}))
	require.NoError(t, s.Close(), "the old one")
	found, err := all.Stream("orders")
	require.NoError(t, err)
	require.Same(t, again, found, "closing the old one does not end the new one")

	require.NoError(t, all.Close())
	require.NoError(t, all.Close())
	_, err = again.Put(t.Context(), keyed("k", "1")...)
	wantFault(t, err, kinesis.ErrClosed, "The stream is closed.")
	_, err = all.CreateStream("new", kinesis.Config{})
	wantFault(t, err, kinesis.ErrClosed, "closed")
	_, err = all.Stream("orders")
	require.ErrorIs(t, err, kinesis.ErrClosed)
	_, err = all.ListStreams(kinesis.ListRequest{})
	require.ErrorIs(t, err, kinesis.ErrClosed)
}

// What belongs to the service's configuration holds for its streams, unless they say
// otherwise.
func TestServiceDefaults(t *testing.T) {
	all, err := kinesis.NewService(kinesis.ServiceConfig{EnforceLimits: true, TransitionTime: time.Second, Relaxed: true})
	require.NoError(t, err)
	defer all.Close()
	s, err := all.CreateStream("s", kinesis.Config{RetentionPeriod: time.Minute})
	require.NoError(t, err)
	cfg := s.Config()
	require.True(t, cfg.EnforceLimits && cfg.Relaxed)
	require.Equal(t, time.Second, cfg.TransitionTime)
	slow, err := all.CreateStream("slow", kinesis.Config{TransitionTime: time.Hour})
	require.NoError(t, err)
	require.Equal(t, time.Hour, slow.Config().TransitionTime)
}

func TestErrors(t *testing.T) {
	_, s := streamIn(t, kinesis.Config{})
	_, err := s.Read(t.Context(), kinesis.ReadRequest{ShardID: "shardId-000000000007"})
	require.EqualError(t, err, "kinesis: Read orders: Could not find shard shardId-000000000007 in stream orders under account 000000000000.")
	_, err = s.Put(t.Context(), kinesis.Entry{}, kinesis.Entry{PartitionKey: "k"}, kinesis.Entry{})
	require.EqualError(t, err, "2 entries failed, first entry 0: kinesis: Put orders: The partition key is empty; it must have 1 to 256 characters.")
	_, err = s.Put(t.Context(), kinesis.Entry{PartitionKey: "k"}, kinesis.Entry{})
	require.EqualError(t, err, "entry 1: kinesis: Put orders: The partition key is empty; it must have 1 to 256 characters.")
	for code, err := range map[string]error{
		"ResourceNotFoundException": kinesis.ErrResourceNotFound, "ResourceInUseException": kinesis.ErrResourceInUse,
		"InvalidArgumentException": kinesis.ErrInvalidArgument, "ValidationException": kinesis.ErrValidation,
		"LimitExceededException": kinesis.ErrLimitExceeded, "ProvisionedThroughputExceededException": kinesis.ErrProvisionedThroughputExceeded,
		"InternalFailure": kinesis.ErrInternalFailure, "ExpiredIteratorException": kinesis.ErrExpiredIterator, "ExpiredNextTokenException": kinesis.ErrExpiredNextToken,
		"ServiceUnavailable": kinesis.ErrClosed,
	} {
		e := &kinesis.Error{Op: "Op", Err: err}
		require.Equal(t, code, e.ErrorCode())
		require.Equal(t, "kinesis: "+e.ErrorMessage(), err.Error())
		require.Equal(t, "kinesis: Op: "+e.ErrorMessage(), e.Error())
	}
	strange := &kinesis.Error{Op: "Op", Err: errBoom}
	require.Equal(t, "InternalFailure", strange.ErrorCode())
	require.Equal(t, "boom", strange.ErrorMessage())
	require.Equal(t, "unknown error", (&kinesis.Error{}).ErrorMessage())
	require.EqualError(t, &kinesis.BatchError{}, "no entry failed")
}

func TestNumbersAreText(t *testing.T) {
	s := newStream(t, kinesis.Config{})
	n := mustPut(t, s, keyed("k", "1")...)[0].SequenceNumber
	require.Len(t, n.String(), 56)
	again, err := kinesis.ParseSequenceNumber(n.String())
	require.NoError(t, err)
	require.Equal(t, n, again)
	text, err := n.MarshalText()
	require.NoError(t, err)
	var unmarshaled kinesis.SequenceNumber
	require.NoError(t, unmarshaled.UnmarshalText(text))
	require.Equal(t, n, unmarshaled)
	require.NoError(t, unmarshaled.UnmarshalText(nil))
	require.True(t, unmarshaled.IsZero())
	require.Equal(t, "0", unmarshaled.String())
	require.Negative(t, unmarshaled.Compare(n))
	for _, bad := range []string{"", "x", "01", "-1", " 1", strings.Repeat("9", 57), strings.Repeat("9", 200)} {
		_, err := kinesis.ParseSequenceNumber(bad)
		require.ErrorIs(t, err, kinesis.ErrInvalidArgument, bad)
		require.Less(t, len(err.Error()), 250)
		_, err = kinesis.ParseHashKey(bad)
		require.ErrorIs(t, err, kinesis.ErrInvalidArgument, bad)
		var key kinesis.HashKey
		require.Error(t, key.UnmarshalText([]byte(bad)))
	}
	key := kinesis.HashKeyOf("k")
	parsed, err := kinesis.ParseHashKey(key.String())
	require.NoError(t, err)
	require.Equal(t, key, parsed)
	require.Equal(t, "340282366920938463463374607431768211455", kinesis.MaxHashKey.String())
	all := kinesis.HashKeyRange{End: kinesis.MaxHashKey}
	require.Equal(t, kinesis.HashKey{Hi: 1<<63 - 1, Lo: 1<<64 - 1}, all.Middle())
	require.True(t, all.Contains(key))
	require.False(t, kinesis.HashKeyRange{Start: kinesis.HashKey{Lo: 1}}.Contains(kinesis.HashKey{}))
}
