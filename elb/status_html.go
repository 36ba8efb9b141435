package elb

import (
	_ "embed" // for the page
	"fmt"
	page "html/template"
	"sync"
	"time"
)

//go:embed status.html
var statusHTML string

// statusTemplate is parsed when a page is shown for the first time: most programs show
// none.
var statusTemplate = sync.OnceValue(func() *page.Template {
	return page.Must(page.New("status").Funcs(page.FuncMap{
		"duration": func(s seconds) string { return shortDuration(time.Duration(s)) },
		"short":    shortDuration,
		"percent":  func(f float64) string { return fmt.Sprintf("%.3g %%", f) },
		"share":    func(f float64) string { return fmt.Sprintf("%.0f %%", 100*f) },
		"stamp":    func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	}).Parse(statusHTML))
})

// statusView is what the page's template gets.
type statusView struct {
	statusReport
	Refresh int // seconds; 0 for never
}

// Age is how long ago something was when the page was made.
func (v statusView) Age(t time.Time) string { return shortDuration(max(v.Time.Sub(t), 0)) }

// shortDuration writes a duration for people, with about three digits.
func shortDuration(d time.Duration) string {
	switch {
	case d >= time.Minute:
		d = d.Round(time.Second)
	case d >= time.Second:
		d = d.Round(10 * time.Millisecond)
	case d >= time.Millisecond:
		d = d.Round(10 * time.Microsecond)
	default:
		d = d.Round(time.Microsecond)
	}
	return d.String()
}
