// Package kinesis is a sharded stream with the semantics of Amazon Kinesis Data
// Streams, in the process that uses it.
//
// # Records and shards
//
// A stream is a log that many write and many read. Reading removes nothing: a record
// stays for the retention period, 24 hours unless said otherwise, and every reader
// keeps its own place.
//
// The log is divided into shards. Each open shard owns a range of hash keys, and
// together they own all. The MD5 of a record's partition key, or an explicit hash key
// in its place, says which shard it goes to. So records with the same key are in one
// shard, in the order in which they were put: that is all the order there is. A batch
// keeps its order within each shard.
//
// A record's place in its shard is its [SequenceNumber]. Numbers grow, not without
// gaps. The data of a record is copied when it is put and is shared by all who read it,
// so it must not be changed; who keeps a small piece for long should copy it, because
// records that were put together share their memory.
//
// A [LocalStream] of [New] or [NewService] keeps its records in memory: they end with the
// process. One of [Open] keeps them on the disk as well.
//
// # Reading
//
// Read returns records of one shard from a [Position] on: the oldest record, the
// newest, a sequence number, a time. Batch.Next is where to go on. With a Wait it
// returns as soon as there is a record; nothing polls.
//
//	next := kinesis.Position{Type: kinesis.Latest}
//	for {
//		batch, err := stream.Read(ctx, kinesis.ReadRequest{ShardID: id, Position: next, Wait: time.Minute})
//		if err != nil {
//			return err
//		}
//		handle(batch.Records)
//		if batch.End {
//			break // go on with batch.ChildShards, from their beginnings
//		}
//		next = batch.Next
//	}
//
// # Resharding
//
// [LocalStream.SplitShard], [LocalStream.MergeShards] and [LocalStream.UpdateShardCount]
// close shards and open others for the same hash keys. A closed shard can be read to
// its end, where Batch.End is true and Batch.ChildShards says what comes after. Whoever
// reads parents to the end before their children sees the records of each key in
// order, whatever happens to the shards. An on-demand stream splits by itself the shards
// that get much.
//
// # Consumers and producers
//
// A [Group] does all of this: its members share the shards of a stream by leases, read
// parents before children, note in checkpoints how far they got, and take over from
// members that died. Every record is handled at least once, those of a key in order.
//
// A [Producer] gathers single records into batches, and repeats what a stream did
// not take.
//
// A registered [Consumer] gets the records of a shard pushed, at a throughput of its
// own (enhanced fan-out).
//
// # On the disk
//
// [Open] is a service in a directory. What an operation of it or of its streams has
// acknowledged is on the disk, as durable.Options.Sync has it, and is there when the
// directory is opened again: streams, shards, records under the numbers that they had,
// settings, tags, registered consumers. [Service.Leases] keeps the leases and the
// checkpoints of groups there too. Readers see no record, and no split or merge, before it
// is durable, so that a crash takes back nothing that somebody has acted on; records that
// were put when the process ended, and not acknowledged, may be there or not.
//
// When the disk is full, what has to be stored fails with durable.ErrNoSpace, reads go on,
// and all works again when there is space. An error of the disk is final until the
// directory is opened again. Both come wrapped with ErrInternalFailure. [Service.Backup]
// copies a service while it is used, durable.Verify checks one that is closed, and
// [Print] shows a person what is in it.
//
// # Batches and errors
//
// Put takes many entries and does what it can. When some fail, the error is a
// [*BatchError] that names their indexes; the others are in the stream. Every failure
// is an [*Error] that knows AWS's code and text and wraps one of this package's
// sentinels:
//
//	if errors.Is(err, kinesis.ErrProvisionedThroughputExceeded) { … }
//
// Bad input never changes anything. AWS's limits on requests (500 entries, 10 MiB)
// belong to its wire protocol and do not bind here; those on what a record and a stream
// may be do. A shard's throughput is limited only with Config.EnforceLimits.
//
// # Where to start
//
// [New] makes a single stream, [Open] a service on the disk. A [Service] holds streams by name and ARN, of several
// accounts and regions. [Stream] is the small interface that code should ask for:
// [LocalStream] implements it, and so may an adapter over AWS. Package kinesishttp puts
// a Service behind AWS's wire protocol; package kinesistest checks any Stream against
// the rules above; package firehose has delivery streams.
//
// # Time in tests
//
// Every timeout is the time package's. In a testing/synctest bubble a retention period
// of a year or a failover of ten seconds takes no time.
package kinesis
