// Package kinesishttp serves the streams of a [kinesis.Service] to AWS's own clients:
// an unmodified AWS SDK of any language, the Kinesis Client Library, the AWS CLI, or
// curl. It is an [http.Handler] and no more than that. It opens no port and changes
// nothing global; a test hands it to httptest, a program to a server of its own.
//
// # What a client sees
//
// All actions of the Kinesis Data Streams API, version 2013-12-02, over both of its
// protocols. The action is in X-Amz-Target, the path means nothing, and the answer is in
// the encoding of the request:
//
//   - AWS JSON 1.1 (application/x-amz-json-1.1), which the CLI and most SDKs speak.
//   - CBOR 1.1 (application/x-amz-cbor-1.1), which the Java SDK speaks, and with it the
//     Kinesis Client Library.
//
// Error codes, texts and HTTP statuses are AWS's, and so are the limits on requests: 500
// records and 10 MiB in a PutRecords, 10,000 in a GetRecords. What AWS's documentation
// leaves open follows recordings of AWS where there are some. A StreamId in a request is
// read over: the API has the member, and no documented use of it.
//
// SubscribeToShard answers with an event stream that goes on for five minutes, over
// HTTP/1.1 as well as HTTP/2. An http.Server's WriteTimeout does not cut it short, for
// the handler sets a deadline of its own on that one answer. Its Shutdown waits for the
// end; closing the service comes first where that takes too long.
//
// # The limits of shards
//
// A shard of AWS's takes 1 MiB or 1,000 records a second, and gives 2 MiB in 5 reads;
// what exceeds that fails with ProvisionedThroughputExceededException. Clients must cope
// with it, so a faithful stand-in does the same: NewHandler(nil, cfg) makes a service
// whose streams do. A service that the program made, perhaps to work with its streams
// directly, has these limits where its configuration says so.
//
// # Accounts and regions
//
// Any credentials are good, unless Config.Keys says which are. An access key id of
// twelve digits names the account that the request acts for; any other, or none, means
// the account of the service. The region is that in the scope of the credentials, else
// the service's. Accounts and regions have streams of their own; resource policies are
// kept and returned but not enforced, so an account can use another's stream by its ARN.
//
// # Iterators
//
// Shard iterators and the NextToken of lists live for five minutes. They hold what they
// stand for, with a tag made by a random key of the handler, so the handler need not
// remember them: a request may come with one as often as it likes, but not with one that
// another handler made, or the same program before it was restarted. Clients ask for a
// new one then, as they do when one has expired.
//
// # In tests
//
// With Handler.RoundTripper there is no socket, and an SDK client, the handler and the
// streams can all live in the bubble of testing/synctest, where five minutes of a
// subscription and a year of retention take no time. Handler.Faults makes calls fail, be
// throttled or come late.
package kinesishttp
