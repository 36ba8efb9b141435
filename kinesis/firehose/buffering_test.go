package firehose_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis/firehose"
)

// A step of a story: after a while, a batch is put.
type step struct {
	after time.Duration
	put   []string
}

// A delivered object: when, and what.
type object struct {
	at   time.Duration
	body string
}

func TestBuffering(t *testing.T) {
	const s = time.Second
	for name, c := range map[string]struct {
		size      int
		interval  time.Duration
		delimiter bool
		steps     []step
		want      []object
	}{
		"nothing":                            {size: 10, interval: 60 * s},
		"by age":                             {size: 10, interval: 60 * s, steps: []step{{0, []string{"a", "b"}}, {59 * s, []string{"c"}}, {2 * s, []string{"d"}}}, want: []object{{60 * s, "abc"}, {121 * s, "d"}}},
		"the age is the oldest record's":     {size: 10, interval: 60 * s, steps: []step{{30 * s, []string{"a"}}, {59 * s, []string{"b"}}}, want: []object{{90 * s, "ab"}}},
		"at the very moment":                 {size: 10, interval: 60 * s, steps: []step{{0, []string{"a"}}, {60 * s, []string{"b"}}}, want: []object{{60 * s, "a"}, {120 * s, "b"}}},
		"by size, exactly":                   {size: 10, interval: 60 * s, steps: []step{{0, []string{"12345", "67890"}}}, want: []object{{0, "1234567890"}}},
		"never more than the size":           {size: 10, interval: 60 * s, steps: []step{{0, []string{"123456", "78901"}}}, want: []object{{0, "123456"}, {60 * s, "78901"}}},
		"a record that is too large":         {size: 10, interval: 60 * s, steps: []step{{0, []string{"1", strings.Repeat("x", 25), "2"}}}, want: []object{{0, "1"}, {0, strings.Repeat("x", 25)}, {60 * s, "2"}}},
		"several at once":                    {size: 2, interval: 60 * s, steps: []step{{0, []string{"a", "b", "c", "d", "e"}}}, want: []object{{0, "ab"}, {0, "cd"}, {60 * s, "e"}}},
		"the delimiter counts":               {size: 4, interval: 60 * s, delimiter: true, steps: []step{{0, []string{"a", "b", "c"}}}, want: []object{{0, "a\nb\n"}, {60 * s, "c\n"}}},
		"empty records":                      {size: 4, interval: 60 * s, delimiter: true, steps: []step{{0, []string{"", ""}}}, want: []object{{60 * s, "\n\n"}}},
		"at once":                            {size: 100, interval: 0, steps: []step{{s, []string{"a", "b"}}, {s, []string{"c"}}}, want: []object{{s, "ab"}, {2 * s, "c"}}},
		"at once, but size":                  {size: 3, interval: 0, steps: []step{{s, []string{"a", "b", "c", "d"}}}, want: []object{{s, "abc"}, {s, "d"}}},
		"a buffer that was full is not late": {size: 3, interval: 60 * s, steps: []step{{0, []string{"a", "bc"}}, {50 * s, []string{"d"}}}, want: []object{{0, "abc"}, {110 * s, "d"}}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sink := newSpy(nil)
				cfg := small(sink)
				cfg.Buffering = firehose.Buffering{Size: c.size, Interval: &c.interval}
				cfg.AppendDelimiter = c.delimiter
				stream := open(t, "s", cfg)
				for _, step := range c.steps {
					time.Sleep(step.after)
					put(t, stream, step.put...)
					synctest.Wait()
				}
				time.Sleep(1000 * s)
				synctest.Wait()
				var got []object
				for _, call := range sink.all() {
					got = append(got, object{call.after, call.body})
					require.Equal(t, 1, call.attempt)
					require.Equal(t, call.body, strings.Join(call.records, ""))
				}
				require.Equal(t, c.want, got)
				m := stream.Metrics()
				requireBalance(t, m)
				require.Zero(t, m.BufferedRecords)
				require.Zero(t, m.BufferedBytes)
				require.Zero(t, m.ActivePartitions)
				require.Equal(t, m.IncomingRecords, m.DeliveredRecords)
				require.NoError(t, stream.Close())
			})
		})
	}
}

// With an interval of 0 what comes while a delivery is under way goes out together.
func TestBufferingAtOnceBehindSlowSink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := newSpy(slow(10 * time.Second))
		cfg := small(sink)
		cfg.Buffering = firehose.Buffering{Size: 5, Interval: new(time.Duration(0))}
		stream := open(t, "s", cfg)
		for _, r := range []string{"a", "b", "c", "d", "e", "f", "g"} {
			put(t, stream, r)
			time.Sleep(time.Second)
		}
		require.NoError(t, stream.Flush(t.Context()))
		require.Equal(t, []string{"a", "bcdef", "g"}, sink.taken())
		require.Equal(t, []time.Duration{0, 10 * time.Second, 20 * time.Second}, sink.times())
	})
}

// Defaults are AWS's: 5 MiB or 300 seconds.
func TestBufferingDefaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := newSpy(nil)
		stream := open(t, "s", firehose.Config{Sink: sink})
		big := strings.Repeat("x", 1<<19)
		for range 10 {
			put(t, stream, big)
		}
		put(t, stream, "y")
		synctest.Wait()
		require.Len(t, sink.taken(), 1)
		require.Len(t, sink.taken()[0], 5<<20)
		time.Sleep(299 * time.Second)
		require.Len(t, sink.taken(), 1)
		time.Sleep(time.Second)
		synctest.Wait()
		require.Equal(t, "y", sink.taken()[1])
	})
}

// The data of a batch may be changed when Put has returned.
func TestPutCopies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, n := range []int{3, 100_000} { // in a shared chunk, in a block of its own
			sink := newSpy(nil)
			cfg := small(sink)
			cfg.Buffering.Size = 1 << 20
			stream := open(t, "s", cfg)
			first, second := []byte(strings.Repeat("a", n)), []byte(strings.Repeat("b", n))
			_, err := stream.Put(t.Context(), first, second)
			require.NoError(t, err)
			clear(first)
			clear(second)
			require.NoError(t, stream.Flush(t.Context()))
			require.Equal(t, strings.Repeat("a", n)+strings.Repeat("b", n), sink.taken()[0])
		}
	})
}

func TestPutErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := newSpy(nil)
		cfg := small(sink)
		cfg.Buffering.Size = 10 << 20
		stream := open(t, "s", cfg)
		fits, tooLong := strings.Repeat("x", 1_024_000), strings.Repeat("y", 1_024_001)
		puts, err := stream.Put(t.Context(), bytesOf(tooLong, "a", tooLong, fits)...)
		requireError(t, err, firehose.ErrValidation, "1024000")
		var batch *firehose.BatchError
		require.ErrorAs(t, err, &batch)
		require.Len(t, batch.Failed, 2)
		require.Equal(t, 0, batch.Failed[0].Index)
		require.Equal(t, 2, batch.Failed[1].Index)
		require.Len(t, puts, 4)
		require.Empty(t, puts[0].RecordID)
		require.Len(t, puts[1].RecordID, 36)
		require.Empty(t, puts[2].RecordID)
		require.Len(t, puts[3].RecordID, 36)
		require.NotEqual(t, puts[1], puts[3])
		require.NoError(t, stream.Flush(t.Context()))
		require.Equal(t, []string{"a" + fits}, sink.taken())

		none, err := stream.Put(t.Context())
		require.NoError(t, err)
		require.Empty(t, none)
	})
}

// When there is no room, what is there is delivered at once, and the records that were
// refused can be put again.
func TestMaxBuffered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := newSpy(slow(time.Second))
		cfg := small(sink)
		cfg.Buffering.Size = 1000
		cfg.MaxBuffered = 3 * (100 + 64)
		stream := open(t, "s", cfg)
		record := func(c string) string { return strings.Repeat(c, 100) }
		puts, err := stream.Put(t.Context(), bytesOf(record("a"), record("b"), record("c"), record("d"), "e")...)
		requireError(t, err, firehose.ErrServiceUnavailable, "Slow down.")
		var batch *firehose.BatchError
		require.ErrorAs(t, err, &batch)
		require.Len(t, batch.Failed, 2, "what follows fails too, or it would overtake")
		require.Equal(t, 3, batch.Failed[0].Index)
		require.NotEmpty(t, puts[2].RecordID)
		require.Empty(t, puts[3].RecordID)
		synctest.Wait()
		require.Equal(t, int64(2), stream.Metrics().ThrottledRecords)
		require.Len(t, sink.all(), 1, "delivery began")

		time.Sleep(time.Second)
		synctest.Wait()
		put(t, stream, record("d"), "e")
		require.NoError(t, stream.Flush(t.Context()))
		require.Equal(t, []string{record("a") + record("b") + record("c"), record("d") + "e"}, sink.taken())

		put(t, stream, strings.Repeat("z", 1000)) // never fits, but alone
		require.NoError(t, stream.Flush(t.Context()))
		requireBalance(t, stream.Metrics())

		tooLong := strings.Repeat("y", 1_024_001)
		put(t, stream, record("f"))
		_, err = stream.Put(t.Context(), bytesOf("g", tooLong, record("h"), record("i"), tooLong)...)
		require.ErrorAs(t, err, &batch)
		require.Len(t, batch.Failed, 3)
		require.ErrorIs(t, batch.Failed[0].Err, firehose.ErrValidation)
		require.ErrorIs(t, batch.Failed[1].Err, firehose.ErrServiceUnavailable)
		require.ErrorIs(t, batch.Failed[2].Err, firehose.ErrValidation)
	})
}
