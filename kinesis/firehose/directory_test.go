package firehose

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func openDirectory(t testing.TB, dir string) *Directory {
	d, err := NewDirectory(dir, DirectoryConfig{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func objectOf(key string, records ...string) *Delivery {
	d := &Delivery{StreamName: "clicks", ID: testID, Key: key, Attempt: 1}
	for _, r := range records {
		d.Records = append(d.Records, Record{Data: []byte(r)})
	}
	return d
}

// files are the files below a directory, by their slashed paths.
func files(t testing.TB, dir string) map[string]string {
	found := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		relative, _ := filepath.Rel(dir, name)
		found[filepath.ToSlash(relative)] = string(data)
		return err
	}))
	return found
}

func TestDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "yet")
	d := openDirectory(t, dir)
	big := strings.Repeat("x", 3*directoryBuffer)
	want := map[string]string{}
	for key, records := range map[string][]string{
		"top":                     {"a", "b"},
		"2026/11/21/16/clicks-1":  {"a\n", "", "c\n"},
		"2026/11/21/16/clicks-2":  nil,
		"2026/11/21/17/.hidden":   {"ü"},
		"customer=ä ö/…/x.gz":     {big, "after", big[:directoryBuffer-5], "12345", "6"},
		"..a/b..":                 {"dots"},
		"deep/" + aPath(200):      {"deep"},
		strings.Repeat("n", 255):  {"a long name"},
		"a/.leat-tmp-0123456789a": {"not at the top"},
	} {
		require.NoError(t, d.Deliver(t.Context(), objectOf(key, records...)), key)
		want[key] = strings.Join(records, "")
	}
	require.Equal(t, want, files(t, dir))
}

func aPath(n int) string { return strings.Repeat("p/", n) + "file" }

// A delivery that comes again is one object; another one under its key is refused.
func TestDirectoryNeverOverwrites(t *testing.T) {
	dir := t.TempDir()
	d := openDirectory(t, dir)
	require.NoError(t, d.Deliver(t.Context(), objectOf("a/b", "one", "two")))
	require.NoError(t, d.Deliver(t.Context(), objectOf("a/b", "one", "two")))
	require.NoError(t, openDirectory(t, dir).Deliver(t.Context(), objectOf("a/b", "onetwo")))
	for _, other := range []string{"", "one", "onetwo!", "onetwO", strings.Repeat("z", 100_000)} {
		err := d.Deliver(t.Context(), objectOf("a/b", other))
		require.ErrorIs(t, err, ErrObjectExists)
		require.True(t, marked(err))
		require.ErrorContains(t, err, `"a/b"`)
	}
	require.Equal(t, map[string]string{"a/b": "onetwo"}, files(t, dir))
}

// marked tells whether an error is marked by Permanent.
func marked(err error) bool {
	_, ok := errors.AsType[*permanentError](err)
	return ok
}

func TestDirectoryComparesCompressedObjects(t *testing.T) {
	dir := t.TempDir()
	d := openDirectory(t, dir)
	for _, c := range formats {
		delivery := objectOf("of/"+string(c)+"x", string(noise(300_000)))
		delivery.encode, _, _ = encoderFor(c, delivery.ID)
		for range 2 {
			require.NoError(t, d.Deliver(t.Context(), delivery), c)
		}
		other := *delivery
		other.Records = []Record{{Data: noise(299_999)}}
		require.ErrorIs(t, d.Deliver(t.Context(), &other), ErrObjectExists, c)
	}
	require.Len(t, files(t, dir), len(formats))
}

func TestDirectoryWithoutLinks(t *testing.T) {
	dir := t.TempDir()
	d := openDirectory(t, dir)
	d.link = func(string, string) error { return errors.ErrUnsupported }
	for range 2 {
		require.NoError(t, d.Deliver(t.Context(), objectOf("a/b", "x")))
	}
	require.ErrorIs(t, d.Deliver(t.Context(), objectOf("a/b", "y")), ErrObjectExists)
	require.ErrorIs(t, d.Deliver(t.Context(), objectOf("a", "y")), ErrObjectExists)
	require.Equal(t, map[string]string{"a/b": "x"}, files(t, dir))
}

func TestDirectoryKeys(t *testing.T) {
	outside := t.TempDir()
	dir := filepath.Join(outside, "in", "side")
	d := openDirectory(t, dir)
	require.NoError(t, d.Deliver(t.Context(), objectOf("file", "x")))
	for key, want := range map[string]error{
		"":                       ErrInvalidKey,
		".":                      ErrInvalidKey,
		"..":                     ErrInvalidKey,
		"../a":                   ErrInvalidKey,
		"../side/a":              ErrInvalidKey,
		"a/../../b":              ErrInvalidKey,
		"a/../b":                 ErrInvalidKey,
		"a/./b":                  ErrInvalidKey,
		"/a":                     ErrInvalidKey,
		"/" + dir + "/a":         ErrInvalidKey,
		"a/":                     ErrInvalidKey,
		"a//b":                   ErrInvalidKey,
		"a\x00b":                 ErrInvalidKey,
		"a\xff":                  ErrInvalidKey,
		".leat-tmp-0":            ErrInvalidKey,
		".leat-tmp-0/a":          ErrInvalidKey,
		"file/a":                 nil, // a file of the system's choice
		"a/" + long("n", 256):    nil,
		long("n", 256) + "/file": nil,
	} {
		err := d.Deliver(t.Context(), objectOf(key, "x"))
		require.Error(t, err, "%q", key)
		require.True(t, marked(err), "%q: %v", key, err)
		if want != nil {
			require.ErrorIs(t, err, want, "%q", key)
		}
	}
	require.NoError(t, d.Deliver(t.Context(), objectOf("a/b/c", "x")))
	err := d.Deliver(t.Context(), objectOf("a/b", "x"))
	require.ErrorIs(t, err, ErrObjectExists, "a directory")
	require.Equal(t, map[string]string{"in/side/file": "x", "in/side/a/b/c": "x"}, files(t, outside))
}

func long(s string, n int) string { return strings.Repeat(s, n) }

// A link in the directory that leads out of it is not followed.
func TestDirectoryStaysInside(t *testing.T) {
	outside, dir := t.TempDir(), t.TempDir()
	if err := os.Symlink(outside, filepath.Join(dir, "out")); err != nil {
		t.Skip(err)
	}
	require.NoError(t, os.Symlink(filepath.Join(outside, "f"), filepath.Join(dir, "file")))
	d := openDirectory(t, dir)
	require.Error(t, d.Deliver(t.Context(), objectOf("out/a", "x")))
	require.Error(t, d.Deliver(t.Context(), objectOf("out/a/b", "x")))
	require.ErrorIs(t, d.Deliver(t.Context(), objectOf("file", "x")), ErrObjectExists)
	require.Empty(t, files(t, outside))
}

func TestDirectorySweepsLeftovers(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{".leat-tmp-00", ".leat-tmp-", ".leat-tmp", "a", ".hidden"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("half"), 0o666))
	}
	require.NoError(t, os.Mkdir(filepath.Join(dir, ".leat-tmp-directory"), 0o777))
	openDirectory(t, dir)
	require.Equal(t, map[string]string{"a": "half", ".hidden": "half", ".leat-tmp": "half"}, files(t, dir))
}

func TestDirectoryOfNoDirectory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o666))
	_, err := NewDirectory(file, DirectoryConfig{})
	require.Error(t, err)
	_, err = NewDirectory(filepath.Join(file, "a"), DirectoryConfig{})
	require.Error(t, err)
}

func TestDirectoryClosed(t *testing.T) {
	dir := t.TempDir()
	d := openDirectory(t, dir)
	require.NoError(t, d.Close())
	require.NoError(t, d.Close())
	err := d.Deliver(t.Context(), objectOf("a", "x"))
	require.ErrorIs(t, err, fs.ErrClosed)
	require.True(t, marked(err))
	require.Empty(t, files(t, dir))
}

// Whatever fails, nothing is left, and the next attempt succeeds.
func TestDirectoryFailures(t *testing.T) {
	eio := errors.New("input/output error")
	for name, c := range map[string]struct {
		breaks func(d *Directory, delivery *Delivery) context.Context
		want   error
		stays  bool // the object, whole
	}{
		"the context ended": {func(*Directory, *Delivery) context.Context {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			return ctx
		}, context.Canceled, false},
		"the context ends": {func(_ *Directory, delivery *Delivery) context.Context {
			ctx, cancel := context.WithCancel(context.Background())
			delivery.encode = func(w io.Writer) (io.WriteCloser, error) {
				cancel()
				return struct {
					io.Writer
					io.Closer
				}{w, io.NopCloser(nil)}, nil
			}
			return ctx
		}, context.Canceled, false},
		"writing": {func(_ *Directory, delivery *Delivery) context.Context {
			delivery.encode = func(w io.Writer) (io.WriteCloser, error) {
				_, _ = w.Write([]byte("half"))
				return nil, eio
			}
			return context.Background()
		}, eio, false},
		"the file's sync": {func(d *Directory, _ *Delivery) context.Context {
			d.sync = func(*os.File) error { return eio }
			return context.Background()
		}, eio, false},
		"a new directory's sync": {func(d *Directory, _ *Delivery) context.Context {
			d.sync = failsAt(2, eio)
			return context.Background()
		}, eio, false},
		"the directory's sync": {func(d *Directory, _ *Delivery) context.Context {
			d.sync = failsAt(4, eio)
			return context.Background()
		}, eio, true},
	} {
		t.Run(name, func(t *testing.T) {
			if runtime.GOOS == "windows" && strings.Contains(name, "directory's") {
				t.Skip("directories are not synced")
			}
			dir := t.TempDir()
			d := openDirectory(t, dir)
			delivery := objectOf("a/b/c", "x")
			err := d.Deliver(c.breaks(d, delivery), delivery)
			require.ErrorIs(t, err, c.want)
			require.False(t, marked(err))
			want := map[string]string{"a/b/c": "x"}
			if c.stays {
				require.Equal(t, want, files(t, dir))
			} else {
				require.Empty(t, files(t, dir))
			}
			d.sync, delivery.encode = (*os.File).Sync, nil
			require.NoError(t, d.Deliver(t.Context(), delivery))
			require.Equal(t, want, files(t, dir))
		})
	}
}

func failsAt(call int, err error) func(*os.File) error {
	return func(f *os.File) error {
		if call--; call == 0 {
			return err
		}
		return f.Sync()
	}
}

// What is synced, and in which order: the object, the directories that may be new from
// the inside out, then the one with the object's name.
func TestDirectorySyncs(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("directories are not synced")
	}
	dir := t.TempDir()
	d := openDirectory(t, dir)
	var synced []string
	d.sync = func(f *os.File) error {
		name, err := filepath.Rel(dir, f.Name())
		require.NoError(t, err)
		if strings.HasPrefix(name, temporaryPrefix) {
			name = "the object"
		}
		_, err = os.Stat(filepath.Join(dir, "a/b/c"))
		synced = append(synced, fmt.Sprint(name, " ", err == nil))
		return f.Sync()
	}
	deliver := func(key string) []string {
		synced = nil
		require.NoError(t, d.Deliver(t.Context(), objectOf(key, "x")))
		return synced
	}
	require.Equal(t, []string{"the object false", "a false", ". false", "a/b true"}, deliver("a/b/c"))
	require.Equal(t, []string{"the object true", "a/b true"}, deliver("a/b/d"))
	require.Equal(t, []string{"the object true", ". true"}, deliver("top"))
	require.Equal(t, []string{"the object true", "a/b true"}, deliver("a/b/c"), "a retry is synced again")

	d.noSync = true
	require.Empty(t, deliver("e/f"))
}

// Somebody tidies up meanwhile.
func TestDirectoryMakesAgainWhatIsGone(t *testing.T) {
	dir := t.TempDir()
	d := openDirectory(t, dir)
	require.NoError(t, d.Deliver(t.Context(), objectOf("a/b/c", "x")))
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "a")))
	require.NoError(t, d.Deliver(t.Context(), objectOf("a/b/c", "x")))

	swept := false
	d.sync = func(f *os.File) error {
		if !swept {
			swept = true
			openDirectory(t, dir) // which takes the file for a leftover
		}
		return f.Sync()
	}
	require.NoError(t, d.Deliver(t.Context(), objectOf("a/d", "y")))
	require.True(t, swept)
	require.Equal(t, map[string]string{"a/b/c": "x", "a/d": "y"}, files(t, dir))
}

// A reader sees whole objects only, however many write.
func TestDirectoryInParallel(t *testing.T) {
	dir := t.TempDir()
	d := openDirectory(t, dir)
	content := func(i int) string { return strings.Repeat(fmt.Sprintf("%03d\n", i), 1000+i) }
	var writing, reading sync.WaitGroup
	done := make(chan struct{})
	reading.Go(func() {
		for {
			_ = fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
				if err != nil || entry.IsDir() || strings.HasPrefix(name, temporaryPrefix) {
					return nil
				}
				data, err := os.ReadFile(filepath.Join(dir, name))
				if err == nil && (len(data) < 4 || len(data)%4 != 0 || string(data) != strings.Repeat(string(data[:4]), len(data)/4) || len(data)/4 < 1000) {
					t.Errorf("%s: %d bytes", name, len(data))
				}
				return nil
			})
			select {
			case <-done:
				return
			default:
			}
		}
	})
	for w := range 8 {
		writing.Go(func() {
			for i := range 20 {
				if err := d.Deliver(context.Background(), objectOf(fmt.Sprintf("%d/%d/own", i%3, w*100+i), content(i))); err != nil {
					t.Error(err)
				}
				// And one for all, which one of them gets.
				err := d.Deliver(context.Background(), objectOf(fmt.Sprintf("shared/%d", i), content(w)))
				if err != nil && !errors.Is(err, ErrObjectExists) {
					t.Error(err)
				}
			}
		})
	}
	writing.Wait()
	close(done)
	reading.Wait()
	found := files(t, dir)
	require.Len(t, found, 8*20+20)
	for name := range found {
		require.False(t, strings.HasPrefix(name, temporaryPrefix))
	}
}

func TestDirectoryForgetsDirectories(t *testing.T) {
	d := openDirectory(t, t.TempDir())
	d.noSync = true
	for i := range maxKnown + 10 {
		require.NoError(t, d.ready(fmt.Sprint(i%7, "/", i)))
	}
	require.Len(t, d.known, 10)
}

func FuzzDirectoryKey(f *testing.F) {
	for _, key := range []string{"a", "a/b", "../a", "a/../../b", "/etc/passwd", "a//b", `..\a`, "C:/a", "a\x00", ".leat-tmp-1", "con", "…/ä"} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		outside, err := os.MkdirTemp("", "leat-fuzz")
		require.NoError(t, err)
		defer os.RemoveAll(outside)
		dir := filepath.Join(outside, "one", "two")
		d := openDirectory(t, dir)
		d.noSync = true
		first := d.Deliver(t.Context(), objectOf(key, "x"))
		found := files(t, outside)
		if first != nil {
			require.True(t, marked(first), "%v", first)
			require.Empty(t, found)
			return
		}
		require.Equal(t, map[string]string{"one/two/" + key: "x"}, found)
		require.ErrorIs(t, d.Deliver(t.Context(), objectOf(key, "y")), ErrObjectExists)
		require.Equal(t, found, files(t, outside))
	})
}
