// Package objectkey makes the names of the objects that a delivery stream writes. It
// is pure: times, partition keys and random numbers are given to it. ("Understand
// custom prefixes for Amazon S3 objects" and "Configure Amazon S3 object name format"
// in the Amazon Data Firehose Developer Guide.)
//
// A key is
//
//	<prefix><stream>-<version>-yyyy-MM-dd-HH-mm-ss-<uuid><extension>
//
// The time in it, and any in the prefix, is when the oldest record of the object
// arrived, in UTC or in a zone of choice. A prefix is text with expressions:
//
//	!{timestamp:yyyy/MM/dd}              the time, by a pattern of java.time's DateTimeFormatter
//	!{firehose:random-string}            11 characters, new each time
//	!{firehose:error-output-type}        why the records failed; only in ErrorOutputPrefix
//	!{partitionKeyFromQuery:name}        a key that dynamic partitioning found in the records;
//	!{partitionKeyFromLambda:name}       only in Prefix
//
// An expression ends at the first closing brace, also one between quotes. yyyy/MM/dd/HH/
// is added to a Prefix that has no timestamp expression; no slash comes before it.
//
// [Compile] checks a configuration and finds every fault in it. What it returns
// evaluates without an error in the years 1 to 9999, unless it has partition keys,
// whose values can be missing, too long or full of control characters. Then the
// records belong under [Template.ErrorKey].
//
// Patterns have the letters y u M L Q q D d E a H k K h m s S A n N X x Z, with Java's
// counts and the names of Locale.ENGLISH. Letters whose meaning depends on a
// locale (Y is one, often written by mistake for y), zones by name, eras, padding and
// optional parts are refused, although AWS accepts them.
//
// Where AWS's documents are silent or disagree, the rules are these.
//   - Without an ErrorOutputPrefix, or with one that has no expression, failed records go
//     to <ErrorOutputPrefix, else Prefix><error-output-type>/yyyy/MM/dd/HH/. The guide
//     writes the day as the day of the year (DDD) in its rules, and as dd in its examples
//     and in what comes out.
//   - Nothing is added to an ErrorOutputPrefix that has expressions.
//   - Once Prefix has an expression, an ErrorOutputPrefix is required. It may be text
//     alone, as in answers seen of AWS, to which the type and the time are added; if it has
//     expressions, error-output-type is one of them.
//   - The extension is that of failed records too.
//   - The random string is hexadecimal.
//   - The value of a partition key is not empty.
//   - Prefixes and values are UTF-8 without control characters.
//   - Any zone of the IANA database is fine that fits the API's pattern.
package objectkey
