package main

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/firehose"
)

// archive is a delivery stream that keeps every line of the stream in a directory.
type archive struct {
	stream *firehose.DeliveryStream
	sink   *firehose.Directory
	dir    string
	remove bool // dir is for this run only
	before int  // lines that were in dir
}

func newArchive(source kinesis.Stream, dir string) (a *archive, err error) {
	a = &archive{dir: dir}
	if dir == "" {
		a.remove = true
		if a.dir, err = os.MkdirTemp("", "clickstream-"); err != nil {
			return nil, err
		}
	}
	if a.sink, err = firehose.NewDirectory(a.dir, firehose.DirectoryConfig{}); err != nil {
		return nil, err
	}
	if a.before, _, err = a.countAll(); err != nil {
		return nil, err
	}
	a.stream, err = firehose.New("archive", firehose.Config{
		Source:            source,
		SourcePosition:    &kinesis.Position{Type: kinesis.TrimHorizon},
		Sink:              a.sink,
		Buffering:         firehose.Buffering{Size: 1 << 20, Interval: new(time.Second)},
		Prefix:            "clicks/!{timestamp:yyyy/MM/dd/HH}/",
		ErrorOutputPrefix: "failed/!{firehose:error-output-type}/",
		Compression:       firehose.GZIP,
		FileExtension:     ".log.gz",
		AppendDelimiter:   true,
	})
	return a, err
}

// received is how many lines have come to the delivery stream.
func (a *archive) received() int { return int(a.stream.Metrics().IncomingRecords) }

// end has everything delivered that was received.
func (a *archive) end(ctx context.Context) error { return a.stream.Shutdown(ctx) }

// count reads the archive as anybody would: it opens every object and counts the lines
// that this run added, and the objects.
func (a *archive) count() (lines, objects int, err error) {
	lines, objects, err = a.countAll()
	return lines - a.before, objects, err
}

func (a *archive) countAll() (lines, objects int, err error) {
	err = filepath.WalkDir(a.dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		objects++
		n, err := countLines(name)
		lines += n
		return err
	})
	return lines, objects, err
}

func countLines(name string) (n int, err error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	object, err := gzip.NewReader(f)
	if err != nil {
		return 0, err
	}
	lines := bufio.NewScanner(object)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		n++
	}
	return n, lines.Err()
}

func (a *archive) close() error {
	err := errors.Join(a.stream.Close(), a.sink.Close())
	if a.remove {
		err = errors.Join(err, os.RemoveAll(a.dir))
	}
	return err
}
