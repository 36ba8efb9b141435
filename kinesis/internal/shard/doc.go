// Package shard says what the shards of a Kinesis data stream are: which hash keys
// they own, how their records are numbered, what they are called, and how they are
// split and merged when their count changes. It is pure: no clock, no lock, no I/O,
// and everything in it is a value or, once made, is never changed.
//
// A record's partition key becomes a [HashKey] by [KeyOf], a number of 128 bits. Each
// open shard owns a [Range] of them, and together the open shards own them all, each
// once; [Cover] checks that. [Even] makes the ranges of a new stream, and a [Router]
// finds the one that a key falls into, in about the same time whether there is one
// shard or ten thousand.
//
// A [SequenceNumber] is the place of a record in its shard. It grows with the index of
// the record; the number that opens a shard is [First], with the index 0, and the one
// that closes it [Last]. Numbers of different shards compare by the second in which
// the shards were created, so that a child's are all greater than its parents' if it
// was created in a later second; only within a shard is their order that of the
// records.
//
// [Plan] turns a change of the shard count into splits and merges.
//
// Where AWS's documents are silent, the rules come from descriptions of streams that
// were published, and from what AWS answers to odd requests.
//   - The ranges of a new stream all have the size ⌊2¹²⁸/n⌋, and the last one has
//     what is left as well.
//   - The hexadecimal fields of a sequence number are as SequenceNumber says. Numbers
//     of older layouts are recognized, but belong to no stream of today.
//   - UpdateShardCount goes through the keys from the lowest to the highest, and makes
//     even shards as far as the number of shards that it is known to make allows.
//   - A shard id counts by the number after its last hyphen.
package shard
