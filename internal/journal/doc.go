// Package journal keeps batches of records in files, so that what was committed is
// still there after a crash. It is what leat's durable engines stand on: they
// commit what changes their state, and change it again in the same order when the
// journal is opened.
//
// # What is promised
//
// A batch is there as a whole or not at all, and batches are there in the order
// in which they were added, without gaps. Under SyncEach a batch whose wait has
// ended well survives the loss of power, under SyncInterval it survives the end of
// the process. This assumes a disk that keeps what it said it has written.
//
// # Adding and waiting
//
// [Journal.Add] puts a batch behind all others and does no I/O: an engine calls it
// with the lock held under which it changes its state, so that both have the same
// order. Without the lock it then waits for the [Ticket]. The first who waits
// writes and syncs, for all that was added until then; those who come meanwhile
// are written together next. If they are much they are written while the disk still
// syncs what came before, by which they are not synced: that takes another one,
// which covers all that was written when it begins. What nobody has to wait for
// rides along, and is written by a timer if nobody comes. [Journal.Append] does
// both. A [Frame] is a batch that is made where it is written from, so that what is
// large is not copied.
//
// # Reading
//
// Open gives the caller all that is in the journal. A record can be read back
// alone later, by its [Place]: the ticket of its batch tells it, and so does replay.
//
// # Files
//
// A journal has its directory for itself. Batches are appended to segments. When
// one is full it is synced, and another begins, whose file was made before. The
// manifest says which segments are the journal, which snapshot, and whose records
// they are; all changes of that are one write to it. [Journal.Snapshot] replaces the
// snapshot, and [Journal.Trim] gives up the oldest segments. A lock keeps a second
// process out. [Journal.Backup] copies all of it meanwhile, and [Scan] looks at one
// that nobody has open.
//
// Under SyncEach the file of a segment that is given up may stay, with the name
// "spare.tmp", and becomes the next segment: a commit that overwrites is faster than
// one that makes a file longer. It takes as much as a segment more, and is given up
// when there is no space, by Close, and by Open after a crash. For the same reason
// the last segment is made longer ahead, until it is full or closed.
//
// What is still needed of the oldest segments an engine adds again, or puts in its
// snapshot, and then trims: one old record does not keep the segments behind it.
// The journal does not do that by itself, since it does not know what is needed.
//
// # Errors
//
// A sync that fails is the end of the open journal: every call from then on
// returns ErrFailed, those that wait included, and nothing is tried again, because
// a file system forgets with the first error what it could not write.
//
// A full disk is not. Who waits is told ErrNoSpace, but what was added stays, in
// memory and in its place, and is written before anything later by whoever writes
// next: the log never has a hole, and what engines have in memory never has
// something that the log misses. An engine that wants it undone adds that. While
// something waits for space ([Journal.Stuck]), an operation should call
// [Journal.Retry] before it changes anything, so that not more and more does.
//
// Each frame says what had been synced when it was written. So opening can tell
// the torn end that a crash leaves, which is cut off, from damage to what was
// durable, which is refused: ErrCorrupt, with file and offset. One case can not be
// told: damage to the frames of the last sync before a crash looks like the
// crash. A journal that was closed has no such frames. Only the last segment can be
// torn, but under SyncNever, where the header of the next one says so.
package journal
