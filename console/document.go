package console

import (
	"html/template"
	"slices"
	"time"
)

// document is what a page's templates get.
type document struct {
	*call
	Page  string // the template's name
	Title string
	Error string
	Data  any
	Live  template.HTML // the part that is loaded anew
	Forms template.HTML // the part that is not
}

// Site is what heads every page.
func (d *document) Site() string { return d.console.config.Title }

// Write tells whether things can be changed.
func (d *document) Write() bool { return d.console.config.Write }

// View is the account and region that are shown.
func (d *document) View() View { return d.view }

// Views are the other accounts and regions that are offered.
func (d *document) Views() []View {
	var others []View
	for _, v := range d.sources.Views {
		if v != d.view {
			others = append(others, v)
		}
	}
	return others
}

// ViewLink returns the first page of another view.
func (d *document) ViewLink(v View) string { return d.link(v, nil) }

// Now is when the page was made.
func (d *document) Now() time.Time { return d.now }

// Ago is how long something is past.
func (d *document) Ago(t time.Time) string { return shortDuration(max(d.now.Sub(t), 0)) }

// Ahead is in how long something will be.
func (d *document) Ahead(t time.Time) string { return shortDuration(max(t.Sub(d.now), 0)) }

// Asset returns the path of a file of the page's own.
func (d *document) Asset(name string) string {
	return d.console.config.BasePath + "/-/" + name + "?v=" + assetVersion()
}

// Given returns what a form that was refused had in a field.
func (d *document) Given(field string) string { return d.r.PostForm.Get(field) }

// Parameter returns a parameter of the page.
func (d *document) Parameter(name string) string { return d.query.Get(name) }

// Done says what was changed last; empty if nothing was.
func (d *document) Done() string { return doneTexts[d.query.Get("done")] }

var doneTexts = map[string]string{
	"send":    "The message was sent.",
	"purge":   "The queue was purged.",
	"redrive": "Moving the messages has begun.",
	"cancel":  "Moving the messages is over.",
	"delete":  "The queue was deleted.",
	"publish": "The message was published.",
	"put":     "The record was put.",
}

// listOf is what the template of a table gets: the table's data, and the page it is on.
type listOf struct {
	Document *document
	Data     any
}

// List goes with a table's template.
func (d *document) List(data any) listOf { return listOf{d, data} }

// sectionLink is an entry of the navigation.
type sectionLink struct {
	Title, Link string
	Current     bool
}

// Sections are the lists that there are.
func (d *document) Sections() []sectionLink {
	var links []sectionLink
	add := func(there bool, path string, others ...string) {
		if there {
			s := sections[path]
			links = append(links, sectionLink{s.title, d.Link(path, ""), d.Page == path || d.Page == s.name || slices.Contains(others, d.Page)})
		}
	}
	s := &d.sources
	add(s.Queues != nil, "queues")
	add(s.Topics != nil, "topics")
	add(s.Streams != nil, "streams")
	add(s.DeliveryStreams != nil, "deliverystreams")
	add(len(s.Balancers)+len(s.Proxies)+len(s.TargetGroups) > 0, "balancers", "proxy", "group")
	add(len(s.Alarms) > 0, "alarms")
	return links
}

// Home is the path of the first page, without the view.
func (d *document) Home() string { return d.console.config.BasePath + "/" }

// Act is the path of something that can be done to what the page is of.
func (d *document) Act(name string) string {
	for section, s := range sections {
		if s.name == d.Page {
			return d.Link(section, d.name, name)
		}
	}
	return ""
}
