package firehose_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/firehose"
)

func newService(t testing.TB, cfg firehose.ServiceConfig) *firehose.Service {
	t.Helper()
	s, err := firehose.NewService(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

func TestConfigFaults(t *testing.T) {
	source, err := kinesis.New("source", kinesis.Config{})
	require.NoError(t, err)
	interval := new(time.Minute)
	for name, c := range map[string]struct {
		change func(*firehose.Config)
		want   string
	}{
		"no sink":        {func(c *firehose.Config) { c.Sink = nil }, "Sink is missing."},
		"size alone":     {func(c *firehose.Config) { c.Buffering = firehose.Buffering{Size: 1 << 20} }, "Buffering needs both Size and Interval, or neither."},
		"interval alone": {func(c *firehose.Config) { c.Buffering = firehose.Buffering{Interval: interval} }, "Buffering needs both"},
		"size too small": {func(c *firehose.Config) { c.Buffering = firehose.Buffering{Size: 1<<20 - 1, Interval: interval} }, "1 to 128 MiB"},
		"size too large": {func(c *firehose.Config) {
			c.Buffering = firehose.Buffering{Size: 128<<20 + 1, Interval: interval}
			c.Relaxed = true
		}, "1 to 128 MiB"},
		"size negative": {func(c *firehose.Config) {
			c.Buffering = firehose.Buffering{Size: -1, Interval: interval}
			c.Relaxed = true
		}, "1 to 128 MiB"},
		"interval too long": {func(c *firehose.Config) {
			c.Buffering = firehose.Buffering{Size: 1 << 20, Interval: new(901 * time.Second)}
		}, "0 to 900 seconds"},
		"interval negative":       {func(c *firehose.Config) { c.Buffering = firehose.Buffering{Size: 1 << 20, Interval: new(-time.Second)} }, "0 to 900 seconds"},
		"retry duration":          {func(c *firehose.Config) { c.RetryDuration = new(7201 * time.Second) }, "0 to 7200 seconds"},
		"memory":                  {func(c *firehose.Config) { c.MaxBuffered = -1 }, "MaxBuffered"},
		"concurrency":             {func(c *firehose.Config) { c.Concurrency = -1 }, "Concurrency"},
		"transition":              {func(c *firehose.Config) { c.TransitionTime = -1 }, "TransitionTime"},
		"position without source": {func(c *firehose.Config) { c.SourcePosition = &kinesis.Position{} }, "needs a Source"},
		"position with a number":  {func(c *firehose.Config) { c.Source = source; c.SourcePosition = new(kinesis.After(aNumber(t))) }, "no sequence number"},
		"key type":                {func(c *firehose.Config) { c.KeyType = "X" }, "KeyType"},
		"key of a customer":       {func(c *firehose.Config) { c.KeyType = "CUSTOMER_MANAGED_CMK" }, "KeyARN is missing"},
		"key with a source":       {func(c *firehose.Config) { c.KeyType = "AWS_OWNED_CMK"; c.Source = source }, "Encryption is that of the source"},
		"tags":                    {func(c *firehose.Config) { c.Tags = map[string]string{"": "x"} }, "tag's key"},
		"backup without sink":     {func(c *firehose.Config) { c.Backup = &firehose.Backup{} }, "Backup.Sink is missing."},
		"backup's buffering": {func(c *firehose.Config) {
			c.Backup = &firehose.Backup{Sink: c.Sink, Buffering: firehose.Buffering{Size: 1, Interval: interval}}
		}, "Backup.Buffering.Size"},
		"backup's prefix": {func(c *firehose.Config) { c.Backup = &firehose.Backup{Sink: c.Sink, Prefix: "!{x:y}"} }, "Namespace to the left of colon"},
		"backup by partition": {func(c *firehose.Config) {
			c.Backup = &firehose.Backup{Sink: c.Sink, Prefix: "!{partitionKeyFromQuery:a}/"}
		}, "Dynamic Partitioning"},
		"transform without func": {func(c *firehose.Config) { c.Transform = &firehose.Transform{} }, "Transform.Func is missing."},
		"transform size":         {func(c *firehose.Config) { c.Transform = &firehose.Transform{Func: upper, BufferSize: 199_999} }, "200 KB to 3 MB"},
		"transform size large":   {func(c *firehose.Config) { c.Transform = &firehose.Transform{Func: upper, BufferSize: 3_000_001} }, "200 KB to 3 MB"},
		"transform interval": {func(c *firehose.Config) {
			c.Transform = &firehose.Transform{Func: upper, BufferInterval: new(-time.Second)}
		}, "Transform.BufferInterval"},
		"transform retries": {func(c *firehose.Config) { c.Transform = &firehose.Transform{Func: upper, Retries: new(301)} }, "Transform.Retries"},
		"prefix": {func(c *firehose.Config) {
			c.Prefix = "!{timestamp:YYYY}/"
			c.ErrorOutputPrefix = "!{firehose:error-output-type}/"
		}, "Invalid conversion character"},
		"time zone":   {func(c *firehose.Config) { c.CustomTimeZone = "Mars/Base" }, "not a supported time zone"},
		"extension":   {func(c *firehose.Config) { c.FileExtension = "gz" }, "fileExtension"},
		"compression": {func(c *firehose.Config) { c.Compression = "brotli" }, "compressionFormat"},
		"keys without partitions": {func(c *firehose.Config) {
			c.Prefix = "!{partitionKeyFromQuery:a}/"
			c.ErrorOutputPrefix = "!{firehose:error-output-type}/"
		}, "when Dynamic Partitioning is enabled"},
		"partitions without keys": {func(c *firehose.Config) { c.Partitioning = &firehose.Partitioning{} }, "should contain Dynamic Partitioning namespaces"},
		"paths and function": {func(c *firehose.Config) {
			byQuery(c, map[string]string{"a": ".a"})
			c.Partitioning.Func = partitioned(nil).Partitioning.Func
		}, "both Paths and Func"},
		"a path that is none": {func(c *firehose.Config) { byQuery(c, map[string]string{"a": "a"}) }, "Partitioning.Paths: a: "},
		"a key without path":  {func(c *firehose.Config) { byQuery(c, map[string]string{"b": ".b"}) }, `the partition key "a"`},
		"a key without function": {func(c *firehose.Config) {
			byQuery(c, map[string]string{"a": ".a"})
			c.Prefix += "!{partitionKeyFromLambda:b}/"
		}, "there is none"},
		"active partitions": {func(c *firehose.Config) { byQuery(c, map[string]string{"a": ".a"}); c.Partitioning.MaxActive = -1 }, "MaxActive"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := firehose.Config{Sink: newSpy(nil)}
			good, err := firehose.New("s", cfg)
			require.NoError(t, err)
			c.change(&cfg)
			_, err = firehose.New("s", cfg)
			require.ErrorContains(t, err, c.want)
			require.ErrorContains(t, err, "firehose: CreateDeliveryStream s: ")
			var e *firehose.Error
			require.ErrorAs(t, err, &e)
			require.Contains(t, []string{"InvalidArgumentException", "ValidationException"}, e.ErrorCode())
			if !strings.Contains(name, "position") && !strings.Contains(name, "key ") && name != "tags" && name != "key type" && name != "transition" {
				require.ErrorContains(t, good.Update(0, cfg), c.want)
				require.Equal(t, int64(1), good.Version())
			}
		})
	}
	_, err = firehose.New("a name", firehose.Config{Concurrency: -1})
	for _, fault := range []string{"Sink is missing.", "Concurrency", "deliveryStreamName"} {
		require.ErrorContains(t, err, fault, "all faults at once")
	}
}

func byQuery(c *firehose.Config, paths map[string]string) {
	c.Prefix, c.ErrorOutputPrefix = "!{partitionKeyFromQuery:a}/", "!{firehose:error-output-type}/"
	c.Partitioning = &firehose.Partitioning{Paths: paths}
}

func aNumber(t *testing.T) kinesis.SequenceNumber {
	n, err := kinesis.ParseSequenceNumber("49590338271490256608559692538361571095921575989136588898")
	require.NoError(t, err)
	return n
}

func TestDefaults(t *testing.T) {
	sink := newSpy(nil)
	s := open(t, "s", firehose.Config{Sink: sink})
	c := s.Config()
	require.Equal(t, 5<<20, c.Buffering.Size)
	require.Equal(t, 300*time.Second, *c.Buffering.Interval)
	require.Equal(t, firehose.Uncompressed, c.Compression)
	require.Nil(t, c.RetryDuration, "24 hours")
	require.Equal(t, int64(256<<20), c.MaxBuffered)
	require.Equal(t, 16, c.Concurrency)
	require.Equal(t, "arn:aws:firehose:us-east-1:000000000000:deliverystream/s", s.ARN())
	require.Equal(t, firehose.DirectPut, s.Type())
	require.Equal(t, firehose.StatusActive, s.Status())
	require.Equal(t, int64(1), s.Version())
	require.True(t, s.UpdatedAt().IsZero())
	require.False(t, s.CreatedAt().IsZero())

	c = open(t, "s", firehose.Config{Sink: sink, ErrorSink: sink}).Config()
	require.Equal(t, 300*time.Second, *c.RetryDuration)
	c = open(t, "s", firehose.Config{Sink: sink, Buffering: firehose.Buffering{Size: 128 << 20, Interval: new(time.Second)}}).Config()
	require.Equal(t, int64(512<<20), c.MaxBuffered)
}

func TestService(t *testing.T) {
	service := newService(t, firehose.ServiceConfig{Account: "123456789012", Region: "eu-central-1", Limit: 3})
	cfg := firehose.Config{Sink: newSpy(nil)}
	create := func(s *firehose.Service, name string) *firehose.DeliveryStream {
		stream, err := s.CreateDeliveryStream(name, cfg)
		require.NoError(t, err)
		return stream
	}
	b := create(service, "b")
	a := create(service, "a")
	require.Equal(t, "123456789012", b.Account())
	require.Equal(t, "eu-central-1", b.Region())
	_, err := service.CreateDeliveryStream("a", cfg)
	requireError(t, err, firehose.ErrResourceInUse, "Firehose a under accountId 123456789012 already exists")
	create(service, "c")
	_, err = service.CreateDeliveryStream("d", cfg)
	requireError(t, err, firehose.ErrLimitExceeded, "3 delivery streams")
	elsewhere, err := service.As("210987654321", "eu-west-1")
	require.NoError(t, err)
	far := create(elsewhere, "a")
	require.Equal(t, "eu-west-1", elsewhere.Region())
	require.Equal(t, "210987654321", elsewhere.Account())

	found, err := service.DeliveryStream("a")
	require.NoError(t, err)
	require.Same(t, a, found)
	require.Equal(t, "a", found.Name())
	found, err = service.DeliveryStreamByARN(far.ARN())
	require.NoError(t, err)
	require.Same(t, far, found)
	for _, arn := range []string{"", "a", far.ARN() + "x", "arn:aws:firehose:eu-west-1:210987654321:a", "arn:aws:kinesis:eu-west-1:210987654321:deliverystream/a"} {
		_, err = service.DeliveryStreamByARN(arn)
		requireError(t, err, firehose.ErrResourceNotFound, "")
	}
	_, err = elsewhere.DeliveryStream("b")
	requireError(t, err, firehose.ErrResourceNotFound, "Firehose b under account 210987654321 not found.")
	requireError(t, elsewhere.DeleteDeliveryStream("b", false), firehose.ErrResourceNotFound, "")
	require.NoError(t, service.DeleteDeliveryStream("c", false))
	create(service, "d")

	same, err := service.As("123456789012", "eu-central-1")
	require.NoError(t, err)
	require.Same(t, service, same)
	for _, bad := range [][2]string{{"1", "eu-west-1"}, {"123456789012", "EU"}} {
		_, err = service.As(bad[0], bad[1])
		requireError(t, err, firehose.ErrInvalidArgument, "")
		_, err = firehose.NewService(firehose.ServiceConfig{Account: bad[0], Region: bad[1]})
		requireError(t, err, firehose.ErrInvalidArgument, "")
	}
	_, err = firehose.NewService(firehose.ServiceConfig{Limit: -1})
	requireError(t, err, firehose.ErrInvalidArgument, "Limit")
}

func TestList(t *testing.T) {
	service := newService(t, firehose.ServiceConfig{})
	source, err := kinesis.New("source", kinesis.Config{})
	require.NoError(t, err)
	for i := range 12 {
		cfg := firehose.Config{Sink: newSpy(nil)}
		if i%4 == 0 {
			cfg.Source = source
		}
		_, err := service.CreateDeliveryStream(fmt.Sprintf("s%02d", 11-i), cfg)
		require.NoError(t, err)
	}
	for name, c := range map[string]struct {
		req  firehose.ListRequest
		want string
		more bool
	}{
		"first page":   {firehose.ListRequest{}, "s00 s01 s02 s03 s04 s05 s06 s07 s08 s09", true},
		"next page":    {firehose.ListRequest{ExclusiveStartName: "s09"}, "s10 s11", false},
		"after nobody": {firehose.ListRequest{ExclusiveStartName: "s095", Limit: 1}, "s10", true},
		"exactly":      {firehose.ListRequest{ExclusiveStartName: "s09", Limit: 2}, "s10 s11", false},
		"the end":      {firehose.ListRequest{ExclusiveStartName: "s11"}, "", false},
		"fed ones":     {firehose.ListRequest{Type: firehose.KinesisStreamAsSource, Limit: 2}, "s03 s07", true},
		"direct ones":  {firehose.ListRequest{Type: firehose.DirectPut, Limit: 10_000}, "s00 s01 s02 s04 s05 s06 s08 s09 s10", false},
	} {
		t.Run(name, func(t *testing.T) {
			page, err := service.List(c.req)
			require.NoError(t, err)
			var names []string
			for _, s := range page.DeliveryStreams {
				names = append(names, s.Name())
			}
			require.Equal(t, c.want, strings.Join(names, " "))
			require.Equal(t, c.more, page.HasMore)
		})
	}
	for _, limit := range []int{-1, 10_001} {
		_, err := service.List(firehose.ListRequest{Limit: limit})
		requireError(t, err, firehose.ErrInvalidArgument, "Limit")
	}
}

func TestTags(t *testing.T) {
	s := open(t, "s", firehose.Config{Sink: newSpy(nil), Tags: map[string]string{"b": "1", "a": ""}})
	require.Equal(t, []firehose.Tag{{"a", ""}, {"b", "1"}}, s.Tags())
	require.NoError(t, s.Tag(map[string]string{"b": "2", "c": strings.Repeat("ü", 256)}))
	require.NoError(t, s.Untag("a", "c", "none"))
	require.Equal(t, []firehose.Tag{{"b", "2"}}, s.Tags())
	requireError(t, s.Tag(map[string]string{"d": "", strings.Repeat("ü", 129): ""}), firehose.ErrValidation, "1 to 128")
	requireError(t, s.Tag(map[string]string{"d": strings.Repeat("x", 257)}), firehose.ErrValidation, "256")
	many := map[string]string{}
	for i := range 50 {
		many[fmt.Sprint(i)] = ""
	}
	requireError(t, s.Tag(many), firehose.ErrLimitExceeded, "50")
	require.Len(t, s.Tags(), 1, "nothing was added")
	delete(many, "0")
	require.NoError(t, s.Tag(many))
	require.Len(t, s.Tags(), 50)
}

func TestEncryption(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, "s", firehose.Config{Sink: newSpy(nil), KeyType: "CUSTOMER_MANAGED_CMK", KeyARN: "arn:key"})
		is := func(wantType, wantARN string) {
			t.Helper()
			keyType, keyARN := s.Encryption()
			require.Equal(t, []string{wantType, wantARN}, []string{keyType, keyARN})
		}
		is("CUSTOMER_MANAGED_CMK", "arn:key")
		require.NoError(t, s.StopEncryption())
		is("", "")
		require.NoError(t, s.StartEncryption("", ""))
		is("AWS_OWNED_CMK", "")
		requireError(t, s.StartEncryption("AWS_OWNED_CMK", "arn:key"), firehose.ErrInvalidArgument, "KeyARN")
		requireError(t, s.StartEncryption("other", ""), firehose.ErrInvalidArgument, "KeyType")
		for range 23 {
			require.NoError(t, s.StartEncryption("CUSTOMER_MANAGED_CMK", "arn:key"))
		}
		requireError(t, s.StopEncryption(), firehose.ErrLimitExceeded, "")
		is("CUSTOMER_MANAGED_CMK", "arn:key")
		time.Sleep(24 * time.Hour)
		require.NoError(t, s.StopEncryption())
	})
}

// What is buffered is delivered with the configuration under which it came; the order
// of a partition is kept across updates.
func TestUpdate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old, next := newSpy(slow(10*time.Second)), newSpy(nil)
		cfg := small(old)
		cfg.Prefix = "old/"
		cfg.KeyType = "AWS_OWNED_CMK"
		cfg.Destination = "one"
		stream := open(t, "s", cfg)
		put(t, stream, "a", "b")
		changed := stream.Config()
		changed.Sink, changed.Prefix, changed.Destination, changed.AppendDelimiter = next, "new/", "two", true
		changed.KeyType = ""
		time.Sleep(time.Second)
		requireError(t, stream.Update(2, changed), firehose.ErrConcurrentModification, "VersionId")
		require.NoError(t, stream.Update(1, changed))
		synctest.Wait()
		require.Equal(t, seconds(1), old.times(), "at once")
		require.Equal(t, int64(2), stream.Version())
		require.Equal(t, midnight.Add(time.Second), stream.UpdatedAt().UTC())
		require.Equal(t, "two", stream.Config().Destination)
		keyType, _ := stream.Encryption()
		require.Equal(t, "AWS_OWNED_CMK", keyType, "which is not the destination's")
		put(t, stream, "c", "d", "e", "f", "g")
		synctest.Wait()
		require.Empty(t, next.all(), "it waits for what came before")
		require.NoError(t, stream.Flush(t.Context()))
		require.Equal(t, []string{"ab"}, old.taken())
		require.Equal(t, []string{"c\nd\ne\nf\ng\n"}, next.taken())
		require.Regexp(t, "^old/2000/01/01/00/s-1-", old.all()[0].key)
		require.Regexp(t, "^new/2000/01/01/00/s-2-2000-01-01-00-00-01-", next.all()[0].key)
		require.Equal(t, seconds(11), next.times())
		require.NoError(t, stream.Update(0, changed), "0 is any version")
		require.Equal(t, int64(3), stream.Version())
	})
}

// A transformation that was added, or taken away, concerns what comes then.
func TestUpdateTransform(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := newSpy(nil)
		stream := open(t, "s", transforming(sink, upper))
		put(t, stream, "a", "b")
		cfg := stream.Config()
		cfg.Transform = nil
		require.NoError(t, stream.Update(0, cfg))
		put(t, stream, "c")
		synctest.Wait()
		cfg = transforming(sink, upper)
		cfg.Random = counted()
		require.NoError(t, stream.Update(0, cfg))
		put(t, stream, "d")
		require.NoError(t, stream.Flush(t.Context()))
		require.ElementsMatch(t, []string{"AB", "c", "D"}, sink.taken())
	})
}

// A Put during which the configuration changes obeys the new one.
func TestUpdateDuringPut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := newSpy(nil)
		cfg := partitioned(sink)
		var stream *firehose.DeliveryStream
		cfg.Partitioning.Func = func([]byte) (map[string]string, error) {
			next := small(sink)
			next.Prefix, next.AppendDelimiter = "new/", true
			require.NoError(t, stream.Update(0, next))
			return map[string]string{"customer": "old"}, nil
		}
		stream = open(t, "s", cfg)
		put(t, stream, "a")
		require.NoError(t, stream.Flush(t.Context()))
		require.Equal(t, []string{"a\n"}, sink.taken())
		require.Regexp(t, "^new/", sink.all()[0].key)
	})
}

func TestErrors(t *testing.T) {
	require.Equal(t, "firehose: Put s: Slow down.", (&firehose.Error{Op: "Put", DeliveryStream: "s", Err: firehose.ErrServiceUnavailable}).Error())
	require.Equal(t, "ServiceUnavailableException", (&firehose.Error{Err: firehose.ErrServiceUnavailable}).ErrorCode())
	require.Equal(t, "InternalFailure", (&firehose.Error{Err: errDown}).ErrorCode())
	require.Equal(t, errDown.Error(), (&firehose.Error{Err: errDown}).ErrorMessage())
	require.Equal(t, "unknown error", (&firehose.Error{}).ErrorMessage())
	require.Equal(t, "no entry failed", (&firehose.BatchError{}).Error())
	batch := &firehose.BatchError{Failed: []firehose.EntryError{{Index: 3, Err: errDown}}}
	require.Equal(t, "entry 3: the sink is down", batch.Error())
	batch.Failed = append(batch.Failed, batch.Failed[0])
	require.Equal(t, "2 entries failed, first entry 3: the sink is down", batch.Error())
	require.ErrorIs(t, batch, errDown)
}
