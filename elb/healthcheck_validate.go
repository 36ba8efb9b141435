package elb

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// ErrInvalidHealthCheck is what is wrong with a [HealthCheck] that can not be meant, with
// a matcher, or with a Classic Load Balancer's target string. It comes wrapped in
// a [*HealthCheckError] for each fault.
var ErrInvalidHealthCheck = errors.New("invalid health check")

// HealthCheckError is one fault of a [HealthCheck].
type HealthCheckError struct {
	Field  string // the field's name, "Matcher"; "Target" for a target string
	Detail string // what is wrong
}

func (e *HealthCheckError) Error() string { return "elb: health check: " + e.Field + ": " + e.Detail }

// Unwrap returns ErrInvalidHealthCheck.
func (e *HealthCheckError) Unwrap() error { return ErrInvalidHealthCheck }

const (
	maxHealthPath = 1024
	leastInterval = time.Millisecond
)

// validate returns every fault of a health check that has its defaults, joined.
func (c *HealthCheck) validate() error {
	var faults []error
	check := func(right bool, field, format string, args ...any) {
		if !right {
			faults = append(faults, &HealthCheckError{field, fmt.Sprintf(format, args...)})
		}
	}
	switch c.Protocol {
	case HealthHTTP, HealthHTTPS, HealthGRPC:
		check(isHealthPath(c.Path), "Path", "%.50q is not a path: it starts with a slash, has at most %d bytes, and no spaces or control characters", c.Path, maxHealthPath)
		low, high := 200, 599
		if c.Protocol == HealthGRPC {
			low, high = 0, 99
		}
		if m, err := ParseMatcher(c.Matcher); err != nil {
			faults = append(faults, err)
		} else {
			check(m.within(low, high), "Matcher", "%q goes beyond %d-%d, which %s has", c.Matcher, low, high, c.Protocol)
		}
	case HealthTCP, HealthTLS, HealthFunc:
		check(c.Path == "", "Path", "%s has none", c.Protocol)
		check(c.Matcher == "", "Matcher", "%s has none", c.Protocol)
	default:
		check(false, "Protocol", "%q is none", c.Protocol)
	}
	check(c.Protocol == HealthFunc || c.Func == nil, "Func", "is not called with the protocol %s", c.Protocol)
	check(c.Protocol != HealthFunc || c.Func != nil, "Func", "there is none to call")
	check(c.Port >= 0 && c.Port <= 65535, "Port", "%d is not one", c.Port)
	check(c.Interval >= leastInterval, "Interval", "%v is less than %v", c.Interval, leastInterval)
	check(c.Timeout > 0 && c.Timeout <= c.Interval, "Timeout", "%v is not between 0 and the interval, %v", c.Timeout, c.Interval)
	check(c.HealthyThreshold > 0, "HealthyThreshold", "%d is less than 1", c.HealthyThreshold)
	check(c.UnhealthyThreshold > 0, "UnhealthyThreshold", "%d is less than 1", c.UnhealthyThreshold)
	return errors.Join(faults...)
}

func isHealthPath(path string) bool {
	if !strings.HasPrefix(path, "/") || len(path) > maxHealthPath || strings.Contains(path, "#") {
		return false
	}
	if strings.ContainsFunc(path, func(r rune) bool { return r <= ' ' || r == 0x7F }) {
		return false
	}
	_, err := url.ParseRequestURI(path)
	return err == nil
}
