// Package sink lets a delivery stream (package firehose) deliver to a queue or a topic:
// each record becomes a message. AWS has no such destinations; the rules that follow are
// leat's own.
//
// A message is the record's data as it is, newline included if one is appended, so the
// data must be text that SQS and SNS allow, and not empty; [Config].Base64 is for other
// data. Messages are sent in batches within AWS's bounds, 10 messages and 1 MiB for a
// queue or 256 KiB for a topic, one after the other in the order of the records. Records
// that failed, which a delivery stream without an ErrorSink delivers here too, have their
// error type in the message attribute ErrorType. Prefixes and compression do not matter.
//
// Records that are refused for good, because they are no text or too long, go to the
// error output at once. Others are sent again with the delivery's retries. So a standard
// queue or topic gets every message at least once. A FIFO queue or topic gets it once, as
// long as a delivery is not retried for more than the five minutes that deduplication ids
// are remembered: they are made of the delivery's id and the record's place in it. After
// an error the rest of the delivery is not sent before the retry; only if one batch is
// taken in part the order of a group may change.
package sink
