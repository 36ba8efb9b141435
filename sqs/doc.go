// Package sqs is a message queue with the semantics of Amazon SQS, in the process
// that uses it.
//
// # Delivery
//
// A message is delivered at least once. Receiving does not remove it: it hides the
// message for a visibility timeout, 30 seconds unless said otherwise, during which
// nobody else receives it. Whoever received it deletes it when its work is done.
// If that does not happen in time, because the work failed, took too long or died
// with its process, the message becomes visible and is delivered again. So a
// receiver must be able to see a message twice; [Message].ReceiveCount says how
// often it was delivered so far.
//
// Each delivery has a receipt handle of its own, by which the message is deleted
// or its visibility timeout is changed. By the handle of an earlier delivery a
// message can not be deleted.
//
// A message that nobody deletes is dropped when its retention period ends, four
// days after it was sent by default. A queue with a [RedrivePolicy] moves a
// message that was received MaxReceiveCount times to a dead-letter queue instead
// of delivering it once more. When the cause is mended, [Service.StartMessageMoveTask]
// moves such messages back.
//
// A [LocalQueue] keeps its messages in memory, and they end with the process, unless its
// service is one of [Open].
//
// # Order
//
// A standard queue delivers roughly in the order of sending. A message that
// returns after a visibility timeout, or whose delay ends, lines up behind those
// that are visible already. Messages that name a group belong to a tenant: a
// tenant that holds more than a tenth of what is in flight, and at least 30
// messages, waits while others have any, so that one tenant's backlog does not
// become everybody's (fair queues).
//
// A FIFO queue, whose name ends in ".fifo", delivers the messages of each group
// in exactly the order of their sending. While one of a group's messages is in
// flight, no later one of that group is delivered; one Receive may return several
// of them, in order. Groups do not wait for each other. Within five minutes a
// message with the deduplication id of an earlier one is accepted but not
// delivered, even if the earlier one is deleted by then.
//
// # Waiting
//
// Receive returns at once unless it or its queue says to wait. A waiting Receive gets a message
// at the moment when there is one, be it sent, or visible again; those who wait
// longest come first. Nothing polls: an idle queue has no goroutine, and a timer
// only while somebody waits.
//
// # Batches and errors
//
// Send, Delete and ChangeVisibility take many entries and do what they can. When
// some entries fail, the error is a [*BatchError] that names their indexes; the
// others have succeeded. Every failure is an [*Error] that knows AWS's code and
// text, and wraps one of this package's sentinels:
//
//	if errors.Is(err, sqs.ErrReceiptHandleInvalid) { … }
//
//	if batch, ok := errors.AsType[*sqs.BatchError](err); ok {
//		for _, failed := range batch.Failed {
//			log.Print(entries[failed.Index].Body, failed.Err)
//		}
//	}
//
// Bad input never changes anything. AWS's limits on the number of entries and on
// the waiting time belong to its wire protocol and do not bind here; those on
// what a message and a queue may be do.
//
// # On disk
//
// [Open] returns a [Service] that is kept in a directory, with queues like all others. Send
// and Delete return when what they did is on the disk, and nobody receives a message
// before. So what was acknowledged is there when the directory is opened again, after a
// crash too: messages and deletions, receive counts, deduplication ids, queues with their
// attributes and tags, move tasks. That a message was received, or its visibility timeout
// changed, is written a little later, together with other things. So a crash may deliver a
// message early, and forget the receive.
//
// Bodies are in memory as far as there is room for them, and are read back when they are
// received. A service of Open needs a Close. Package durable has its options, the promises,
// and the errors of storage.
//
// # Where to start
//
// [New] makes a single queue. A [Service] holds queues that know each other by
// name and ARN, as a dead-letter queue and its sources must. [Queue] is the small
// interface that code should ask for: [LocalQueue] implements it, and so may an
// adapter over AWS. [Consumer] runs a handler over any Queue. Package sqshttp puts
// a Service behind AWS's wire protocol; package sqstest checks any Queue against
// the rules above.
//
// # Time in tests
//
// Every timeout is the time package's. In a testing/synctest bubble a queue
// therefore waits without waiting:
//
//	synctest.Test(t, func(t *testing.T) {
//		q, _ := sqs.New("jobs", sqs.Config{})
//		q.Send(t.Context(), sqs.Entry{Body: "wash the car"})
//		time.Sleep(4 * 24 * time.Hour) // takes no time
//		messages, _ := q.Receive(t.Context(), sqs.ReceiveRequest{Wait: new(20 * time.Second)})
//		fmt.Println(len(messages)) // 0: the retention period is over
//	})
package sqs
