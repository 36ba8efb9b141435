// Package firehosehttp serves the delivery streams of a [firehose.Service] to AWS's own
// clients: an unmodified AWS SDK of any language, the AWS CLI, or curl. It is an
// [http.Handler] and no more than that. It opens no port and changes nothing global; a
// test hands it to httptest, a program to a server of its own. All twelve actions of
// the API are served, over AWS JSON 1.1.
//
// # Destinations
//
// A request names its destination by ARNs and URLs, of things that are not there. What
// becomes of them:
//
//   - A bucket of S3 is a directory below [Config.Directory], or is in memory, in
//     [Handler.Objects]. Object keys, formats, buffering, backup and partitions are what the
//     request says. Roles, encryption of objects and logging are kept and described.
//   - An HTTP endpoint is called as it would be by AWS, over [Config.Transport].
//   - A Kinesis stream as a source is looked up in [Config.Streams].
//   - The function of a Lambda processor is looked up by [Config.Functions].
//   - A MetadataExtraction processor may name values by paths, as in
//     {customer: .customer.id, "first item": .items[0]}; leat has no jq beyond that.
//
// What leat can not do is refused with an InvalidArgumentException: the destinations
// Redshift, OpenSearch, Splunk, Snowflake and Iceberg, the sources MSK and database,
// conversion to Parquet or ORC, and the processors RecordDeAggregation, Decompression
// and CloudWatchLogProcessing. [Config.Destination] can take the destinations, and
// configure others differently.
//
// A delivery stream that is deleted is DELETING until it has delivered what it has. If that
// does not come to an end, because its destination stays away, delete it again, with
// AllowForceDelete: what is left is given up.
//
// # Descriptions
//
// A delivery stream is described as it was requested, with AWS's defaults filled in.
// One that a program made with the service's own methods has a destination that is an
// id and no more; so has one of a type that only Config.Destination knows.
package firehosehttp
