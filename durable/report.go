package durable

import "github.com/leat-go/leat/internal/journal"

// Report is what was found in a directory besides good data.
type Report struct {
	// Torn is how many bytes a crash had left of what was not synced yet, and so was
	// not acknowledged under SyncEach. Opening cuts them off. In a file that was used
	// before it is what can be told from what that held then.
	Torn int64
	// Dropped is what Options.Salvage dropped, or what Verify found to be damaged.
	Dropped []Dropped
}

// Dropped is a range of bytes that is damaged.
type Dropped struct {
	File   string // its name in the directory
	Offset int64  // where it begins, in bytes
	Bytes  int64  // its length; 0 if the file is missing
	Reason string // what is wrong with it
}

// ReportOf returns the report of a service's journal. It is for leat's own engines,
// and not subject to any promise of compatibility.
func ReportOf(r journal.Report) Report {
	report := Report{Torn: r.Torn}
	for _, d := range r.Dropped {
		report.Dropped = append(report.Dropped, Dropped{d.File, d.Offset, d.Bytes, d.Reason})
	}
	return report
}
