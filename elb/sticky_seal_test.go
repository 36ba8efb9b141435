package elb

import (
	"bytes"
	"encoding/base64"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var (
	sealNow    = time.Date(2024, time.February, 20, 11, 21, 53, 0, time.UTC)
	sealSecret = []byte("0123456789abcdef")
)

func sealWith(t testing.TB, secrets ...string) *cookieSeal {
	keys := make([][]byte, len(secrets))
	for i, secret := range secrets {
		keys[i] = []byte(secret)
	}
	s, err := newCookieSeal(keys)
	require.NoError(t, err)
	return s
}

func TestASealedValueOpensAsWhatItIsOnly(t *testing.T) {
	s := sealWith(t, string(sealSecret))
	value := s.seal(targetCookie, "web", "10.0.0.1:80", sealNow.Add(time.Second), sealNow)
	other := s.seal(targetCookie, "web", "10.0.0.2:80", sealNow.Add(time.Hour), sealNow)
	tests := map[string]struct {
		seal         *cookieSeal
		kind         cookieKind
		group, value string
		after        time.Duration
		want         openedCookie
		ok           bool
	}{
		"as it is":             {s, targetCookie, "web", value, 0, openedCookie{name: "10.0.0.1:80"}, true},
		"by another balancer":  {sealWith(t, string(sealSecret)), targetCookie, "web", value, 0, openedCookie{name: "10.0.0.1:80"}, true},
		"by an earlier key":    {sealWith(t, strings.Repeat("x", 16), string(sealSecret)), targetCookie, "web", value, 0, openedCookie{name: "10.0.0.1:80", stale: true}, true},
		"just before its end":  {s, targetCookie, "web", value, time.Second - time.Millisecond, openedCookie{name: "10.0.0.1:80"}, true},
		"at its end":           {s, targetCookie, "web", value, time.Second, openedCookie{name: "10.0.0.1:80", over: true}, true},
		"by another key":       {sealWith(t, strings.Repeat("x", 16)), targetCookie, "web", value, 0, openedCookie{}, false},
		"by a drawn key":       {sealWith(t), targetCookie, "web", value, 0, openedCookie{}, false},
		"as another kind":      {s, applicationCookie, "web", value, 0, openedCookie{}, false},
		"in another group":     {s, targetCookie, "web2", value, 0, openedCookie{}, false},
		"cut":                  {s, targetCookie, "web", value[:len(value)-1], 0, openedCookie{}, false},
		"longer":               {s, targetCookie, "web", value + "A", 0, openedCookie{}, false},
		"half another":         {s, targetCookie, "web", value[:len(value)/2] + other[len(value)/2:], 0, openedCookie{}, false},
		"of no bytes":          {s, targetCookie, "web", "", 0, openedCookie{}, false},
		"of few bytes":         {s, targetCookie, "web", "AAAA", 0, openedCookie{}, false},
		"no base64":            {s, targetCookie, "web", "_remove_!", 0, openedCookie{}, false},
		"of AWS":               {s, targetCookie, "web", "Btl/GzifUpMhUh+TQK63kU4i+gcJOIvAICVLnHTWt5pkrevN", 0, openedCookie{}, false},
		"longer than a cookie": {s, targetCookie, "web", strings.Repeat("A", maxSealed+1), 0, openedCookie{}, false},
		"without a name":       {s, targetCookie, "web", s.seal(targetCookie, "web", "", sealNow.Add(time.Hour), sealNow), 0, openedCookie{}, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, ok := test.seal.open(test.kind, test.group, test.value, sealNow.Add(test.after))
			require.Equal(t, test.ok, ok)
			require.Equal(t, test.want, got)
		})
	}
	require.NotEqual(t, value, s.seal(targetCookie, "web", "10.0.0.1:80", sealNow.Add(time.Second), sealNow), "two of the same can not be told to be")
	require.Regexp(t, "^[-_A-Za-z0-9]+$", value)
}

func TestAValueWithoutAnEnd(t *testing.T) {
	s := sealWith(t, string(sealSecret))
	value := s.seal(classicCookie, "web", "a", time.Time{}, sealNow)
	got, ok := s.open(classicCookie, "web", value, sealNow.AddDate(10, 0, 0))
	require.True(t, ok)
	require.Equal(t, openedCookie{name: "a"}, got)
}

func TestADrawnKeyIsReplacedEveryWeek(t *testing.T) {
	s := sealWith(t)
	opens := func(value string, now time.Time) (ok, stale bool) {
		c, ok := s.open(targetCookie, "web", value, now)
		return ok && !c.over, c.stale
	}
	const day = 24 * time.Hour
	first := s.seal(targetCookie, "web", "a", sealNow.Add(day), sealNow)
	late := sealNow.Add(7*day - time.Second)
	last := s.seal(targetCookie, "web", "b", late.Add(7*day), late)
	for _, test := range []struct {
		after       time.Duration
		value       string
		works, aged bool
	}{
		{0, first, true, false},
		{day - time.Second, first, true, false},
		{day, first, false, false},
		{7*day - time.Second, last, true, false},
		{7 * day, last, true, true},
		{14*day - 2*time.Second, last, true, true},
		{14*day - time.Second, last, false, true},
		{20 * day, last, false, false}, // its key is gone
	} {
		works, aged := opens(test.value, sealNow.Add(test.after))
		require.Equal(t, test.works, works, "after %v", test.after)
		require.Equal(t, test.aged, aged, "after %v", test.after)
	}
	require.Len(t, s.keys.Load().keys, 2)
	s.seal(targetCookie, "web", "a", time.Time{}, sealNow.Add(100*day))
	require.Len(t, s.keys.Load().keys, 1, "after a long rest there is nothing left to open")
}

func TestOneKeyIsDrawnByMany(t *testing.T) {
	s := sealWith(t)
	values := make([]string, 8)
	var all sync.WaitGroup
	for i := range values {
		all.Go(func() { values[i] = s.seal(targetCookie, "web", "a", time.Time{}, sealNow) })
	}
	all.Wait()
	for _, value := range values {
		c, ok := s.open(targetCookie, "web", value, sealNow)
		require.True(t, ok)
		require.Equal(t, openedCookie{name: "a"}, c)
	}
}

func TestShortSecretsAreRefused(t *testing.T) {
	_, err := newCookieSeal([][]byte{sealSecret, sealSecret[1:]})
	require.EqualError(t, err, "key 1 has 15 bytes, fewer than 16")
}

type sealedValue struct {
	value string
	kind  cookieKind
	group string
}

// sealedBefore are values that were sealed with sealSecret, and name 10.0.0.1:80. If they
// no longer open then balancers of two versions do not take each other's cookies, which
// takes another sealVersion.
var sealedBefore = []sealedValue{
	{"dRahZeeWM07vNf3ZlMZyhQnQ8YmFjuvu2BIWXhhm8kh9ptqfPdkDpSvn8JIU4xE", targetCookie, "web"},
	{"-EnvP80-kHAzBuPduelou3BPLgCrAHV-7truttl1v-xjP8SrhzBYjaNKcoH5ZsQ", applicationCookie, "web"},
	{"Pyd7Opxa2Vgb1KLv3wKIjXti3Uw51DEka51oxfyFFu1p1GCaR3X5lXFfv1jarZ4", classicCookie, "web"},
	{"9HquHiFNFD-9V97fFS5abGptZAt_UPypQhNGQC3q1TpMxJw1omu6hZEj1vB_aas", groupCookie, ""},
}

func TestValuesStayReadable(t *testing.T) {
	s := sealWith(t, string(sealSecret))
	for _, before := range sealedBefore {
		got, ok := s.open(before.kind, before.group, before.value, sealNow)
		require.True(t, ok)
		require.Equal(t, openedCookie{name: "10.0.0.1:80"}, got)
	}
}

// FuzzOpen looks for values that open though nobody has sealed them so.
func FuzzOpen(f *testing.F) {
	s, other := sealWith(f, string(sealSecret)), sealWith(f, "another secret of 26 bytes")
	kinds := []cookieKind{targetCookie, applicationCookie, classicCookie, groupCookie}
	for _, before := range sealedBefore {
		for i := range kinds {
			f.Add(before.value, byte(i), before.group)
			f.Add(before.value, byte(i), before.group+"2")
			f.Add(before.value[:len(before.value)-4], byte(i), before.group)
		}
	}
	f.Fuzz(func(t *testing.T, value string, number byte, group string) {
		kind := kinds[int(number)%len(kinds)]
		sealed := slices.ContainsFunc(sealedBefore, func(before sealedValue) bool {
			return before.kind == kind && before.group == group && sameBytes(before.value, value)
		})
		got, ok := s.open(kind, group, value, sealNow)
		require.Equal(t, sealed, ok)
		if ok {
			require.Equal(t, openedCookie{name: "10.0.0.1:80"}, got)
		}
		_, ok = other.open(kind, group, value, sealNow)
		require.False(t, ok)
	})
}

func sameBytes(one, other string) bool {
	a, err := base64.RawURLEncoding.DecodeString(one)
	b, otherErr := base64.RawURLEncoding.DecodeString(other)
	return err == nil && otherErr == nil && bytes.Equal(a, b)
}
