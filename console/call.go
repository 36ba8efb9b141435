package console

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/firehose"
	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

// What a page or an action can not do, besides what the services say. Their texts are for
// people.
var (
	errNoPage   = errors.New("there is no such page")
	errMethod   = errors.New("this can not be done here")
	errNotThere = errors.New("there is nothing of this name in this account and region")
)

// badInput is the text of an error in a request.
type badInput string

func (e badInput) Error() string { return string(e) }

// call is a request, and what there is as it sees it.
type call struct {
	console *Console
	w       http.ResponseWriter
	r       *http.Request
	query   url.Values
	now     time.Time
	path    string // of the page, escaped
	name    string // of the thing that the page is of

	sources Sources // of the view
	view    View
	own     bool // whether the view is the services' own
}

// newCall asks the sources anew, in the view that the request names. The call is there
// with an error too, to answer with it.
func (c *Console) newCall(w http.ResponseWriter, r *http.Request) (*call, error) {
	call := &call{console: c, w: w, r: r, path: r.URL.EscapedPath(), query: r.URL.Query(), now: time.Now(), sources: c.config.Sources(), own: true}
	s := &call.sources
	switch {
	case s.Queues != nil:
		call.view = View{s.Queues.Account(), s.Queues.Region()}
	case s.Topics != nil:
		call.view = View{s.Topics.Account(), s.Topics.Region()}
	case s.Streams != nil:
		call.view = View{s.Streams.Account(), s.Streams.Region()}
	case s.DeliveryStreams != nil:
		call.view = View{s.DeliveryStreams.Account(), s.DeliveryStreams.Region()}
	}
	own := call.view
	view := View{call.query.Get("account"), call.query.Get("region")}
	if view == (View{}) {
		return call, nil
	}
	if view.Account == "" {
		view.Account = own.Account
	}
	if view.Region == "" {
		view.Region = own.Region
	}
	var err error
	s.Queues, err = as(s.Queues, view, err)
	s.Topics, err = as(s.Topics, view, err)
	s.Streams, err = as(s.Streams, view, err)
	s.DeliveryStreams, err = as(s.DeliveryStreams, view, err)
	if err != nil {
		return call, err
	}
	call.view, call.own = view, view == own
	return call, nil
}

// as returns the view of a service, nil if that is.
func as[S interface {
	*sqs.Service | *sns.Service | *kinesis.Service | *firehose.Service
	As(account, region string) (S, error)
}](s S, view View, before error) (S, error) {
	if s == nil || before != nil {
		return s, before
	}
	seen, err := s.As(view.Account, view.Region)
	if err != nil {
		return s, err
	}
	return seen, nil
}

// after returns what the list's page is asked to begin after; empty for the first page.
func (c *call) after() string { return c.query.Get("after") }

// number returns a parameter that is a number, brought between 1 and a bound.
func (c *call) number(name string, usual, most int) (int, error) {
	text := c.query.Get(name)
	if text == "" {
		return usual, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, badInput("the parameter " + name + " must be a whole number, at least 1")
	}
	return min(n, most), nil
}

// Link returns the path of a page in the view that is shown.
func (c *call) Link(elements ...string) string {
	return c.link(c.view, nil, elements...)
}

// link returns the path of a page in a view, with parameters besides.
func (c *call) link(view View, query url.Values, elements ...string) string {
	var b strings.Builder
	b.WriteString(c.console.config.BasePath)
	for _, e := range elements {
		b.WriteString("/" + url.PathEscape(e))
	}
	if len(elements) == 0 {
		b.WriteString("/")
	}
	all := url.Values{}
	for name, values := range query {
		all[name] = values
	}
	if !c.own || view != c.view {
		all.Set("account", view.Account)
		all.Set("region", view.Region)
	}
	if len(all) > 0 {
		b.WriteString("?" + all.Encode())
	}
	return b.String()
}

// With returns the link to the page that is shown, with one parameter changed, or without
// it if the value is empty.
func (c *call) With(name, value string) string {
	query := url.Values{}
	for key, values := range c.query {
		if key != "fragment" && key != "format" && key != "done" {
			query[key] = values
		}
	}
	if query.Del(name); value != "" {
		query.Set(name, value)
	}
	if len(query) == 0 {
		return c.path
	}
	return c.path + "?" + query.Encode()
}
