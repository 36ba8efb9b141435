package durable

import "github.com/leat-go/leat/internal/journal"

// The conditions of storage that a caller may branch on with errors.Is. The errors
// of sqs, sns and kinesis wrap them.
var (
	// ErrCorrupt: a file is not as it was written, and not because of a crash.
	// Nothing was changed. Options.Salvage opens what is left.
	ErrCorrupt = journal.ErrCorrupt
	// ErrVersion: the directory was written by a version of leat that has another
	// format. Nothing was changed.
	ErrVersion = journal.ErrVersion
	// ErrLocked: another process, or this one, has the directory open.
	ErrLocked = journal.ErrLocked
	// ErrNoSpace: the disk or a quota is full. The service can be used on: what only
	// reads goes on, and what has to write succeeds again when there is space.
	ErrNoSpace = journal.ErrNoSpace
	// ErrFailed: the disk failed to write or to sync. The service has to be closed
	// and opened again. Operations that returned this error may have had their
	// effect or not.
	ErrFailed = journal.ErrFailed
	// ErrInvalid: an option or another argument has no meaning, or a directory is that of
	// another package.
	ErrInvalid = journal.ErrInvalid
)
