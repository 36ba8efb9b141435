package journal

import (
	"errors"
	"fmt"
	"strings"

	"github.com/leat-go/leat/internal/faultfs"
)

// The conditions that a caller may branch on with errors.Is. They come wrapped in
// an [*Error].
var (
	// ErrCorrupt: a file is not as it was written, and not because of a crash.
	// Nothing was changed. [Config.Salvage] opens what is left.
	ErrCorrupt = errors.New("damaged")
	// ErrVersion: a file is of a format version that this package does not read.
	ErrVersion = errors.New("unknown format version")
	// ErrLocked: another process, or this one, has the journal open.
	ErrLocked = faultfs.ErrLocked
	// ErrNoSpace: the disk or a quota is full. A batch waits in memory, and is
	// written before anything that is added later; other calls changed nothing, and
	// may succeed later.
	ErrNoSpace = errors.New("no space left on the disk")
	// ErrFailed: a write or a sync failed, now or earlier, and with it the
	// journal. What was in it and not yet committed may be found or not when the
	// journal is opened again, which is all that can be done with it.
	ErrFailed = errors.New("the journal has failed")
	// ErrTooLarge: a batch is larger than MaxBatch, or a snapshot than MaxSnapshot.
	ErrTooLarge = errors.New("too large")
	// ErrClosed: the journal was closed.
	ErrClosed = errors.New("the journal is closed")
	// ErrGone: the segment of a place was trimmed.
	ErrGone = errors.New("the segment is gone")
	// ErrInvalid: an argument has no meaning.
	ErrInvalid = errors.New("invalid argument")
)

// Error is the error of an operation on a journal.
type Error struct {
	Op     string // the operation: "Open", "Append"
	File   string // the name of the file that it is about; may be empty
	Offset int64  // where in the file, in bytes, if Err is ErrCorrupt
	Err    error  // one of the conditions of this package, or nil for other errors
	Detail string // what was found; may be empty
	Cause  error  // the file system's error, or the caller's; may be nil
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("journal: " + e.Op)
	if e.File != "" {
		b.WriteString(" " + e.File)
	}
	if errors.Is(e.Err, ErrCorrupt) {
		fmt.Fprintf(&b, " at offset %d", e.Offset)
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	if e.Detail != "" {
		b.WriteString(": " + e.Detail)
	}
	if e.Cause != nil {
		b.WriteString(": " + e.Cause.Error())
	}
	return b.String()
}

// Unwrap returns the condition and the cause.
func (e *Error) Unwrap() []error {
	var errs []error
	for _, err := range []error{e.Err, e.Cause} {
		if err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

func corrupt(file string, offset int64, format string, args ...any) *Error {
	return &Error{Op: "Open", File: file, Offset: offset, Err: ErrCorrupt, Detail: fmt.Sprintf(format, args...)}
}
