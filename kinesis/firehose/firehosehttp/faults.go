package firehosehttp

import (
	"github.com/leat-go/leat/internal/awshttp"
	"github.com/leat-go/leat/internal/fault"
)

// Faults makes calls fail, be throttled or come late, on purpose, so that a test
// sees what the caller does then. It may be used concurrently, also while its
// handler serves.
type Faults struct{ injector fault.Injector }

// Fault says which calls go wrong, and how: late, with an error, or both. Its Op is
// an action, "PutRecordBatch"; its Code an error as the API names it,
// "ServiceUnavailableException", "InternalFailure". Status zero means the error's own, so
// does an empty Message where leat knows a text.
type Fault = fault.Rule

// FaultError says why a Fault was refused.
type FaultError = fault.RuleError

// Add makes f happen, after the faults that were added before. It returns a
// function that ends it, which may be called at any time and more than once. A
// fault that can not be meant leads to a [*FaultError] and changes nothing.
//
// A delay waits on the request's context, and in the bubble of testing/synctest it
// takes no time.
func (f *Faults) Add(rule Fault) (remove func(), err error) {
	return awshttp.AddFault(&f.injector, rule, "Firehose", operations, conditions)
}

// Reset ends all faults. Calls that are being delayed go on waiting.
func (f *Faults) Reset() { f.injector.Reset() }
