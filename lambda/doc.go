// Package lambda runs functions as AWS Lambda does for what comes from queues, streams and
// topics, in the process that uses it: the functions are Go.
//
// # Event sources
//
// An [EventSource] connects a source to a function. [FromQueue], [FromStream] and
// [FromTopic] call a handler with the messages, records and notifications of packages sqs,
// kinesis and sns; no JSON is involved. [MapQueue], [MapStream] and [MapTopic] call a
// function with AWS's event documents instead, and heed its answer. Their configurations are
// AWS's: the size of a batch and how long to gather it, how many invocations run at once,
// what happens to a batch that fails. An event source is run and ended like the [sqs.Consumer]
// or [kinesis.Group] that it is made of:
//
//	source, err := lambda.FromQueue(queue, handle, lambda.QueueConfig{BatchSize: 5})
//	go source.Run(ctx)
//	…
//	source.Shutdown(ctx)
//
// # Failures
//
// Whatever the source, an event is handled at least once. A failure is an error, a panic, or
// a function that takes too long.
//
// On a queue the messages of a failed batch return when their visibility timeout is over,
// until the queue's redrive policy moves them. A handler that returns a [*sqs.BatchError],
// or a function that answers with a [BatchResponse], names the messages that failed; the
// others are deleted.
//
// On a stream nothing of a shard passes a batch that failed. It is tried again, with pauses,
// MaximumRetryAttempts times or until its records are too old; it is halved each time, if
// BisectBatchOnFunctionError says so, until the bad record stands alone. A handler that
// returns a [*kinesis.BatchError] says how far it came. What is given up goes to a
// [Destination], as the document that AWS sends: which records of which shard, and why.
//
// A topic's notification waits in a queue of the event source. After a failure it is tried
// again twice, a minute and two minutes later, and goes to a Destination then.
//
// # Functions
//
// A [Function] takes JSON and returns JSON. [Functions] knows functions by names and ARNs,
// lets each run for as long and as often at once as its [FunctionConfig] says, contains
// its panics, and counts what CloudWatch counts. Functions.Resolve lets the topics of an
// [sns.Service] find the functions that are subscribed to them; [Endpoint] makes one
// subscriber, and [Transform] the transformation of a delivery stream.
//
// # Errors
//
// An [*Error] says that something was not done: arguments that are wrong, a function that is
// not there or that was throttled. It knows AWS's code and text, and wraps one of this
// package's sentinels. A [*FunctionError] says that the function was called and failed.
//
// # Time in tests
//
// Every pause and limit is the time package's: in a testing/synctest bubble a window of five
// minutes or a hundred retries take no time.
package lambda
