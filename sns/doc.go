// Package sns is a topic with the semantics of Amazon SNS, in the process that
// uses it: what is published to it goes to every subscription whose filter policy
// lets it through.
//
// # Delivery
//
// Publish accepts messages and returns; they are delivered afterwards, each
// subscription by itself. So a slow or broken endpoint delays neither the publisher
// nor the other endpoints. What it has not taken yet waits in a backlog of its own,
// which is bounded and can be seen in [LocalSubscription.Stats]. A notification is delivered
// at least once: an endpoint that fails after it has done its work gets it again.
//
// The shortest way is an exception to no rule: a queue of leat's own, in memory,
// can always take a message at once, so the publisher puts it there itself. If
// nothing waits for that queue, it is there when Publish returns. A queue on disk is
// left to a goroutine.
//
// A delivery that fails is repeated by a schedule. For queues, functions and
// delivery streams that is AWS's over 23 days, for mail, text messages and push
// AWS's over 6 hours, and for HTTP what the [DeliveryPolicy] says. When it ends, or at
// once for an error marked by [Permanent], the notification goes to the
// subscription's dead-letter queue as the endpoint would have got it. Without one it is
// dropped. Either is counted, and logged with the reason.
//
// [LocalTopic.Flush] waits until everything accepted is delivered, dead-lettered or
// given up. Tests need it.
//
// # Endpoints
//
// [QueueEndpoint] sends to any [sqs.Queue], [DeliveryStreamEndpoint] and [StreamEndpoint]
// put records, [EndpointFunc] calls a function, and whatever implements [Endpoint] is
// one. A [Service] makes endpoints from a protocol and an address, as AWS's Subscribe
// does: queues and delivery streams by their ARNs, HTTP and HTTPS, e-mail, text
// messages, mobile push. It reaches out only through what [ServiceConfig] gives it: an
// http.RoundTripper, a [Mailer]; without them it keeps mails and texts in its
// [Outbox], and opens no connection. Package ses has a Mailer that speaks SMTP.
//
// HTTP, HTTPS and e-mail endpoints must confirm their subscription with a token that
// is sent to them, within two days. They get a signed JSON envelope; [Verifier] and
// [Receiver] are for those who receive one.
//
// # Order
//
// A standard topic makes the first attempt to deliver to a subscription in the order of
// publishing. A notification that has to be repeated after a delay lets later ones
// pass, unless the subscription is InOrder.
//
// A FIFO topic, whose name ends in ".fifo", delivers the messages of each group
// strictly in the order of their publishing, to every subscription in the same order:
// while one is being repeated, later ones of its group wait. Within five minutes
// a message with the deduplication id of an earlier one is accepted and not
// delivered. A FIFO topic may keep an archive, out of which a subscription can have
// messages replayed.
//
// # Filter policies
//
// A filter policy is a JSON object that says what attributes, or what fields of a
// JSON body, a message must have:
//
//	{"event": ["order", "cancel"], "store": [{"prefix": "eu-"}], "total": [{"numeric": [">=", 100]}]}
//
// It is compiled when it is set, and refused with AWS's words if it is wrong. All of a
// topic's policies are kept in one index, so that publishing costs nearly the same
// however many there are.
//
// # Batches and errors
//
// Publish takes many entries and does what it can. When some fail, the error is a
// [*BatchError] that names their indexes; the others are published. Every failure is
// an [*Error] that knows AWS's code and text, and wraps one of this package's
// sentinels. Bad input never changes anything. AWS's limits on a request belong to
// its wire protocol and do not bind here; those on what a message may be do.
//
// # On disk
//
// [Open] opens a service whose topics survive a crash of the process or of the machine.
// Nothing of it is seen but in time: Publish returns when the messages are on the disk, and
// nobody gets one before; publishers that come at the same time share a sync. What was not
// delivered then is delivered when the service is opened again, retries when they are due,
// in the order that is promised above. That a notification was delivered is written a
// little later, so after a crash some of the latest come again. A FIFO queue takes them for
// the duplicates that they are.
//
// Endpoints are stored by their addresses. One that Subscribe is given as a Go value must
// have an address by which the [ServiceConfig] finds it, and after Open it may be given
// again with the same call. The queues, streams and functions should be there before the
// service is opened: to what can not be found nothing can be delivered, and the
// notification becomes a dead letter.
//
// # Where to start
//
// [New] makes a single topic. A [Service] holds topics that know queues and each
// other by ARN. [Publisher] and [Topic] are the small interfaces that code should ask
// for: [LocalTopic] implements them, and so may an adapter over AWS. Package snshttp
// puts a Service behind AWS's wire protocol; package snstest checks any Topic against
// the rules above.
//
// # Time in tests
//
// Every delay is the time package's. In a testing/synctest bubble a topic therefore
// waits without waiting: Flush returns at once although a broken endpoint is tried
// for 23 days.
package sns
