// Package firehose is delivery streams with the semantics of Amazon Data Firehose, in
// the process that uses them: records go in one by one, and come out together, as
// objects in a directory, requests to an HTTP endpoint, or calls of a function.
//
// # Delivery
//
// A [DeliveryStream] collects records in a buffer. When the buffer is full or its oldest
// record is old enough (5 MiB and 300 seconds, unless [Config].Buffering says otherwise),
// its records are delivered to a [Sink] together. They are concatenated as they came;
// a newline stands between them only with AppendDelimiter. While a delivery is under way
// the next buffer fills; deliveries come one after the other, so that the order of
// the bytes is that of the records.
//
// A record is delivered at least once: a sink that fails gets the same [Delivery] again,
// with the same id, after 1, 2, 4, … seconds, 120 at most, each a little more or less. It
// may name the records that it did not take ([PartialError]), or say that no retry would
// help ([Permanent]). Retries end when they have taken RetryDuration, 300 seconds by
// default if there is an ErrorSink; then the records go there. Without one a delivery
// is retried until its records are 24 hours old.
//
// Nothing that was accepted is dropped silently. Every record is delivered, or is in the
// error output, or was dropped by the transformation on purpose, or is told to OnDrop; and
// [Metrics] counts each. [DeliveryStream.Shutdown] delivers what is there.
// [DeliveryStream.Close] does not wait for that, and says how many records it left.
// Records are kept in memory: they end with the process.
//
// Put never waits. When as many bytes wait as MaxBuffered says, it fails with
// ErrServiceUnavailable for the records that find no room.
//
// # Object keys
//
// The key of an object is
//
//	<prefix><stream>-<version>-yyyy-MM-dd-HH-mm-ss-<uuid><extension>
//
// with the time at which its oldest record arrived, in UTC or CustomTimeZone.
// yyyy/MM/dd/HH/ is added to a Prefix that has no timestamp expression. These are the
// expressions:
//
//	!{timestamp:yyyy/MM/dd}           the time, by a pattern of java.time's DateTimeFormatter
//	!{firehose:random-string}         11 characters, new each time
//	!{partitionKeyFromQuery:name}     a partition key, found in the records by a path or a function
//	!{partitionKeyFromLambda:name}    one that the transformation gave them
//	!{firehose:error-output-type}     why the records failed; only in ErrorOutputPrefix
//
// An ErrorOutputPrefix is required once Prefix has an expression; if it has expressions
// itself, the error-output-type is one of them.
//
// # Transformation
//
// [Transform] runs a function over the records before they are delivered, in batches of
// their own. For each it answers [Ok], with new data, [Dropped] or [ProcessingFailed]. A
// call that fails is repeated three times; meanwhile what follows waits.
//
// # Partitioning
//
// With [Partitioning] each record has partition keys, which the prefix names. Records with
// the same keys share a buffer, and so an object. Partitions are independent: one whose
// deliveries are slow or fail holds up no other, but for the calls that Concurrency
// allows at once. A partition is active while it has records; at most 500 are, and the
// records of more go to the error output.
//
// A path leads to a value in a JSON record, a string, number or boolean. It is a part of
// jq's syntax:
//
//	.customer.id    .items[0].price    $.a    .["any name"]
//
// # Error output
//
// Failed records go to ErrorSink, or to Sink if there is none, under ErrorOutputPrefix:
// processing-failed if the transformation or the partitioning failed,
// activePartitionExceeded if there were too many partitions, and delivery-failed, or what
// the sink calls it, if Sink did not take them. Each is a line of JSON:
//
//	{"attemptsMade":4,"arrivalTimestamp":1741088912364,"errorCode":"Lambda.FunctionError",
//	 "errorMessage":"…","attemptEndingTimestamp":1741089007666,"rawData":"<base64>"}
//
// without the line break. Of records that Sink did not take, rawData is what it should
// have taken, and of the others what came.
//
// # Sources
//
// A delivery stream with a Source is fed by a [kinesis.Stream]: it reads every shard, also
// those that come of resharding, in the order in which they follow each other. It
// begins where the stream ends when it is created, or at SourcePosition. It keeps no
// checkpoint: what was read and not delivered when the process ended is still in the
// source, but a new delivery stream has to be told from when on to read it.
//
// # Where to start
//
// [New] makes a single delivery stream, a [Service] holds many by their names. [Directory] and
// [HTTPEndpoint] are sinks, and so is any [SinkFunc]. Every failure is an [*Error] that
// knows AWS's code and text, and wraps one of this package's sentinels.
//
// # Time in tests
//
// All time is the time package's. In a testing/synctest bubble a buffer's five minutes, or
// 24 hours of retries, take no time.
package firehose
