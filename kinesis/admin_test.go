package kinesis_test

import (
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
)

// streamIn returns a stream of a service of its own, and the service.
func streamIn(t testing.TB, cfg kinesis.Config) (*kinesis.Service, *kinesis.LocalStream) {
	t.Helper()
	service, err := kinesis.NewService(kinesis.ServiceConfig{})
	require.NoError(t, err)
	t.Cleanup(func() { service.Close() })
	stream, err := service.CreateStream("orders", cfg)
	require.NoError(t, err)
	return service, stream
}

// wantFault checks an error as a caller would: by its sentinel, and by AWS's text.
func wantFault(t testing.TB, err, sentinel error, text string) {
	t.Helper()
	require.ErrorIs(t, err, sentinel)
	var e *kinesis.Error
	require.ErrorAs(t, err, &e)
	require.Contains(t, e.ErrorMessage(), text)
	require.NotEmpty(t, e.Op)
	require.NotEmpty(t, e.Stream)
}

// taggable is a stream or a consumer.
type taggable interface {
	Tags() map[string]string
	Tag(tags map[string]string) error
	Untag(keys ...string) error
}

// policied is a stream or a consumer.
type policied interface {
	Policy() (string, error)
	PutPolicy(policy string) error
	DeletePolicy() error
}

func TestTags(t *testing.T) {
	_, stream := streamIn(t, kinesis.Config{Tags: map[string]string{"k1": "v1"}})
	consumer, err := stream.RegisterConsumer("c", map[string]string{"k1": "v1"})
	require.NoError(t, err)
	for name, tagged := range map[string]taggable{"stream": stream, "consumer": consumer} {
		require.Equal(t, map[string]string{"k1": "v1"}, tagged.Tags(), name)
		require.NoError(t, tagged.Tag(map[string]string{"k2": "v2", "k3": ""}))
		require.NoError(t, tagged.Untag("k1", "unknown"))
		require.NoError(t, tagged.Tag(map[string]string{"k2": "v2b"}))
		want := map[string]string{"k2": "v2b", "k3": ""}
		require.Equal(t, want, tagged.Tags(), name)
		tagged.Tags()["mine"] = "x"
		require.Equal(t, want, tagged.Tags(), "the map is the caller's")

		many := map[string]string{}
		for i := range 49 {
			many[strconv.Itoa(i)] = "x"
		}
		wantFault(t, tagged.Tag(many), kinesis.ErrInvalidArgument, "cannot have more than 50 tags")
		many["50"], many["51"] = "x", "x"
		wantFault(t, tagged.Tag(many), kinesis.ErrInvalidArgument, "51 tags are too many")
		require.Equal(t, want, tagged.Tags(), "a refused change changes nothing")
		delete(many, "50")
		delete(many, "51")
		wantFault(t, tagged.Untag("k3", "k!"), kinesis.ErrInvalidArgument, "Some tags contain invalid characters.")
		require.Contains(t, tagged.Tags(), "k3")
		require.NoError(t, tagged.Untag("k3"))
		require.NoError(t, tagged.Tag(many))
		require.Len(t, tagged.Tags(), 50, name)
		require.NoError(t, tagged.Tag(many), "tags that are there make no more")
	}
}

func TestTagsThatAreNone(t *testing.T) {
	_, stream := streamIn(t, kinesis.Config{})
	const keys = "' at 'tags' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1]"
	const value = "' at 'tags' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to 256, Member must have length greater than or equal to 0]"
	long := strings.Repeat("ö", 128)
	for _, row := range []struct {
		key, value string
		sentinel   error
		text       string
	}{
		{"a", "", nil, ""},
		{"Größe\u00a0数 _./=+-%@:9", "Größe\u00a0数 _./=+-%@:9", nil, ""},
		{long, long + long, nil, ""},
		{"naws:x", "aws:x", nil, ""},
		{"", "v", kinesis.ErrValidation, "1 validation error detected: Value '{=v}" + keys},
		{long + "x", "v", kinesis.ErrValidation, keys},
		{"k", long + long + "x", kinesis.ErrValidation, value},
		{"a!", "v", kinesis.ErrInvalidArgument, "Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, _ . / = + - % @ :."},
		{"a", "{}", kinesis.ErrInvalidArgument, "Some tags contain invalid characters."},
		{"a\x00", "v", kinesis.ErrInvalidArgument, "Some tags contain invalid characters."},
		{"a\tb", "v", kinesis.ErrInvalidArgument, "Some tags contain invalid characters."},
		{"a", "b\nc", kinesis.ErrInvalidArgument, "Some tags contain invalid characters."},
		{"a", "\xff", kinesis.ErrInvalidArgument, "Some tags contain invalid characters."},
		{"aws:x", "v", kinesis.ErrInvalidArgument, "reserved"},
		{"AWS:x", "v", kinesis.ErrInvalidArgument, "reserved"},
	} {
		tags := map[string]string{row.key: row.value}
		err := stream.Tag(tags)
		_, creation := kinesis.New("s", kinesis.Config{Tags: tags})
		_, registration := stream.RegisterConsumer("c", tags)
		if row.sentinel == nil {
			require.NoError(t, err, row.key)
			require.NoError(t, creation, row.key)
			require.NoError(t, registration, row.key)
			require.NoError(t, stream.DeregisterConsumer("c"))
			require.NoError(t, stream.Untag(row.key))
			continue
		}
		wantFault(t, err, row.sentinel, row.text)
		wantFault(t, creation, row.sentinel, row.text)
		wantFault(t, registration, row.sentinel, row.text)
	}
	require.Empty(t, stream.Tags())
	require.Empty(t, stream.Consumers())
}

func TestPolicies(t *testing.T) {
	_, stream := streamIn(t, kinesis.Config{})
	consumer, err := stream.RegisterConsumer("c", nil)
	require.NoError(t, err)
	for arn, holder := range map[string]policied{stream.ARN(): stream, consumer.ARN(): consumer} {
		none := "No resource policy found for resource ARN " + arn + "."
		_, err := holder.Policy()
		wantFault(t, err, kinesis.ErrResourceNotFound, none)
		wantFault(t, holder.DeletePolicy(), kinesis.ErrResourceNotFound, none)
		const first, second = `{"Version":"2012-10-17","Statement":[]}`, "\n{}"
		for _, policy := range []string{first, second} {
			require.NoError(t, holder.PutPolicy(policy))
			got, err := holder.Policy()
			require.NoError(t, err)
			require.Equal(t, policy, got)
		}
		for _, bad := range []string{"", " ", "[]", "null", "{", "{}{}", `{"a":}`, "\u00a0{}"} {
			wantFault(t, holder.PutPolicy(bad), kinesis.ErrInvalidArgument, "not a JSON object")
		}
		limit := "{" + strings.Repeat(" ", 20<<10-2) + "}"
		wantFault(t, holder.PutPolicy(limit+" "), kinesis.ErrInvalidArgument, "has 20481 bytes")
		got, err := holder.Policy()
		require.NoError(t, err)
		require.Equal(t, second, got, "a refused change changes nothing")
		require.NoError(t, holder.PutPolicy(limit))
		require.NoError(t, holder.DeletePolicy())
		_, err = holder.Policy()
		wantFault(t, err, kinesis.ErrResourceNotFound, none)
	}
	_, err = kinesis.New("s", kinesis.Config{Policy: "[]"})
	wantFault(t, err, kinesis.ErrInvalidArgument, "not a JSON object")
}

func TestEncryption(t *testing.T) {
	_, stream := streamIn(t, kinesis.Config{})
	const id, arn = "12345678-1234-1234-1234-1234567890ab", "arn:aws:kms:us-east-1:123456789012:"
	for _, good := range []string{
		id, "mrk-" + strings.Repeat("0", 32), "alias/aws/kinesis", "alias/My_alias-1",
		arn + "key/" + id, arn + "alias/MyAliasName", "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/" + id,
		"alias/" + strings.Repeat("a", 250),
	} {
		require.NoError(t, stream.StartEncryption(good), good)
		require.Equal(t, good, stream.Config().KMSKeyID)
	}
	last := stream.Config().KMSKeyID
	for _, bad := range []string{
		"", "key", "key/" + id, id + "0", "alias/", "alias/a b", "alias/" + strings.Repeat("a", 251), arn, arn + "key/x", arn + id, "arn:aws:s3:us-east-1:123456789012:key/" + id,
		"arn:aws:kms:us-east-1:1234:key/" + id, "alias/a\n",
	} {
		wantFault(t, stream.StartEncryption(bad), kinesis.ErrInvalidArgument, "KeyId "+bad+" is invalid.")
		if bad != "" {
			_, err := kinesis.New("s", kinesis.Config{KMSKeyID: bad})
			wantFault(t, err, kinesis.ErrInvalidArgument, "KeyId "+bad+" is invalid.")
		}
	}
	require.Equal(t, last, stream.Config().KMSKeyID, "a refused change changes nothing")
	for range 2 {
		require.NoError(t, stream.StopEncryption())
		require.Empty(t, stream.Config().KMSKeyID)
	}
}

func TestEnhancedMonitoring(t *testing.T) {
	_, stream := streamIn(t, kinesis.Config{})
	all := []string{"IncomingBytes", "IncomingRecords", "OutgoingBytes", "OutgoingRecords", "WriteProvisionedThroughputExceeded", "ReadProvisionedThroughputExceeded", "IteratorAgeMilliseconds"}
	before := []string{}
	for _, step := range []struct {
		change  func(metrics ...string) (current, desired []string, err error)
		metrics []string
		desired []string
	}{
		{stream.DisableEnhancedMonitoring, []string{"ALL"}, []string{}},
		{stream.EnableEnhancedMonitoring, []string{"OutgoingBytes", "IncomingBytes", "OutgoingBytes"}, []string{"IncomingBytes", "OutgoingBytes"}},
		{stream.EnableEnhancedMonitoring, []string{"IncomingBytes"}, []string{"IncomingBytes", "OutgoingBytes"}},
		{stream.DisableEnhancedMonitoring, []string{"IncomingBytes", "IteratorAgeMilliseconds"}, []string{"OutgoingBytes"}},
		{stream.EnableEnhancedMonitoring, all, all},
		{stream.DisableEnhancedMonitoring, []string{"OutgoingRecords"}, []string{all[0], all[1], all[2], all[4], all[5], all[6]}},
		{stream.EnableEnhancedMonitoring, []string{"OutgoingRecords", "ALL"}, all},
		{stream.DisableEnhancedMonitoring, []string{"ALL"}, []string{}},
	} {
		current, desired, err := step.change(step.metrics...)
		require.NoError(t, err)
		require.Equal(t, before, current)
		require.Equal(t, step.desired, desired)
		require.ElementsMatch(t, desired, stream.Config().ShardLevelMetrics)
		if len(desired) > 0 {
			desired[0] = "mine"
			require.NotContains(t, stream.Config().ShardLevelMetrics, "mine", "the slices are the caller's")
		}
		before = append([]string{}, stream.Config().ShardLevelMetrics...)
	}
	for text, metrics := range map[string][]string{
		"Value '[]' at 'shardLevelMetrics' failed to satisfy constraint: Member must have length greater than or equal to 1":                                                             nil,
		"Member must have length less than or equal to 7":                                                                                                                                append(all, "ALL"),
		"Value '[all]' at 'shardLevelMetrics' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [IncomingBytes, IncomingRecords, Outgo": {"IncomingBytes", "all"},
	} {
		_, _, err := stream.EnableEnhancedMonitoring(metrics...)
		wantFault(t, err, kinesis.ErrValidation, text)
		_, _, err = stream.DisableEnhancedMonitoring(metrics...)
		wantFault(t, err, kinesis.ErrValidation, text)
	}
	require.Empty(t, stream.Config().ShardLevelMetrics, "a refused change changes nothing")

	everything, err := kinesis.New("s", kinesis.Config{ShardLevelMetrics: []string{"ALL"}})
	require.NoError(t, err)
	require.Equal(t, all, everything.Config().ShardLevelMetrics)
	_, err = kinesis.New("s", kinesis.Config{ShardLevelMetrics: []string{"x"}})
	wantFault(t, err, kinesis.ErrValidation, "Value '[x]'")
}

func TestWarmThroughput(t *testing.T) {
	service, provisioned := streamIn(t, kinesis.Config{})
	stream, err := service.CreateStream("on-demand", kinesis.Config{Mode: kinesis.ModeOnDemand})
	require.NoError(t, err)
	const uncommitted = "Warm throughput is supported for accounts with MinimumThroughputBillingCommitment enabled only."
	wantFault(t, stream.SetWarmThroughput(100), kinesis.ErrValidation, uncommitted)
	require.NoError(t, service.UpdateAccountSettings(kinesis.AccountSettings{CommitmentStatus: kinesis.CommitmentEnabled}))
	wantFault(t, provisioned.SetWarmThroughput(100), kinesis.ErrValidation, "Stream orders is provisioned.")
	for _, good := range []int{100, 10_240, 0} {
		require.NoError(t, stream.SetWarmThroughput(good))
		require.Equal(t, good, stream.Config().WarmThroughputMiBps)
	}
	for _, bad := range []int{-1, 10_241} {
		wantFault(t, stream.SetWarmThroughput(bad), kinesis.ErrInvalidArgument, "in the range: [0, 10240]. Specified value was "+strconv.Itoa(bad))
	}
	require.Zero(t, stream.Config().WarmThroughputMiBps, "a refused change changes nothing")

	elsewhere, err := service.As(service.Account(), "eu-west-1")
	require.NoError(t, err)
	stream, err = elsewhere.CreateStream("s", kinesis.Config{Mode: kinesis.ModeOnDemand})
	require.NoError(t, err)
	wantFault(t, stream.SetWarmThroughput(100), kinesis.ErrValidation, uncommitted)
}

// Some settings make a stream UPDATING, some need an ACTIVE one, some neither.
func TestSettingsTakeTime(t *testing.T) {
	monitor := func(s *kinesis.LocalStream) error { _, _, err := s.EnableEnhancedMonitoring("ALL"); return err }
	unmonitor := func(s *kinesis.LocalStream) error { _, _, err := s.DisableEnhancedMonitoring("ALL"); return err }
	register := func(s *kinesis.LocalStream) error { _, err := s.RegisterConsumer("c", nil); return err }
	for _, row := range []struct {
		name    string
		change  func(s *kinesis.LocalStream) error
		waits   bool // for the stream to be ACTIVE
		updates bool
	}{
		{"StartEncryption", func(s *kinesis.LocalStream) error { return s.StartEncryption("alias/a") }, true, true},
		{"StopEncryption", (*kinesis.LocalStream).StopEncryption, true, true},
		{"EnableEnhancedMonitoring", monitor, true, true},
		{"DisableEnhancedMonitoring", unmonitor, true, true},
		{"SetWarmThroughput", func(s *kinesis.LocalStream) error { return s.SetWarmThroughput(1) }, true, true},
		{"PutPolicy", func(s *kinesis.LocalStream) error { return s.PutPolicy("{}") }, true, false},
		{"DeletePolicy", (*kinesis.LocalStream).DeletePolicy, true, false},
		{"RegisterConsumer", register, true, false},
		{"DeregisterConsumer", func(s *kinesis.LocalStream) error { return s.DeregisterConsumer("c") }, false, false},
		{"Tag", func(s *kinesis.LocalStream) error { return s.Tag(map[string]string{"a": "b"}) }, false, false},
		{"Untag", func(s *kinesis.LocalStream) error { return s.Untag("a") }, false, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			service, stream := streamIn(t, kinesis.Config{Mode: kinesis.ModeOnDemand, TransitionTime: 10 * time.Second, Policy: "{}"})
			require.NoError(t, service.UpdateAccountSettings(kinesis.AccountSettings{CommitmentStatus: kinesis.CommitmentEnabled}))
			if row.waits {
				wantFault(t, row.change(stream), kinesis.ErrResourceInUse, "Stream orders under account 000000000000 not ACTIVE, instead in state CREATING")
			}
			time.Sleep(10 * time.Second)
			if row.name == "DeregisterConsumer" {
				require.NoError(t, register(stream))
			}
			require.NoError(t, row.change(stream), row.name)
			if !row.updates {
				require.Equal(t, kinesis.StatusActive, stream.Status(), row.name)
				require.NoError(t, stream.StopEncryption())
			}
			require.Equal(t, kinesis.StatusUpdating, stream.Status(), row.name)
			if row.waits {
				wantFault(t, row.change(stream), kinesis.ErrResourceInUse, "instead in state UPDATING")
			} else {
				require.NoError(t, row.change(stream), row.name)
			}
			time.Sleep(10 * time.Second)
			require.Equal(t, kinesis.StatusActive, stream.Status(), row.name)

			require.NoError(t, service.DeleteStream("orders", true))
			wantFault(t, row.change(stream), kinesis.ErrResourceNotFound, "Stream orders under account 000000000000 not found.")
			_, err := stream.Policy()
			require.ErrorIs(t, err, kinesis.ErrResourceNotFound)
		})
	}
}
