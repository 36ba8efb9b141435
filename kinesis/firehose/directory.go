package firehose

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"github.com/leat-go/leat/internal/uid"
)

// DirectoryConfig says how a [Directory] writes.
type DirectoryConfig struct {
	// NoSync leaves it to the system when objects reach the disk. They are still written
	// before Deliver returns, and outlive a crash of the process, but not of the machine;
	// after that a file may be shorter than its object was.
	NoSync bool
}

// What is wrong with a delivery that a Directory can not take. The errors of Deliver wrap
// them, and are marked by [Permanent].
var (
	// ErrInvalidKey: the key names no file in the directory.
	ErrInvalidKey = errors.New("firehose: the object key is not the path of a file in the directory")
	// ErrObjectExists: there is something else under the key.
	ErrObjectExists = errors.New("firehose: there is another object under this key")
)

// Directory is a [Sink] that keeps objects as files of a directory, in subdirectories as
// the slashes of their keys say. It may serve several delivery streams. All methods may
// be called concurrently.
//
// Who reads the directory sees an object whole or not at all. It is written to a file at
// the top whose name begins with ".leat-tmp-", which a reader has to ignore, is synced,
// and only then gets its name; Deliver returns when the name is on disk, too. A delivery
// that fails leaves nothing behind but directories.
//
// Unlike in S3 a key is a path: it has no empty element, so no slash at its beginning or
// end, and neither "." nor ".."; nor may one key go on where another ends. No object
// leaves the directory, whatever partition keys are made of. An object is never
// overwritten: if there is one with the same content under the key, it counts as
// delivered, since that is what a repeated delivery finds.
type Directory struct {
	root   *os.Root
	noSync bool

	// But in a test, the methods of these names.
	sync func(f *os.File) error
	link func(oldname, newname string) error

	buffers sync.Pool // of *[]byte, of directoryBuffer bytes

	mu    sync.Mutex
	known map[string]struct{} // directories that are on disk, so long as nobody removes them; guarded by mu
}

const (
	temporaryPrefix = ".leat-tmp-"
	directoryBuffer = 256 << 10
	// maxKnown bounds how many directories are remembered.
	maxKnown = 4096
)

// NewDirectory opens a directory, and makes it if it is not there. What a crash left
// half-written is removed; if a Directory in another process is just writing there, its
// delivery begins anew. The errors are those of package os.
func NewDirectory(dir string, cfg DirectoryConfig) (*Directory, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	d := &Directory{root: root, noSync: cfg.NoSync, sync: (*os.File).Sync, link: root.Link, known: map[string]struct{}{}}
	d.buffers.New = func() any { return new(make([]byte, 0, directoryBuffer)) }
	if err := d.sweep(); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return d, nil
}

// sweep removes what deliveries that did not end left.
func (d *Directory) sweep() error {
	top, err := d.root.Open(".")
	if err != nil {
		return err
	}
	defer top.Close()
	var leftovers []string
	for err == nil {
		var entries []fs.DirEntry
		entries, err = top.ReadDir(1000)
		for _, entry := range entries {
			if strings.HasPrefix(entry.Name(), temporaryPrefix) && !entry.IsDir() {
				leftovers = append(leftovers, entry.Name())
			}
		}
	}
	if err != io.EOF {
		return err
	}
	for _, name := range leftovers {
		_ = d.root.Remove(name) // gone, or in use by another
	}
	return nil
}

// Close makes deliveries fail from now on. It may be called again.
func (d *Directory) Close() error { return d.root.Close() }

// Deliver implements [Sink]. The error is ctx's, or wraps one of package os; it is
// marked by Permanent if the key is none or too long for the file system, if there is
// another object, and once the Directory is closed.
func (d *Directory) Deliver(ctx context.Context, delivery *Delivery) error {
	name, err := localName(delivery.Key)
	if err != nil {
		return err
	}
	const attempts = 3
	for attempt := 1; ; attempt++ {
		// What is missing is the temporary file or a directory, which somebody removed: it
		// is made again.
		err = d.deliver(ctx, delivery, name)
		if attempt == attempts || !errors.Is(err, fs.ErrNotExist) {
			break
		}
		d.forget()
	}
	if err == nil {
		return nil
	}
	err = fmt.Errorf("firehose: deliver %.300q: %w", delivery.Key, err)
	for _, lasting := range []error{ErrObjectExists, fs.ErrExist, syscall.ENOTDIR, syscall.ENAMETOOLONG, fs.ErrClosed} {
		if errors.Is(err, lasting) {
			return Permanent(err)
		}
	}
	return err
}

// localName is a key as a path of this system.
func localName(key string) (string, error) {
	first, _, _ := strings.Cut(key, "/")
	name, err := filepath.Localize(key)
	if err != nil || key == "." || strings.HasPrefix(first, temporaryPrefix) {
		return "", Permanent(fmt.Errorf("%w: %.300q", ErrInvalidKey, key))
	}
	return name, nil
}

// deliver writes the object and gives it its name.
func (d *Directory) deliver(ctx context.Context, delivery *Delivery, name string) error {
	temporary := fmt.Sprintf("%s%016x%016x", temporaryPrefix, uid.Random(), uid.Random())
	if err := d.write(ctx, delivery, temporary); err != nil {
		return err
	}
	dir := filepath.Dir(name)
	err := d.ready(dir)
	if err == nil {
		err = d.place(delivery, temporary, name)
	}
	if err != nil {
		_ = d.root.Remove(temporary)
		return err
	}
	return d.syncDir(dir)
}

// write writes a file that is not there yet, and removes it if that fails.
func (d *Directory) write(ctx context.Context, delivery *Delivery, temporary string) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	f, err := d.root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			_ = d.root.Remove(temporary)
		}
	}()
	buffer := d.buffers.Get().(*[]byte)
	defer d.buffers.Put(buffer)
	w := &fileWriter{ctx: ctx, f: f, buffer: (*buffer)[:0]}
	if _, err := delivery.WriteTo(w); err != nil {
		return err
	}
	if err := w.flush(); err != nil {
		return err
	}
	if d.noSync {
		return nil
	}
	return d.sync(f)
}

// place gives the temporary file its name, unless there is an object of that name.
func (d *Directory) place(delivery *Delivery, temporary, name string) error {
	// Unlike a rename this fails if there is one, even one that came just now.
	err := d.link(temporary, name)
	switch {
	case err == nil:
		_ = d.root.Remove(temporary) // the next to open the directory would do it
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return err
	case !errors.Is(err, fs.ErrExist): // perhaps it is a file system without links
		_, statErr := d.root.Lstat(name)
		if errors.Is(statErr, fs.ErrNotExist) {
			return d.root.Rename(temporary, name)
		}
		if statErr != nil {
			return err
		}
	}
	if err := d.same(delivery, name); err != nil {
		return err
	}
	// Whoever wrote it may have failed to sync it.
	return d.root.Rename(temporary, name)
}

// same returns ErrObjectExists unless a file has the object's content.
func (d *Directory) same(delivery *Delivery, name string) error {
	info, err := d.root.Lstat(name)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return ErrObjectExists
	}
	f, err := d.root.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	w := comparer{bufio.NewReader(f)}
	if _, err := delivery.WriteTo(w); err != nil {
		return err
	}
	return w.end()
}
