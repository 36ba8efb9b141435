package lambda_test

import (
	"context"
	"encoding/json"
	"errors"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/lambda"
	"github.com/leat-go/leat/sns"
)

func newFunctions(t *testing.T) *lambda.Functions {
	t.Helper()
	f, err := lambda.NewFunctions(lambda.FunctionsConfig{Account: "123456789012", Region: "eu-west-1"})
	require.NoError(t, err)
	return f
}

func echo(_ context.Context, payload []byte) ([]byte, error) { return payload, nil }

func register(t *testing.T, fn lambda.Function, cfg lambda.FunctionConfig) *lambda.LocalFunction {
	t.Helper()
	f, err := newFunctions(t).Register("orders", fn, cfg)
	require.NoError(t, err)
	return f
}

func TestFunctionsAreFoundByNameAndARN(t *testing.T) {
	functions := newFunctions(t)
	l, err := functions.Register("orders", echo, lambda.FunctionConfig{})
	require.NoError(t, err)
	require.Equal(t, "orders", l.Name())
	require.Equal(t, "arn:aws:lambda:eu-west-1:123456789012:function:orders", l.ARN())
	require.Equal(t, lambda.FunctionConfig{Timeout: 3 * time.Second}, l.Config())
	live, err := functions.Register("orders:live", echo, lambda.FunctionConfig{})
	require.NoError(t, err)
	elsewhere, err := functions.As("000000000000", "cn-north-1")
	require.NoError(t, err)
	far, err := elsewhere.Register("orders", echo, lambda.FunctionConfig{})
	require.NoError(t, err)
	require.Equal(t, "arn:aws-cn:lambda:cn-north-1:000000000000:function:orders", far.ARN())

	for _, c := range []struct {
		in   *lambda.Functions
		name string
		want *lambda.LocalFunction
	}{
		{functions, "orders", l},
		{functions, "orders:$LATEST", l},
		{functions, l.ARN(), l},
		{functions, l.ARN() + ":$LATEST", l},
		{functions, "orders:live", live},
		{functions, l.ARN() + ":live", live},
		{functions, far.ARN(), far},
		{elsewhere, "orders", far},
		{elsewhere, l.ARN(), l},
		{functions, "orders:dev", nil},
		{functions, "order", nil},
		{functions, "", nil},
		{functions, "arn:aws:sqs:eu-west-1:123456789012:orders", nil},
		{elsewhere, "orders:live", nil},
	} {
		got, err := c.in.Function(c.name)
		if c.want == nil {
			require.ErrorIs(t, err, lambda.ErrResourceNotFound, c.name)
			_, err = c.in.Invoke(t.Context(), c.name, nil)
			require.ErrorIs(t, err, lambda.ErrResourceNotFound, c.name)
			require.ErrorIs(t, c.in.Unregister(c.name), lambda.ErrResourceNotFound, c.name)
			continue
		}
		require.NoError(t, err, c.name)
		require.Same(t, c.want, got, c.name)
	}
	require.Equal(t, []*lambda.LocalFunction{l, live}, functions.List())
	require.Equal(t, []*lambda.LocalFunction{far}, elsewhere.List())

	_, err = functions.Register("orders:$LATEST", echo, lambda.FunctionConfig{})
	require.ErrorIs(t, err, lambda.ErrResourceConflict)
	require.EqualError(t, err, "lambda: Register orders:$LATEST: Function already exist: orders")

	require.NoError(t, functions.Unregister("orders"))
	_, err = l.Invoke(t.Context(), nil)
	require.ErrorIs(t, err, lambda.ErrResourceNotFound)
	require.EqualError(t, err, "lambda: Invoke "+l.ARN()+": Function not found: "+l.ARN())
	_, err = functions.Register("orders", echo, lambda.FunctionConfig{})
	require.NoError(t, err, "the name is free again")

	functions.Reset()
	require.Empty(t, functions.List())
	_, err = far.Invoke(t.Context(), nil)
	require.ErrorIs(t, err, lambda.ErrResourceNotFound)
}

func TestFunctionsRefuseBadArguments(t *testing.T) {
	functions := newFunctions(t)
	for _, c := range []struct {
		name string
		fn   lambda.Function
		cfg  lambda.FunctionConfig
		want string
	}{
		{"", echo, lambda.FunctionConfig{}, "The name is"},
		{"a.b", echo, lambda.FunctionConfig{}, "The name is"},
		{strings.Repeat("a", 65), echo, lambda.FunctionConfig{}, "The name is"},
		{"a:", echo, lambda.FunctionConfig{}, "The name is"},
		{"a:b:c", echo, lambda.FunctionConfig{}, "The name is"},
		{"a:$FIRST", echo, lambda.FunctionConfig{}, "The name is"},
		{"a", nil, lambda.FunctionConfig{}, "The function is nil."},
		{"a", echo, lambda.FunctionConfig{Timeout: time.Second - 1}, "Timeout is"},
		{"a", echo, lambda.FunctionConfig{Timeout: 15*time.Minute + 1}, "Timeout is"},
		{"a", echo, lambda.FunctionConfig{ReservedConcurrency: new(-1)}, "ReservedConcurrency"},
	} {
		_, err := functions.Register(c.name, c.fn, c.cfg)
		require.ErrorIs(t, err, lambda.ErrInvalidParameterValue)
		require.ErrorContains(t, err, c.want)
	}
	require.Empty(t, functions.List())
	for _, cfg := range []lambda.FunctionsConfig{{Account: "1"}, {Region: "Mars!"}} {
		_, err := lambda.NewFunctions(cfg)
		require.ErrorIs(t, err, lambda.ErrInvalidParameterValue)
	}
}

func TestInvoke(t *testing.T) {
	for name, c := range map[string]struct {
		fn          lambda.Function
		payload     string
		want        string // the result
		err         error  // else
		failure     string // the payload of the FunctionError, if it is one
		invocations int64
	}{
		"result":          {echo, `{"a":1}`, `{"a":1}`, nil, "", 1},
		"empty":           {echo, "", "null", nil, "", 1},
		"not JSON":        {echo, `{"a":`, "", lambda.ErrInvalidRequestContent, "", 0},
		"too large":       {echo, `"` + strings.Repeat("a", 6<<20-1) + `"`, "", lambda.ErrRequestTooLarge, "", 0},
		"as large as can": {func(context.Context, []byte) ([]byte, error) { return nil, nil }, `"` + strings.Repeat("a", 6<<20-2) + `"`, "null", nil, "", 1},
		"error": {func(context.Context, []byte) ([]byte, error) { return nil, errBoom }, "1", "", errBoom,
			`{"errorMessage":"boom","errorType":"errorString"}`, 1},
		"panic": {func(context.Context, []byte) ([]byte, error) { panic("no") }, "1", "", nil,
			`{"errorMessage":"no","errorType":"string"}`, 1},
		"panic with an error": {func(context.Context, []byte) ([]byte, error) { panic(errBoom) }, "1", "", errBoom,
			`{"errorMessage":"boom","errorType":"errorString"}`, 1},
		"end of the goroutine": {func(context.Context, []byte) ([]byte, error) { runtime.Goexit(); return nil, nil }, "1", "", nil,
			`{"errorMessage":"lambda: the function ended its goroutine","errorType":"errorString"}`, 1},
		"answer too large": {func(context.Context, []byte) ([]byte, error) { return make([]byte, 6<<20+1), nil }, "1", "", lambda.ErrResponseTooLarge,
			`{"errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes).","errorType":"Function.ResponseSizeTooLarge"}`, 1},
	} {
		t.Run(name, func(t *testing.T) {
			f := register(t, c.fn, lambda.FunctionConfig{})
			result, err := f.Invoke(t.Context(), []byte(c.payload))
			m := f.Metrics()
			require.Equal(t, c.invocations, m.Invocations)
			require.Zero(t, m.ConcurrentExecutions)
			if c.err == nil && c.failure == "" {
				require.NoError(t, err)
				require.Equal(t, c.want, string(result))
				require.Zero(t, m.Errors)
				return
			}
			require.Error(t, err)
			if c.err != nil {
				require.ErrorIs(t, err, c.err)
			}
			failure, ok := errors.AsType[*lambda.FunctionError](err)
			require.Equal(t, c.failure != "", ok)
			require.Equal(t, c.invocations, m.Errors)
			if ok {
				require.Equal(t, c.failure, string(failure.Payload()))
				require.Equal(t, f.ARN(), failure.Function)
				require.Len(t, failure.RequestID, 36)
			} else {
				fault, _ := errors.AsType[*lambda.Error](err)
				require.NotEmpty(t, fault.ErrorCode())
			}
		})
	}
}

func TestInvokeHasTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sleep := func(d time.Duration, heed bool) lambda.Function {
			return func(ctx context.Context, _ []byte) ([]byte, error) {
				if !heed {
					time.Sleep(d)
					return []byte("1"), nil
				}
				select {
				case <-time.After(d):
					return []byte("1"), nil
				case <-ctx.Done():
					return nil, context.Cause(ctx)
				}
			}
		}
		f := register(t, sleep(3*time.Second-1, true), lambda.FunctionConfig{})
		_, err := f.Invoke(t.Context(), nil)
		require.NoError(t, err)
		require.Equal(t, lambda.Metrics{Invocations: 1, Duration: 3*time.Second - 1, MaxDuration: 3*time.Second - 1, MaxConcurrentExecutions: 1}, f.Metrics())

		for _, heed := range []bool{true, false} {
			f = register(t, sleep(8*time.Second, heed), lambda.FunctionConfig{Timeout: 5 * time.Second})
			began := time.Now()
			_, err = f.Invoke(t.Context(), nil)
			require.ErrorIs(t, err, lambda.ErrTimedOut)
			require.ErrorContains(t, err, "after 5.00 seconds")
			failure, _ := errors.AsType[*lambda.FunctionError](err)
			require.JSONEq(t, `{"errorMessage":"RequestId: `+failure.RequestID+` Error: Task timed out after 5.00 seconds","errorType":"Sandbox.Timedout"}`, string(failure.Payload()))
			if heed {
				require.Equal(t, 5*time.Second, time.Since(began))
			} else {
				require.Equal(t, 8*time.Second, time.Since(began), "the caller waits for a function that goes on")
			}
		}

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = f.Invoke(ctx, nil)
		require.NotErrorIs(t, err, lambda.ErrTimedOut, "the caller's own time is another matter")
		_, err = f.Invoke(ctx, nil)
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestReservedConcurrency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		functions := newFunctions(t)
		slow := func(context.Context, []byte) ([]byte, error) { time.Sleep(time.Second); return nil, nil }
		f, err := functions.Register("slow", slow, lambda.FunctionConfig{ReservedConcurrency: new(2)})
		require.NoError(t, err)
		results := make(chan error, 5)
		for range 5 {
			go func() {
				_, err := f.Invoke(t.Context(), nil)
				results <- err
			}()
		}
		synctest.Wait()
		require.Equal(t, 2, f.Metrics().ConcurrentExecutions)
		throttled := 0
		for range 5 {
			if err := <-results; err != nil {
				require.ErrorIs(t, err, lambda.ErrTooManyRequests)
				require.EqualError(t, err, "lambda: Invoke "+f.ARN()+": Rate Exceeded.")
				throttled++
			}
		}
		require.Equal(t, 3, throttled)
		want := lambda.Metrics{Invocations: 2, Throttles: 3, Duration: 2 * time.Second, MaxDuration: time.Second, MaxConcurrentExecutions: 2}
		require.Equal(t, want, f.Metrics())

		off, err := functions.Register("off", echo, lambda.FunctionConfig{ReservedConcurrency: new(0)})
		require.NoError(t, err)
		_, err = off.Invoke(t.Context(), nil)
		require.ErrorIs(t, err, lambda.ErrTooManyRequests)
		want.Throttles++
		require.Equal(t, want, functions.Metrics())
	})
}

func TestResolve(t *testing.T) {
	functions := newFunctions(t)
	f, err := functions.Register("orders", echo, lambda.FunctionConfig{})
	require.NoError(t, err)
	e, err := functions.Resolve(sns.ProtocolLambda, f.ARN())
	require.NoError(t, err)
	protocol, address := e.(sns.AddressedEndpoint).Address()
	require.Equal(t, sns.ProtocolLambda, protocol)
	require.Equal(t, f.ARN(), address)
	e, err = functions.Resolve(sns.ProtocolSQS, f.ARN())
	require.NoError(t, err)
	require.Nil(t, e)
	_, err = functions.Resolve(sns.ProtocolLambda, f.ARN()+"x")
	require.ErrorIs(t, err, lambda.ErrResourceNotFound)
}

func TestErrorsOfNothing(t *testing.T) {
	require.Equal(t, "lambda: Invoke: unknown error", (&lambda.Error{Op: "Invoke"}).Error())
	require.Equal(t, "ServiceException", (&lambda.Error{Err: errBoom}).ErrorCode())
	require.Equal(t, "boom", (&lambda.Error{Err: errBoom}).ErrorMessage())
	payload := (&lambda.FunctionError{Err: &lambda.PanicError{}}).Payload()
	require.True(t, json.Valid(payload))
}
