// Package kpl reads and writes the aggregated records of the Kinesis Producer Library: many
// records of a user's in the data of one record of Kinesis, so that small ones do not use up a
// shard's records per second. (aggregation-format.md in awslabs/amazon-kinesis-producer.)
//
// The data of an aggregated record is
//
//	F3 89 9A C2    the magic number
//	message        AggregatedRecord, in protocol buffers' encoding, version 2
//	16 bytes       the MD5 of the message
//
// and the message is
//
//	message AggregatedRecord {
//	  repeated string partition_key_table     = 1;
//	  repeated string explicit_hash_key_table = 2;
//	  repeated Record records                 = 3;
//	}
//	message Record {
//	  required uint64 partition_key_index     = 1; // into the table, from 0
//	  optional uint64 explicit_hash_key_index = 2;
//	  required bytes  data                    = 3;
//	  repeated Tag    tags                    = 4;
//	}
//	message Tag {
//	  required string key   = 1;
//	  optional string value = 2;
//	}
//
// Fields may come in any order, of a field that may occur once the last counts, and fields that
// are not listed, or are of another wire type, are passed over. Tags are checked and then
// ignored: nobody uses them.
//
// # Reading
//
// Nothing outside the data says that a record is aggregated, so anybody's data may happen to
// begin with the magic number. The Kinesis Client Library (AggregatorUtil in
// awslabs/amazon-kinesis-client) therefore delivers a record as it came, as one plain record, if
// it has fewer than 21 bytes or no magic number, if the checksum is wrong, or if the message
// cannot be parsed or lacks a required field. [Unpack] answers with an [*Error] then, and its
// caller does the same. A message without any record is none of these: it stands for no record
// at all.
//
// In two places this package is stricter than that library.
//   - Where an index points outside its table, the library delivers the records before that one
//     and drops the others, with a line in its log; it also looks at the low 32 bits of an index
//     only. Unpack gives all of the records or none, and says [ErrIndex].
//   - Field numbers and varints beyond their range are malformed, as they are to most other
//     implementations of protocol buffers. Java's cuts them off.
//
// The library also drops all of an aggregated record of which any part has a hash key outside
// the range of the shard that it was read from: a reshard came between, and the producer, which
// is told the shard with each answer, puts the parts again. That takes a shard and is not done
// here; hash keys are not interpreted.
//
// # Writing
//
// A [Packer] writes what the producer library would, byte for byte: the two tables, without
// repetitions, and then the records. Its records should belong to one shard; whoever adds them
// sees to that. The whole is put under [PartitionKey] and [Packer.ExplicitHashKey].
//
// To aggregate a single record is never worth it: it grows by its keys and at least 28
// bytes, and both sides compute an MD5 for nothing. The producer library puts it plain, under its own partition
// key, and so should a user of Packer when [Packer.Len] is 1.
package kpl
