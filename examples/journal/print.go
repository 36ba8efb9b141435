package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"unicode/utf8"

	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

// services are those that have directories, by the names that these have in a
// leat.Config.Dir.
var services = []struct {
	name  string
	print func(io.Writer, string) error
}{
	{"sqs", sqs.Print}, {"sns", sns.Print}, {"kinesis", kinesis.Print},
}

// show prints the facts in a directory.
func show(dir string, w io.Writer) error {
	if hasJournal(dir) {
		return printOne(dir, w)
	}
	found := false
	for _, s := range services {
		sub := filepath.Join(dir, s.name)
		if !hasJournal(sub) {
			continue
		}
		found = true
		fmt.Fprintln(w, s.name)
		if err := s.print(&indented{w: w}, sub); err != nil {
			return err
		}
	}
	if !found {
		return &fs.PathError{Op: "print", Path: dir, Err: errors.New("there is nothing of a service in it")}
	}
	return nil
}

// hasJournal tells whether a directory is that of a service.
func hasJournal(dir string) bool {
	info, err := os.Stat(filepath.Join(dir, "manifest"))
	return err == nil && info.Mode().IsRegular()
}

// printOne prints the directory of one service. Which one it is, nothing in it says; but the
// facts of one make little sense to another.
func printOne(dir string, w io.Writer) error {
	best, least := -1, 0.0
	var errs []error
	for i, s := range slices.Backward(services) { // those first that look more closely
		p := &probe{}
		if err := s.print(p, dir); err != nil && !errors.Is(err, errEnough) {
			errs = append(errs, err)
			continue
		}
		if best < 0 || p.nonsense() < least {
			best, least = i, p.nonsense()
		}
	}
	if best < 0 {
		return errs[0]
	}
	return services[best].print(w, dir)
}

// probe reads the beginning of what is printed.
type probe struct{ lines, odd int }

var (
	errEnough = errors.New("enough was printed")
	oddities  = [][]byte{[]byte("makes no sense"), []byte("newer version"), []byte("malformed"), []byte("not a fact")}
)

func (p *probe) Write(b []byte) (int, error) {
	for line := range bytes.Lines(b) {
		p.lines++
		if slices.ContainsFunc(oddities, func(oddity []byte) bool { return bytes.Contains(line, oddity) }) ||
			!utf8.Valid(line) || bytes.ContainsFunc(line, func(r rune) bool { return r < ' ' && r != '\n' }) {
			p.odd++
		}
	}
	if p.lines > 1000 {
		return 0, errEnough
	}
	return len(b), nil
}

// nonsense returns the share of the facts that are no facts of the service.
func (p *probe) nonsense() float64 { return float64(p.odd) / float64(max(p.lines, 1)) }

// indented puts two spaces before each line.
type indented struct {
	w      io.Writer
	inside bool // a line
}

func (i *indented) Write(b []byte) (int, error) {
	var out []byte
	for line := range bytes.Lines(b) {
		if !i.inside {
			out = append(out, "  "...)
		}
		out = append(out, line...)
		i.inside = line[len(line)-1] != '\n'
	}
	if _, err := i.w.Write(out); err != nil {
		return 0, err
	}
	return len(b), nil
}
