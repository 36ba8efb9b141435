//go:build !linux

package faultfs

import (
	"errors"
	"os"
)

// reserve does nothing: a file that is only made longer has no blocks, and is not
// faster to sync.
func reserve(*os.File, int64, int64) error { return errors.ErrUnsupported }
