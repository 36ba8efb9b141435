package faulttest

import (
	"strings"
	"time"

	"github.com/leat-go/leat/internal/faultfs"
)

// Paused is a directory in which a second goes by when a file has been made whose name
// begins with Prefix, before who made it knows.
type Paused struct {
	faultfs.FS
	Prefix string
}

// Open implements [faultfs.FS].
func (p Paused) Open(name string, create bool) (faultfs.File, error) {
	f, err := p.FS.Open(name, create)
	if create && strings.HasPrefix(name, p.Prefix) {
		time.Sleep(time.Second)
	}
	return f, err
}
