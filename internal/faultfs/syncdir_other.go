//go:build windows || plan9 || js || wasip1

package faultfs

import "os"

// syncDir does nothing: these systems have no way to sync a directory. NTFS keeps
// changes of names in a journal of its own.
func syncDir(*os.Root) error { return nil }
