package fault_test

import (
	"context"
	"errors"
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/fault"
)

// outcomes applies n calls of op and writes them down: x failed, - served.
func outcomes(i *fault.Injector, op string, n int) string {
	marks := make([]byte, n)
	for k := range marks {
		marks[k] = '-'
		if i.Apply(context.Background(), op) != nil {
			marks[k] = 'x'
		}
	}
	return string(marks)
}

func add(t *testing.T, i *fault.Injector, rule fault.Rule) (remove func()) {
	t.Helper()
	remove, err := i.Add(rule)
	require.NoError(t, err)
	return remove
}

func TestWithoutRulesNothingFails(t *testing.T) {
	var i fault.Injector
	require.NoError(t, i.Apply(t.Context(), "SendMessage"))
	i.Reset()
	require.NoError(t, i.Apply(t.Context(), "SendMessage"))
	require.Zero(t, testing.AllocsPerRun(100, func() { i.Apply(context.Background(), "SendMessage") }))
}

func TestWhichCallsAreStruck(t *testing.T) {
	tests := map[string]struct {
		rule fault.Rule
		want string
	}{
		"all":                     {fault.Rule{}, "xxxxxxxxxxxx"},
		"the next two":            {fault.Rule{Times: 2}, "xx----------"},
		"by name":                 {fault.Rule{Op: "SendMessage"}, "xxxxxxxxxxxx"},
		"another operation":       {fault.Rule{Op: "DeleteMessage"}, "------------"},
		"a quarter":               {fault.Rule{Share: 0.25}, "---x---x---x"},
		"a third":                 {fault.Rule{Share: 1.0 / 3}, "--x--x--x--x"},
		"two thirds":              {fault.Rule{Share: 2.0 / 3}, "-xx-xx-xx-xx"},
		"three in ten":            {fault.Rule{Share: 0.3}, "---x--x--x--"},
		"half, but two only":      {fault.Rule{Share: 0.5, Times: 2}, "-x-x--------"},
		"every call said so":      {fault.Rule{Share: 1}, "xxxxxxxxxxxx"},
		"hardly any":              {fault.Rule{Share: 1e-9}, "------------"},
		"delays that do not fail": {fault.Rule{Delay: time.Nanosecond}, "------------"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var i fault.Injector
			if test.rule.Delay == 0 {
				test.rule.Code = "InternalError"
			}
			add(t, &i, test.rule)
			require.Equal(t, test.want, outcomes(&i, "SendMessage", len(test.want)))
		})
	}
}

func TestShareIsExactInTheLongRun(t *testing.T) {
	for _, share := range []float64{0.01, 0.07, 0.1, 0.29, 0.57, 0.9, 0.99} {
		var i fault.Injector
		add(t, &i, fault.Rule{Share: share, Code: "RequestThrottled"})
		struck := 0
		for _, mark := range outcomes(&i, "SendMessage", 100) {
			if mark == 'x' {
				struck++
			}
		}
		require.Equal(t, int(math.Round(share*100)), struck, "share %v of 100 calls", share)
	}
}

func TestTheFirstRuleThatFailsDecides(t *testing.T) {
	var i fault.Injector
	add(t, &i, fault.Rule{Op: "SendMessage", Times: 1, Code: "First"})
	add(t, &i, fault.Rule{Times: 2, Code: "Second"})

	codes := func(n int) (codes []string) {
		for range n {
			var f *fault.Fault
			if errors.As(i.Apply(t.Context(), "SendMessage"), &f) {
				codes = append(codes, f.Code)
			}
		}
		return codes
	}
	require.Equal(t, []string{"First", "Second", "Second"}, codes(5), "a rule must not count calls that failed before it")
}

func TestRemove(t *testing.T) {
	var i fault.Injector
	removeSend := add(t, &i, fault.Rule{Op: "SendMessage", Code: "InternalError"})
	add(t, &i, fault.Rule{Op: "ReceiveMessage", Code: "InternalError"})

	removeSend()
	removeSend()
	require.Equal(t, "---", outcomes(&i, "SendMessage", 3))
	require.Equal(t, "xxx", outcomes(&i, "ReceiveMessage", 3))

	i.Reset()
	require.Equal(t, "---", outcomes(&i, "ReceiveMessage", 3))
	removeSend()
}

func TestASpentRuleLeavesNoCost(t *testing.T) {
	var i fault.Injector
	remove := add(t, &i, fault.Rule{Times: 1, Code: "InternalError"})
	require.Equal(t, "x--", outcomes(&i, "SendMessage", 3))
	require.Zero(t, testing.AllocsPerRun(100, func() { i.Apply(context.Background(), "SendMessage") }))
	remove()
}

func TestFaultCarriesWhatAWSWouldSay(t *testing.T) {
	tests := map[string]struct {
		rule fault.Rule
		want fault.Fault
	}{
		"common error": {
			fault.Rule{Code: "RequestThrottled"},
			fault.Fault{Code: "RequestThrottled", Message: "The request was denied due to request throttling.", Status: 403},
		},
		"server's fault": {
			fault.Rule{Code: "InternalError", Message: "on purpose"},
			fault.Fault{Code: "InternalError", Message: "on purpose", Status: 500},
		},
		"unknown code": {
			fault.Rule{Code: "TeaPot"},
			fault.Fault{Code: "TeaPot", Message: "TeaPot", Status: 400},
		},
		"all given": {
			fault.Rule{Code: "OverLimit", Message: "enough", Status: 403},
			fault.Fault{Code: "OverLimit", Message: "enough", Status: 403},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var i fault.Injector
			add(t, &i, test.rule)
			var got *fault.Fault
			require.ErrorAs(t, i.Apply(t.Context(), "SendMessage"), &got)
			test.want.Op = "SendMessage"
			require.Equal(t, test.want, *got)
			require.ErrorContains(t, got, "SendMessage: "+test.want.Code+": "+test.want.Message)
		})
	}
}

func TestDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var i fault.Injector
		add(t, &i, fault.Rule{Delay: 3 * time.Second})
		add(t, &i, fault.Rule{Delay: 2 * time.Second, Code: "InternalError"})
		add(t, &i, fault.Rule{Delay: time.Hour})

		start := time.Now()
		var f *fault.Fault
		require.ErrorAs(t, i.Apply(t.Context(), "SendMessage"), &f)
		require.Equal(t, 5*time.Second, time.Since(start), "delays add up as far as the rule that fails")
	})
}

func TestDelayEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var i fault.Injector
		add(t, &i, fault.Rule{Delay: time.Hour, Code: "InternalError"})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()

		start := time.Now()
		require.ErrorIs(t, i.Apply(ctx, "SendMessage"), context.DeadlineExceeded)
		require.Equal(t, time.Second, time.Since(start))
	})
}

func TestOneSlowCallHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var i fault.Injector
		add(t, &i, fault.Rule{Op: "ReceiveMessage", Delay: time.Hour})
		done := make(chan error)
		go func() { done <- i.Apply(t.Context(), "ReceiveMessage") }()
		synctest.Wait()

		start := time.Now()
		require.NoError(t, i.Apply(t.Context(), "SendMessage"))
		i.Reset()
		require.NoError(t, i.Apply(t.Context(), "ReceiveMessage"))
		require.Zero(t, time.Since(start))
		require.NoError(t, <-done)
		require.Equal(t, time.Hour, time.Since(start), "Reset does not shorten a wait that has begun")
	})
}

func TestBadRulesChangeNothing(t *testing.T) {
	tests := map[string]struct {
		rule    fault.Rule
		reasons int
	}{
		"empty":                {fault.Rule{}, 1},
		"negative times":       {fault.Rule{Times: -1, Code: "X"}, 1},
		"share above one":      {fault.Rule{Share: 1.01, Code: "X"}, 1},
		"negative share":       {fault.Rule{Share: -0.1, Code: "X"}, 1},
		"share is no number":   {fault.Rule{Share: math.NaN(), Code: "X"}, 1},
		"negative delay":       {fault.Rule{Delay: -1, Code: "X"}, 1},
		"status of success":    {fault.Rule{Code: "X", Status: 200}, 1},
		"status out of range":  {fault.Rule{Code: "X", Status: 600}, 1},
		"message without code": {fault.Rule{Delay: 1, Message: "X"}, 1},
		"several at once":      {fault.Rule{Times: -1, Share: 2, Status: 1}, 5},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var i fault.Injector
			remove, err := i.Add(test.rule)
			var bad *fault.RuleError
			require.ErrorAs(t, err, &bad)
			require.Len(t, bad.Reasons, test.reasons, "%v", bad)
			for _, reason := range bad.Reasons {
				require.ErrorContains(t, err, reason)
			}
			require.Nil(t, remove)
			require.Equal(t, "---", outcomes(&i, "SendMessage", 3))
		})
	}
}

func TestConcurrentCallsAreCountedExactly(t *testing.T) {
	var i fault.Injector
	add(t, &i, fault.Rule{Op: "SendMessage", Times: 300, Share: 0.5, Code: "InternalError"})
	var failed atomic.Int64
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 200 {
				if i.Apply(context.Background(), "SendMessage") != nil {
					failed.Add(1)
				}
				remove, err := i.Add(fault.Rule{Op: "DeleteMessage", Code: "InternalError"})
				if err == nil {
					remove()
				}
			}
		})
	}
	group.Wait()
	require.EqualValues(t, 300, failed.Load(), "half of 1600 calls, 300 at most")
	require.NoError(t, i.Apply(t.Context(), "DeleteMessage"))
}

func BenchmarkApplyWithoutRules(b *testing.B) {
	var i fault.Injector
	b.ReportAllocs()
	for b.Loop() {
		if err := i.Apply(context.Background(), "SendMessage"); err != nil {
			b.Fatal(err)
		}
	}
}
