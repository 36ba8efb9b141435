// Package journal keeps batches of records in files, so that what was committed is
// still there after a crash. It is what leat's durable engines stand on: they
// commit what changes their state, and change it again in the same order when the
// journal is opened.
//
// # What is promised
//
// A batch is there as a whole or not at all, and batches are there in the order
// in which they were committed, without gaps. Under SyncEach a batch that Append
// acknowledged survives the loss of power, under every policy it survives the end
// of the process. This assumes a disk that keeps what it said it has written.
//
// # Files
//
// A journal has its directory for itself. Batches are appended to segments. When
// one is full it is synced, and another begins. The manifest says which segments
// are the journal, and which snapshot; all changes of that are one write to it.
// [Journal.Snapshot] replaces the snapshot, and [Journal.Trim] gives up the oldest
// segments. A lock keeps a second process out.
//
// What is still needed of the oldest segments an engine commits again, or puts in
// its snapshot, and then trims: one old record does not keep the segments behind
// it. The journal does not do that by itself, since it does not know what is
// needed. Nor does it read single records back, or copy itself while it is open.
//
// # Errors
//
// A sync that fails is the end of the open journal: every call from then on
// returns ErrFailed, those that wait included, and nothing is tried again, because
// a file system forgets with the first error what it could not write. A full disk
// is not: the call returns ErrNoSpace, nothing was committed, and the next call
// tries anew.
//
// Each frame says what had been synced when it was written. So opening can tell
// the torn end that a crash leaves, which is cut off, from damage to what was
// durable, which is refused: ErrCorrupt, with file and offset. One case can not be
// told: damage to the frames of the last sync before a crash looks like the
// crash. A journal that was closed has no such frames.
package journal
