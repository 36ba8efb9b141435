//go:build !linux

package faultfs

import "os"

// syncFile is os.File's, which on macOS makes the disk write its cache too.
func syncFile(f *os.File) error { return f.Sync() }
