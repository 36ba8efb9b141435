package faulttest

import (
	"syscall"

	"github.com/leat-go/leat/internal/faultfs"
)

// Faults are what can happen to a call, by name. Each engine's tests try each of them at
// every call of a workload, see [Step].
var Faults = map[string]faultfs.Fault{
	"power cut":         {Cut: true},
	"EIO":               {Err: syscall.EIO},
	"EIO, half written": {Err: syscall.EIO, Short: 100},
	"ENOSPC":            {Err: syscall.ENOSPC},
	"ENOSPC, short":     {Err: syscall.ENOSPC, Short: 40},
	"ENOSPC, all there": {Err: syscall.ENOSPC, Short: 1 << 20},
}
