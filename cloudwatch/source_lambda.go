package cloudwatch

import (
	"slices"

	"github.com/leat-go/leat/lambda"
)

// Lambda returns the metrics of functions: those of the account and the region whose view
// it is. Their namespace is AWS/Lambda and their dimension FunctionName. Duration has no
// minimum here. ("Types of metrics for Lambda functions" in the Developer Guide.)
func Lambda(functions *lambda.Functions) Source {
	return &resources[*lambda.LocalFunction]{
		namespace: "AWS/Lambda", dimension: "FunctionName",
		all:     func(yield func(*lambda.LocalFunction) bool) { slices.Values(functions.List())(yield) },
		find:    functions.Function,
		name:    (*lambda.LocalFunction).Name,
		measure: measureFunction,
	}
}

func measureFunction(f *lambda.LocalFunction, m *measurement) {
	v := f.Metrics()
	m.counter("Invocations", UnitCount, v.Invocations)
	m.counter("Errors", UnitCount, v.Errors)
	m.counter("Throttles", UnitCount, v.Throttles)
	m.samples("Duration", UnitMilliseconds, v.Duration.Milliseconds(), v.Invocations-int64(v.ConcurrentExecutions)) // of those that are over
	m.gauge("ConcurrentExecutions", UnitCount, float64(v.ConcurrentExecutions))
}
