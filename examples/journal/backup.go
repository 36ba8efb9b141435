package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/leat-go/leat/internal/faultfs"
	"github.com/leat-go/leat/internal/journal"
)

// backup copies the journals in a directory, and in those below it, into another one, which is
// empty or made, and verifies the copy. Nobody can open the services meanwhile. It opens no
// service itself: topics would begin to deliver.
func backup(ctx context.Context, from, to string, stdout, stderr io.Writer) (err error) {
	names, err := journalsIn(from)
	if err != nil {
		return err
	}
	target, err := faultfs.OpenDir(to)
	if err != nil {
		return err
	}
	defer target.Close()
	if there, err := target.ReadDir(); err != nil || len(there) > 0 {
		return errors.Join(err, fmt.Errorf("%s has to be empty", to))
	}
	opened := map[string]*journal.Journal{}
	defer func() {
		for _, j := range opened {
			err = errors.Join(err, j.Close())
		}
	}()
	for _, name := range names {
		if opened[name], err = journal.OpenDir(filepath.Join(from, name), journal.Config{}); err != nil {
			delete(opened, name)
			return err
		}
	}
	for _, name := range names {
		if err := opened[name].BackupDir(ctx, filepath.Join(to, name)); err != nil {
			return err
		}
	}
	return verify(ctx, to, stdout, stderr)
}

// journalsIn returns where in a directory journals are, relative to it. Those above come
// before those below.
func journalsIn(dir string) (names []string, err error) {
	err = fs.WalkDir(os.DirFS(dir), ".", func(name string, e fs.DirEntry, err error) error {
		if err == nil && e.IsDir() && hasJournal(filepath.Join(dir, filepath.FromSlash(name))) {
			names = append(names, filepath.FromSlash(name))
		}
		return err
	})
	if err == nil && len(names) == 0 {
		err = &fs.PathError{Op: "backup", Path: dir, Err: errors.New("there is nothing of a service in it")}
	}
	return names, err
}
