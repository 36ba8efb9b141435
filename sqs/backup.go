package sqs

import (
	"context"
	"errors"

	"github.com/leat-go/leat/internal/faultfs"
)

// Backup copies the service as it is at one moment into a directory, which must be empty
// or not exist, while the service goes on. The copy is opened as the original is, and
// holds everything that was acknowledged before Backup was called. It fails with ctx's
// error, with ErrClosed, with ErrUnsupportedOperation for a service in memory, and with the file system's
// errors; what it has written by then is to be removed.
func (s *Service) Backup(ctx context.Context, dir string) error {
	const op = "Backup"
	if s.registry.store == nil {
		return &Error{Op: op, Err: ErrUnsupportedOperation, Message: "The service is in memory; there is nothing to copy."}
	}
	if err := s.registry.open(op); err != nil {
		return err
	}
	to, err := faultfs.OpenDir(dir)
	if err == nil {
		err = errors.Join(s.registry.store.journal.Backup(ctx, to), to.Close())
	}
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return stored(op, dir, err)
}
