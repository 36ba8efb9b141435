// Package durable is what the durable services of leat have in common: the options
// with which sqs.Open, sns.Open and kinesis.Open keep their state in a directory,
// the errors of storage, and the check of such a directory.
//
//	service, err := sqs.Open("/var/lib/shop/queues", sqs.ServiceConfig{
//		Durable: durable.Options{Sync: durable.SyncEach},
//	})
//
// # What is promised
//
// What a service has acknowledged is there when its directory is opened again: the
// message that Send returned an id for, the deletion that Delete returned from, the
// attributes, tags, subscriptions and checkpoints that were set. An operation
// returns when that is on the disk as [Options.Sync] has it. Nobody sees before what
// a crash could take back: a message is received, and a record read, only when it
// is as safe as the policy makes it.
//
// An operation that has not returned, or has failed with ErrFailed, may have had its
// effect or not: as a whole, unless it is longer than 16 MiB, which may be there in
// part. What was acknowledged before it, in the same service or stream, is there too.
//
// What only a receiver did may be forgotten: that a message was received, how often,
// and until when it is hidden, ride with what is written next, at most 100 ms later.
// So a crash may deliver a message again early, as SQS may at any time.
//
// # What is not promised
//
// One process at a time has a directory: a second one is told ErrLocked. There is one
// copy, on one machine, unless you make more. The disk has to keep what it says it
// has written; some do not, and neither do some virtual machines and containers, nor
// file systems over a network whose server promises less.
//
// # Choosing a policy
//
// [SyncEach] costs a sync for what is acknowledged together, which is as fast as the
// disk is: many senders share a sync, one sender alone waits for one each time, as
// it does for every entry of a batch together. [SyncInterval] costs next to nothing,
// and keeps all that was acknowledged through a crash of the process; a loss of power
// takes the last 100 ms. [SyncNever] is for tests, and for what can be made again.
//
// # When the disk is full
//
// Operations that write fail with an error that wraps [ErrNoSpace]; receiving a message
// is one of them, since it notes that it was received. Those that only read go on. The
// service keeps what it has in memory, tries again with each operation, and goes on by
// itself when there is space.
//
// # When the disk fails
//
// After an error of a write or a sync nothing more is acknowledged: every operation
// fails with an error that wraps [ErrFailed]. It makes no sense to try again, since
// the operating system forgets what it could not write. Close the service, find out
// what is wrong with the disk, and open it again: everything acknowledged is there.
//
// # When a file is damaged
//
// All that is on the disk is checked when it is read. What a crash leaves at the end
// is told from damage, and cut off ([Report.Torn]). Anything else that is not as it
// was written is refused with [ErrCorrupt], with file and offset, and nothing is
// changed. Then a backup is best. Where there is none, copy the directory and open it
// with [Options.Salvage]: it drops the damaged places, and the [Report] names them.
//
// # Backups
//
// The Backup method of a service copies it while it is used. Do not copy the files of
// one that is open by other means: they change. [Verify] reads a directory, or a
// backup, and reports everything that is wrong with it.
package durable
