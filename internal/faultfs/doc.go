// Package faultfs is the small part of a file system that a journal needs: one
// directory of files, with what it takes to make them durable. It has two of
// them: [OpenDir] is a directory of the operating system, and [Mem] is one in
// memory that fails on purpose.
//
// # What is durable when
//
// The contract is the weakest that a POSIX file system may keep. What is
// written to a file is durable after its Sync. That a name leads to a file, or no
// longer does, is durable after SyncDir. Before that, a crash may keep any
// part of it in any order: the second of two writes without the first, one sector
// of a write, a removal without the one before it. A Sync that fails may have
// lost what it should have written, for good: a later Sync that succeeds says
// nothing of it, although it can still be read until the crash.
//
// [Mem] does all of that, by a seed and so repeatably. What is not lost behaves as
// files do.
package faultfs
