package sns_test

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sns"
)

// seconds are the delays between attempts at one message.
type seconds []float64

// gaps returns the seconds from each attempt to the next; the first is from begin.
func gaps(begin time.Time, at []time.Time) seconds {
	all := make(seconds, 0, len(at))
	for _, next := range at {
		all = append(all, next.Sub(begin).Seconds())
		begin = next
	}
	return all
}

// requireGaps compares schedules to the millisecond.
func requireGaps(t *testing.T, want, got seconds, what string) {
	t.Helper()
	equal := slices.EqualFunc(want, got, func(a, b float64) bool { return math.Abs(a-b) < 0.0005 })
	require.True(t, equal, "%s: the delays are %v, expected %v", what, got, want)
}

// failingGaps publishes a message to an endpoint that never takes it, and returns the
// delay before each attempt.
func failingGaps(t *testing.T, policy *sns.DeliveryPolicy) seconds {
	var at []time.Time
	synctest.Test(t, func(t *testing.T) {
		topic, _ := newTopic(t, sns.Config{})
		r := &recorder{react: refusing}
		s := subscribe(t, topic, sns.Subscription{Endpoint: r, DeliveryPolicy: policy})
		begin := time.Now()
		publish(t, topic, texts("a")...)
		require.NoError(t, topic.Flush(t.Context()))
		at = append(at, begin)
		for i, a := range r.attempts() {
			at = append(at, a.at)
			require.Equal(t, i+1, a.n.Attempt)
		}
		require.Equal(t, at[len(at)-1], time.Now(), "Flush returns when the last attempt has failed")
		stats := s.Stats()
		require.Equal(t, int64(len(at)-1), stats.Attempts)
		require.Equal(t, int64(len(at)-1), stats.FailedAttempts)
		require.Equal(t, int64(1), stats.Dropped)
		require.Zero(t, stats.Backlog)
		require.ErrorIs(t, stats.LastError, errBoom)
	})
	return gaps(at[0], at[1:])
}

// The numbers are computed by hand from the formulas at sns.BackoffFunction, for
// retries i = 1 … n of the third phase, of minimum a and maximum b. Every row begins
// with 0, the first attempt.
func TestRetryPolicies(t *testing.T) {
	const s = time.Second
	for _, row := range []struct {
		name   string
		policy sns.RetryPolicy
		want   seconds
	}{
		{"defaults", sns.RetryPolicy{}, seconds{0, 20, 20, 20}},
		{"none", sns.RetryPolicy{NumRetries: new(0)}, seconds{0}},
		{"one", sns.RetryPolicy{NumRetries: new(1), MinDelayTarget: 3 * s}, seconds{0, 3}},

		// a + (b-a)(i-1)/(n-1): steps of 40/4 = 10.
		{"linear", sns.RetryPolicy{NumRetries: new(5), MinDelayTarget: 10 * s, MaxDelayTarget: 50 * s, BackoffFunction: sns.BackoffLinear}, seconds{0, 10, 20, 30, 40, 50}},
		// Steps of (60-1)/3 = 19.667.
		{"linear is the default", sns.RetryPolicy{NumRetries: new(4), MinDelayTarget: 1 * s, MaxDelayTarget: 60 * s}, seconds{0, 1, 20.667, 40.333, 60}},
		// a + (b-a)(i-1)i/((n-1)n), with (n-1)n = 20: (i-1)i is 0, 2, 6, 12, 20, and 40/20 = 2 seconds each.
		{"arithmetic", sns.RetryPolicy{NumRetries: new(5), MinDelayTarget: 10 * s, MaxDelayTarget: 50 * s, BackoffFunction: sns.BackoffArithmetic}, seconds{0, 10, 14, 22, 34, 50}},
		// (n-1)n = 6: (i-1)i is 0, 2, 6, of 59 seconds: 59·2/6 = 19.667.
		{"arithmetic, uneven", sns.RetryPolicy{NumRetries: new(3), MinDelayTarget: 1 * s, MaxDelayTarget: 60 * s, BackoffFunction: sns.BackoffArithmetic}, seconds{0, 1, 20.667, 60}},
		// a(b/a)^((i-1)/(n-1)): 16^(1/4) = 2.
		{"geometric", sns.RetryPolicy{NumRetries: new(5), MinDelayTarget: 1 * s, MaxDelayTarget: 16 * s, BackoffFunction: sns.BackoffGeometric}, seconds{0, 1, 2, 4, 8, 16}},
		// 4^(1/3) = 1.587401, 4^(2/3) = 2.519842.
		{"geometric, uneven", sns.RetryPolicy{NumRetries: new(4), MinDelayTarget: 10 * s, MaxDelayTarget: 40 * s, BackoffFunction: sns.BackoffGeometric}, seconds{0, 10, 15.874, 25.198, 40}},
		// a·2^(i-1), at most b: 5, 10, 20, 40, 80 → 60.
		{"exponential", sns.RetryPolicy{NumRetries: new(6), MinDelayTarget: 5 * s, MaxDelayTarget: 60 * s, BackoffFunction: sns.BackoffExponential}, seconds{0, 5, 10, 20, 40, 60, 60}},
		{"exponential that does not get there", sns.RetryPolicy{NumRetries: new(3), MinDelayTarget: 1 * s, MaxDelayTarget: 60 * s, BackoffFunction: sns.BackoffExponential}, seconds{0, 1, 2, 4}},

		{"no delay alone", sns.RetryPolicy{NumRetries: new(3), NumNoDelayRetries: 3}, seconds{0, 0, 0, 0}},
		{"minimum delay alone", sns.RetryPolicy{NumRetries: new(2), NumMinDelayRetries: 2, MinDelayTarget: 7 * s}, seconds{0, 7, 7}},
		{"maximum delay alone", sns.RetryPolicy{NumRetries: new(2), NumMaxDelayRetries: 2, MinDelayTarget: 7 * s, MaxDelayTarget: 9 * s}, seconds{0, 9, 9}},
		{"no backoff", sns.RetryPolicy{NumRetries: new(6), NumNoDelayRetries: 1, NumMinDelayRetries: 2, NumMaxDelayRetries: 3, MinDelayTarget: 2 * s, MaxDelayTarget: 5 * s}, seconds{0, 0, 2, 2, 5, 5, 5}},
		// 12 - 3 - 2 - 2 = 5 are left for the backoff.
		{"all phases, linear", fourPhases(sns.BackoffLinear), seconds{0, 0, 0, 0, 10, 10, 10, 20, 30, 40, 50, 50, 50}},
		{"all phases, arithmetic", fourPhases(sns.BackoffArithmetic), seconds{0, 0, 0, 0, 10, 10, 10, 14, 22, 34, 50, 50, 50}},
		// 5^(1/4) = 1.495349, 5^(1/2) = 2.236068, 5^(3/4) = 3.343702.
		{"all phases, geometric", fourPhases(sns.BackoffGeometric), seconds{0, 0, 0, 0, 10, 10, 10, 14.953, 22.361, 33.437, 50, 50, 50}},
		{"all phases, exponential", fourPhases(sns.BackoffExponential), seconds{0, 0, 0, 0, 10, 10, 10, 20, 40, 50, 50, 50, 50}},

		// The longest there is: 100 · 36 = 3,600 seconds.
		{"one hour", sns.RetryPolicy{NumRetries: new(100), MinDelayTarget: 36 * s, MaxDelayTarget: 36 * s}, append(seconds{0}, slices.Repeat(seconds{36}, 100)...)},
		{"one hour at once", sns.RetryPolicy{NumRetries: new(1), MinDelayTarget: 3600 * s, MaxDelayTarget: 3600 * s}, seconds{0, 3600}},
	} {
		t.Run(row.name, func(t *testing.T) {
			requireGaps(t, row.want, failingGaps(t, &sns.DeliveryPolicy{HealthyRetryPolicy: &row.policy}), row.name)
		})
	}
}

func fourPhases(f sns.BackoffFunction) sns.RetryPolicy {
	return sns.RetryPolicy{
		NumRetries: new(12), NumNoDelayRetries: 3, NumMinDelayRetries: 2, NumMaxDelayRetries: 2,
		MinDelayTarget: 10 * time.Second, MaxDelayTarget: 50 * time.Second, BackoffFunction: f,
	}
}

func TestRetryPoliciesThatAreRefused(t *testing.T) {
	const s = time.Second
	topic, _ := newTopic(t, sns.Config{})
	for name, policy := range map[string]sns.DeliveryPolicy{
		"a second more than an hour":  {HealthyRetryPolicy: &sns.RetryPolicy{NumRetries: new(100), MinDelayTarget: 36 * s, MaxDelayTarget: 37 * s, NumMaxDelayRetries: 1}},
		"101 retries":                 {HealthyRetryPolicy: &sns.RetryPolicy{NumRetries: new(101), MinDelayTarget: s, MaxDelayTarget: s}},
		"-1 retries":                  {HealthyRetryPolicy: &sns.RetryPolicy{NumRetries: new(-1)}},
		"phases that are too many":    {HealthyRetryPolicy: &sns.RetryPolicy{NumRetries: new(3), NumNoDelayRetries: 2, NumMinDelayRetries: 2}},
		"a negative phase":            {HealthyRetryPolicy: &sns.RetryPolicy{NumNoDelayRetries: -1}},
		"minimum above maximum":       {HealthyRetryPolicy: &sns.RetryPolicy{MinDelayTarget: 21 * s}},
		"a minimum below a second":    {HealthyRetryPolicy: &sns.RetryPolicy{MinDelayTarget: s / 2}},
		"a fraction of a second":      {HealthyRetryPolicy: &sns.RetryPolicy{MinDelayTarget: 3 * s / 2}},
		"a maximum above an hour":     {HealthyRetryPolicy: &sns.RetryPolicy{NumRetries: new(0), MaxDelayTarget: 3601 * s}},
		"an unknown backoff function": {HealthyRetryPolicy: &sns.RetryPolicy{BackoffFunction: "quadratic"}},
		"a negative throttle":         {MaxReceivesPerSecond: -1},
	} {
		_, err := topic.Subscribe(t.Context(), sns.Subscription{Endpoint: &recorder{}, DeliveryPolicy: &policy})
		require.ErrorIs(t, err, sns.ErrInvalidParameter, name)
		require.Empty(t, topic.Subscriptions(), name)
	}
}

// managed is what queues, functions and delivery streams have: 3 retries at once, 2
// after a second each, 10 doubling from 1 second to at most 20, then 100,000 after 20.
var managed = seconds{0, 0, 0, 0, 1, 1, 1, 2, 4, 8, 16, 20, 20, 20, 20, 20}

// The whole of it takes 23 days: 0 + 2 + (1+2+4+8+16 + 5·20) + 100,000·20 = 2,000,133
// seconds, which is 23 days, 3 hours, 35 minutes and 33 seconds.
func TestScheduleOfFunctionsInFull(t *testing.T) {
	got := failingGaps(t, nil)
	require.Len(t, got, 1+100_015, "an attempt and 100,015 retries")
	requireGaps(t, managed, got[:len(managed)], "the beginning")
	total := 0.0
	for i, gap := range got {
		total += gap
		if i >= len(managed) {
			require.InDelta(t, 20, gap, 0.0005, "retry %d", i)
		}
	}
	require.InDelta(t, 2_000_133, total, 0.5)
	require.Equal(t, 23*24*time.Hour+3*time.Hour+35*time.Minute+33*time.Second, time.Duration(math.Round(total))*time.Second)
}

// A queue's schedule is that of a function.
func TestScheduleOfQueues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topic, queues := newTopic(t, sns.Config{})
		q := &brokenQueue{Queue: createQueue(t, queues, "q"), failures: len(managed) - 1}
		subscribe(t, topic, sns.Subscription{Endpoint: sns.QueueEndpoint(q)})
		begin := time.Now()
		publish(t, topic, texts("a")...)
		require.NoError(t, topic.Flush(t.Context()))
		requireGaps(t, managed, gaps(begin, q.at), "sends to a queue")
		require.Len(t, drain(t, q.Queue), 1)
	})
}

// customer is what mails, text messages and mobile push have: 2 retries after 10
// seconds, 10 doubling from 10 to at most 600 seconds (10, 20, 40, 80, 160, 320, then
// 640 → 600), and 38 after 600: 50 in all, over 20 + 630 + 4·600 + 38·600 = 25,850
// seconds, which are a bit more than 7 hours.
var customer = append(seconds{0, 10, 10, 10, 20, 40, 80, 160, 320, 600, 600, 600, 600}, slices.Repeat(seconds{600}, 38)...)

// failingSenders are a Mailer, an SMSSender and a PushSender that never get through.
type failingSenders struct {
	mu sync.Mutex
	at []time.Time // guarded by mu
}

func (f *failingSenders) fail() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at = append(f.at, time.Now())
	return errBoom
}

// take returns the times so far, and forgets them.
func (f *failingSenders) take() []time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := f.at
	f.at = nil
	return at
}

func (f *failingSenders) SendMail(context.Context, sns.Mail) error { return f.fail() }
func (f *failingSenders) SendSMS(context.Context, sns.SMS) error   { return f.fail() }
func (f *failingSenders) SendPush(context.Context, sns.Push) error { return f.fail() }

func TestScheduleOfMailAndMessages(t *testing.T) {
	require.Len(t, customer, 1+50)
	for _, protocol := range []sns.Protocol{sns.ProtocolEmail, sns.ProtocolEmailJSON, sns.ProtocolSMS, sns.ProtocolApplication} {
		t.Run(string(protocol), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &failingSenders{}
				s := newService(t, sns.ServiceConfig{Mailer: f, SMS: f, Push: f, SigningKey: signingKey()})
				topic := createTopic(t, s, "topic", sns.Config{})
				switch protocol {
				case sns.ProtocolEmail, sns.ProtocolEmailJSON:
					sub := subscribe(t, topic, sns.Subscription{Protocol: protocol, Address: "a@example.com"})
					_, err := topic.Confirm(sub.Token(), false)
					require.NoError(t, err)
					time.Sleep(24 * time.Hour) // the mail that asks for it does not get through either
				case sns.ProtocolSMS:
					s.SetSMSSandbox(false)
					subscribe(t, topic, sns.Subscription{Protocol: protocol, Address: "+15005550006"})
				case sns.ProtocolApplication:
					app, err := s.CreatePlatformApplication("app", "GCM", map[string]string{"PlatformCredential": "secret"})
					require.NoError(t, err)
					endpoint, err := s.CreatePlatformEndpoint(app, "token", "", nil)
					require.NoError(t, err)
					subscribe(t, topic, sns.Subscription{Protocol: protocol, Address: endpoint})
				}
				f.take()
				begin := time.Now()
				publish(t, topic, texts("a")...)
				require.NoError(t, topic.Flush(t.Context()))
				requireGaps(t, customer, gaps(begin, f.take()), string(protocol))
			})
		})
	}
}

// A policy that counts for HTTP endpoints is the subscription's own, else the topic's,
// else 3 retries 20 seconds apart; the topic's alone if it says so.
func TestWhoseDeliveryPolicyCounts(t *testing.T) {
	every := func(d time.Duration, n int) sns.DeliveryPolicy {
		return sns.DeliveryPolicy{HealthyRetryPolicy: &sns.RetryPolicy{NumRetries: &n, MinDelayTarget: d, MaxDelayTarget: d}}
	}
	topics, own := every(5*time.Second, 2), every(7*time.Second, 1)
	for _, row := range []struct {
		name   string
		topic  *sns.TopicDeliveryPolicy
		own    *sns.DeliveryPolicy
		web    seconds // of an HTTP endpoint
		others seconds // the beginning of a function's
	}{
		{"nobody's", nil, nil, seconds{0, 20, 20, 20}, managed},
		{"the topic's", &sns.TopicDeliveryPolicy{DeliveryPolicy: topics}, nil, seconds{0, 5, 5}, managed},
		{"the subscription's", nil, &own, seconds{0, 7}, seconds{0, 7}},
		{"the subscription's before the topic's", &sns.TopicDeliveryPolicy{DeliveryPolicy: topics}, &own, seconds{0, 7}, seconds{0, 7}},
		{"the topic's alone", &sns.TopicDeliveryPolicy{DeliveryPolicy: topics, DisableSubscriptionOverrides: true}, &own, seconds{0, 5, 5}, seconds{0, 7}},
		{"the topic's alone, and it has none", &sns.TopicDeliveryPolicy{DisableSubscriptionOverrides: true}, &own, seconds{0, 20, 20, 20}, seconds{0, 7}},
		{"the topic's schedule, the subscription having none", &sns.TopicDeliveryPolicy{DeliveryPolicy: topics}, &sns.DeliveryPolicy{HeaderContentType: "application/json"}, seconds{0, 5, 5}, managed},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &web{answer: func(r *http.Request, _ string) int {
					if r.Header.Get("X-Amz-Sns-Message-Type") == "Notification" {
						return http.StatusInternalServerError
					}
					return http.StatusOK
				}}
				s := newService(t, sns.ServiceConfig{Transport: w, SigningKey: signingKey()})
				topic := createTopic(t, s, "topic", sns.Config{DeliveryPolicy: row.topic})
				for _, protocol := range []sns.Protocol{sns.ProtocolHTTP, sns.ProtocolHTTPS} {
					confirmed(t, topic, sns.Subscription{Protocol: protocol, Address: string(protocol) + "://example.com/in", DeliveryPolicy: row.own})
				}
				r := &recorder{}
				r.react = func(n sns.Notification) error {
					if n.Attempt < len(row.others) {
						return errBoom
					}
					return nil
				}
				subscribe(t, topic, sns.Subscription{Endpoint: r, DeliveryPolicy: row.own})
				begin := time.Now()
				publish(t, topic, texts("a")...)
				require.NoError(t, topic.Flush(t.Context()))
				at := map[string][]time.Time{}
				for _, n := range w.notifications() {
					at[n.url] = append(at[n.url], n.at)
				}
				requireGaps(t, row.web, gaps(begin, at["http://example.com/in"]), "http")
				requireGaps(t, row.web, gaps(begin, at["https://example.com/in"]), "https")
				var calls []time.Time
				for _, a := range r.attempts() {
					calls = append(calls, a.at)
				}
				requireGaps(t, row.others, gaps(begin, calls), "a function")
			})
		})
	}
}

// Which answers of an HTTP endpoint are tried again.
func TestWhichAnswersAreRetried(t *testing.T) {
	for status, attempts := range map[int]int{
		200: 1, 201: 1, 204: 1, 299: 1, 500: 4, 502: 4, 503: 4, 599: 4, 429: 4,
		301: 1, 302: 1, 400: 1, 401: 1, 403: 1, 404: 1, 408: 1, 410: 1, 499: 1,
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &web{}
				s := newService(t, sns.ServiceConfig{Transport: w, SigningKey: signingKey()})
				topic := createTopic(t, s, "topic", sns.Config{})
				sub := confirmed(t, topic, sns.Subscription{Protocol: sns.ProtocolHTTPS, Address: "https://example.com/in"})
				w.answer = func(*http.Request, string) int { return status }
				publish(t, topic, texts("a")...)
				require.NoError(t, topic.Flush(t.Context()))
				require.Len(t, w.notifications(), attempts)
				delivered := int64(0)
				if status/100 == 2 {
					delivered = 1
				}
				require.Equal(t, delivered, sub.Stats().Delivered)
				require.Equal(t, 1-delivered, sub.Stats().Dropped)
			})
		})
	}
}

// MaxReceivesPerSecond spreads deliveries evenly: with 4 a second they are at least
// a quarter of a second apart, retries included.
func TestThrottle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topic, _ := newTopic(t, sns.Config{})
		r, free := &recorder{}, &recorder{}
		r.react = func(n sns.Notification) error {
			if n.Message == "2" && n.Attempt <= 2 {
				return errBoom
			}
			return nil
		}
		subscribe(t, topic, sns.Subscription{Endpoint: r, DeliveryPolicy: &sns.DeliveryPolicy{MaxReceivesPerSecond: 4}})
		subscribe(t, topic, sns.Subscription{Endpoint: free})
		begin := time.Now()
		publish(t, topic, texts("1", "2", "3", "4")...)
		require.NoError(t, topic.Flush(t.Context()))
		var at []time.Time
		for _, a := range r.attempts() {
			at = append(at, a.at)
		}
		// Six attempts: four messages, and two retries at once of the second.
		requireGaps(t, seconds{0, 0.25, 0.25, 0.25, 0.25, 0.25}, gaps(begin, at), "throttled")
		require.Equal(t, []string{"1", "2", "2", "2", "3", "4"}, r.texts())
		for _, a := range free.attempts() {
			require.Equal(t, begin, a.at, "another subscriber is not throttled")
		}

		time.Sleep(time.Hour) // what was not used in the meantime is not saved up
		begin = time.Now()
		publish(t, topic, texts("5", "6", "7")...)
		require.NoError(t, topic.Flush(t.Context()))
		at = nil
		for _, a := range r.attempts()[6:] {
			at = append(at, a.at)
		}
		requireGaps(t, seconds{0, 0.25, 0.25}, gaps(begin, at), "throttled after a pause")
	})
}

// Jitter varies the backoff phase, and that alone; by default up to a tenth shorter.
func TestJitter(t *testing.T) {
	run := func(t *testing.T, jitter func(time.Duration) time.Duration) (all seconds) {
		synctest.Test(t, func(t *testing.T) {
			s, err := sns.NewService(sns.ServiceConfig{Jitter: jitter})
			require.NoError(t, err)
			t.Cleanup(func() { s.Close() })
			topic := createTopic(t, s, "topic", sns.Config{})
			r := &recorder{react: refusing}
			policy := fourPhases(sns.BackoffLinear)
			subscribe(t, topic, sns.Subscription{Endpoint: r, DeliveryPolicy: &sns.DeliveryPolicy{HealthyRetryPolicy: &policy}})
			begin := time.Now()
			publish(t, topic, texts("a")...)
			require.NoError(t, topic.Flush(t.Context()))
			var at []time.Time
			for _, a := range r.attempts() {
				at = append(at, a.at)
			}
			all = gaps(begin, at)
		})
		return all
	}
	var asked seconds
	got := run(t, func(d time.Duration) time.Duration {
		asked = append(asked, d.Seconds())
		return d / 2
	})
	requireGaps(t, seconds{10, 20, 30, 40, 50}, asked, "what was varied")
	requireGaps(t, seconds{0, 0, 0, 0, 10, 10, 5, 10, 15, 20, 25, 50, 50}, got, "halved")

	full := seconds{0, 0, 0, 0, 10, 10, 10, 20, 30, 40, 50, 50, 50}
	got = run(t, nil)
	require.Len(t, got, len(full))
	varied := false
	for i, want := range full {
		if i >= 6 && i <= 10 {
			require.GreaterOrEqual(t, got[i], want*0.9-0.001)
			require.LessOrEqual(t, got[i], want+0.001)
			varied = varied || math.Abs(got[i]-want) > 0.001
			continue
		}
		require.InDelta(t, want, got[i], 0.0005)
	}
	require.True(t, varied, "by default delays vary: %v", got)
}
