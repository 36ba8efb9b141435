package elb_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/leat-go/leat/elb"
)

// A target is asked for its health page. This one is a handler in this process; others have
// an Address.
func ExampleProber() {
	prober, err := elb.NewProber(elb.HealthCheck{Path: "/health", Timeout: time.Second, Matcher: "200-204"})
	if err != nil {
		fmt.Println(err)
		return
	}
	status := http.StatusNoContent
	target := &elb.Target{ID: "here", Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
	})}

	result := prober.Check(context.Background(), target)
	fmt.Println(result.OK, result.Code)
	status = http.StatusServiceUnavailable
	result = prober.Check(context.Background(), target)
	fmt.Println(result.OK, result.Reason, result.Description)
	// Output:
	// true 204
	// false Target.ResponseCodeMismatch Health checks failed with these codes: [503]
}

// A program may know better than any protocol whether a target is well.
func ExampleHealthCheck_function() {
	prober, err := elb.NewProber(elb.HealthCheck{Func: func(_ context.Context, t *elb.Target) error {
		return errors.New(t.Name() + " has no disk space left")
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(prober.Check(context.Background(), &elb.Target{ID: "db-1"}).Description)
	// Output: db-1 has no disk space left
}

// All faults of a check are found at once.
func ExampleHealthCheckError() {
	_, err := elb.NewProber(elb.HealthCheck{Path: "health", Matcher: "2xx"})
	fmt.Println(err)
	// Output:
	// elb: health check: Path: "health" is not a path: it starts with a slash, has at most 1024 bytes, and no spaces or control characters
	// elb: health check: Matcher: "2xx" is neither a status nor a range of them
}

// The target strings of Classic Load Balancers are understood.
func ExampleParseTarget() {
	check, err := elb.ParseTarget("HTTP:8080/ping")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(check.Protocol, check.Port, check.Path, check.HealthyThreshold)
	// Output: HTTP 8080 /ping 10
}

func ExampleMatcher() {
	matcher, err := elb.ParseMatcher("404,200-299")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(matcher, matcher.Match(204), matcher.Match(301))
	// Output: 200-299,404 true false
}
