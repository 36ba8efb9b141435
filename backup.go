package leat

import (
	"context"
	"fmt"
	"path"
	"path/filepath"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/internal/faultfs"
)

// Backup copies what is in Config.Dir into another directory, which must be empty or not
// exist, while the Cloud is used. New opens the copy as it opens the original. It has
// everything that was acknowledged before, and any part of what happens meanwhile. The topics
// are copied first, then the queues, and then the streams: a notification that is delivered
// meanwhile may be both waiting for its delivery and in the queue, and so be delivered twice,
// but never in neither. The same goes for a message that is put on a stream and then
// deleted from its queue.
//
// It fails with durable.ErrInvalid if the Cloud is in memory or the directory is not
// empty, with ctx's error, with ErrClosed, and with those of the services' Backup; then what is
// in the directory is of no use. Not of the copy is what ends with the Cloud, see Config.Dir,
// nor are the objects of delivery streams.
func (c *Cloud) Backup(ctx context.Context, dir string) error {
	return c.backup(ctx, dir, func(string) {})
}

// backup is Backup, and calls copied when what is in a subdirectory has been.
func (c *Cloud) backup(ctx context.Context, dir string, copied func(name string)) error {
	if c.dir == nil {
		return fmt.Errorf("leat: Backup: %w: the cloud is in memory; there is nothing to copy", durable.ErrInvalid)
	}
	to, err := faultfs.OpenDir(dir)
	if err != nil {
		return fmt.Errorf("leat: Backup: %w", err)
	}
	defer to.Close()
	names, err := to.ReadDir()
	if err == nil && len(names) > 0 {
		err = fmt.Errorf("%w: %s has to be empty, and there is %q", durable.ErrInvalid, dir, names[0])
	}
	if err != nil {
		return fmt.Errorf("leat: Backup: %w", err)
	}
	c.mu.Lock()
	closed, g := c.closed, c.now.Load()
	c.mu.Unlock()
	if closed {
		return ErrClosed
	}
	for _, s := range []struct { // in the order in which messages move
		name string
		copy func(context.Context, string) error
	}{{topicsDir, g.topics.Backup}, {queuesDir, g.queues.Backup}, {streamsDir, g.streams.Backup}} {
		if err := s.copy(ctx, filepath.Join(dir, s.name)); err != nil {
			return err
		}
		copied(s.name)
	}
	if err := to.SyncDir(); err != nil {
		return fmt.Errorf("leat: Backup: %w", err)
	}
	return nil
}

// Recovery returns what New, or Reset, found in Config.Dir besides good data: what a crash has
// left, which is no damage, and what Durable.Salvage dropped, by the names of the files in
// Config.Dir. It is zero for a Cloud in memory.
func (c *Cloud) Recovery() (all durable.Report) {
	g := c.now.Load()
	for _, s := range []struct {
		name   string
		report durable.Report
	}{{queuesDir, g.queues.Recovery()}, {topicsDir, g.topics.Recovery()}, {streamsDir, g.streams.Recovery()}} {
		all.Torn += s.report.Torn
		for _, d := range s.report.Dropped {
			d.File = path.Join(s.name, d.File)
			all.Dropped = append(all.Dropped, d)
		}
	}
	return all
}
