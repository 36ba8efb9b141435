// Package leat is the root of a library of the four primitives that services on
// AWS are built from, with AWS's semantics and without AWS: queues, topics, load
// balancers and sharded streams. A leat is an open channel that brings water to
// a mill.
//
// Each primitive is a package of its own, and a program that wants one of them takes
// that. This package puts them together: a [Cloud] has them all, knowing each other by
// their ARNs as on AWS, behind one handler.
//
//	cloud, err := leat.New(leat.Config{})
//	client := sqs.New(sqs.Options{Region: "us-east-1", HTTPClient: cloud.HTTPClient(), …}) // the AWS SDK's, without a socket
//	http.ListenAndServe(":4566", cloud.Handler())                                         // or with one, for any SDK
//
// It is in memory, or keeps its queues, topics and streams in a directory, from which they
// come back whatever ended the program before:
//
//	cloud, err := leat.New(leat.Config{Dir: "/var/lib/shop"})
//
// # The packages
//
//   - [github.com/leat-go/leat/sqs]: queues, standard and FIFO, and a consumer
//   - [github.com/leat-go/leat/sqs/sqshttp]: the same queues over AWS's wire
//     protocol, for any AWS SDK
//   - [github.com/leat-go/leat/sqs/sqstest]: a conformance suite for any queue
//   - [github.com/leat-go/leat/sns]: topics, standard and FIFO, that deliver to
//     queues, functions, delivery streams, HTTP endpoints and mailboxes
//   - [github.com/leat-go/leat/sns/snshttp]: the same topics over AWS's wire protocol
//   - [github.com/leat-go/leat/sns/snstest]: a conformance suite for any topic
//   - [github.com/leat-go/leat/sns/ses]: mail over SMTP under the rules of SES
//   - [github.com/leat-go/leat/elb]: load balancers for HTTP and TCP, with target groups,
//     health checks and listener rules
//   - [github.com/leat-go/leat/elb/elbtest]: a conformance suite for any picker
//   - [github.com/leat-go/leat/kinesis]: sharded streams, groups of workers that share
//     them, and a producer
//   - [github.com/leat-go/leat/kinesis/kinesishttp]: the same streams over AWS's wire protocols
//   - [github.com/leat-go/leat/kinesis/kinesistest]: a conformance suite for any stream
//   - [github.com/leat-go/leat/kinesis/firehose]: delivery streams, to directories, HTTP
//     endpoints, queues and topics
//   - [github.com/leat-go/leat/kinesis/firehose/firehosehttp]: the same over AWS's wire
//     protocol
//   - [github.com/leat-go/leat/durable]: the options and errors of queues, topics and streams
//     that are kept in a directory, and a check of one
//   - [github.com/leat-go/leat/lambda]: functions, and the event sources that feed them
//   - [github.com/leat-go/leat/cloudwatch]: metrics of all packages under AWS's names, and
//     alarms
//   - [github.com/leat-go/leat/console]: a page for people
//   - [github.com/leat-go/leat/durable]: what queues, topics and streams on a disk have in
//     common: options, errors, and what is promised
//
// # Two seams
//
// Each package has one small interface, such as sqs.Queue, that an engine in this
// process, AWS itself or a database can stand behind. Code that is written against
// the interface moves between them by changing one constructor. The engines in
// these packages offer more than the interface asks (attributes, purge, a look
// without receiving); those are methods of the concrete types.
//
// # What all packages share
//
// Operations are batch first: they take many entries, their results line up with
// the batch, and a failed entry does not keep the others from succeeding.
// Configurations are structs, passed by value, whose zero value means AWS's
// default. Calls that can block take a context. Errors carry AWS's code and text,
// and match one sentinel per condition with errors.Is.
//
// Time is the time package and nothing else. A test in a testing/synctest bubble
// can therefore wait out a 20-second long poll or a retention of four days in no
// real time, and nothing in leat keeps a goroutine running while it is idle.
package leat
