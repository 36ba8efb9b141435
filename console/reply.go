package console

import (
	"bytes"
	"encoding/json"
	"errors"
	"html/template"
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

// answer is a page as JSON.
type answer struct {
	Time time.Time `json:"time"`
	View
	Page string `json:"page"`
	Data any    `json:"data"`
}

// reply answers with a page.
func (c *call) reply(name, title string, show page) {
	data, err := show(c)
	if err != nil {
		c.fail(err)
		return
	}
	c.write(http.StatusOK, &document{call: c, Page: name, Title: title, Data: data})
}

// fail answers with an error.
func (c *call) fail(err error) {
	c.write(statusOf(err), &document{call: c, Page: "error", Title: "Error", Error: textOf(err)})
}

// textOf returns what a person is told of an error: of one of the services AWS's text.
func textOf(err error) string {
	if e, ok := errors.AsType[interface {
		error
		ErrorMessage() string
	}](err); ok {
		return e.ErrorMessage()
	}
	return err.Error()
}

func statusOf(err error) int {
	if _, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong {
		return http.StatusRequestEntityTooLarge
	}
	switch {
	case errors.Is(err, errNoPage), errors.Is(err, errNotThere), errors.Is(err, sqs.ErrQueueDoesNotExist), errors.Is(err, sqs.ErrResourceNotFound),
		errors.Is(err, sns.ErrNotFound), errors.Is(err, kinesis.ErrResourceNotFound), errors.Is(err, firehose.ErrResourceNotFound):
		return http.StatusNotFound
	case errors.Is(err, errMethod):
		return http.StatusMethodNotAllowed
	case errors.Is(err, sqs.ErrClosed), errors.Is(err, sns.ErrClosed), errors.Is(err, kinesis.ErrClosed), errors.Is(err, firehose.ErrClosed):
		return http.StatusServiceUnavailable
	default:
		return http.StatusBadRequest
	}
}

// write answers in the format that was asked for. The whole answer is made before any of
// it is sent, so that it is not cut off by an error.
func (c *call) write(status int, d *document) {
	var body bytes.Buffer
	var err error
	kind := "text/html; charset=utf-8"
	switch c.query.Get("format") {
	case "json":
		kind = "application/json"
		encoder := json.NewEncoder(&body)
		encoder.SetIndent("", "  ")
		if d.Error != "" {
			err = encoder.Encode(map[string]string{"error": d.Error})
		} else {
			err = encoder.Encode(answer{c.now, c.view, d.Page, d.Data})
		}
	case "", "html":
		err = d.render(&body, c.query.Get("fragment") != "")
	default:
		http.Error(c.w, "format is html or json", http.StatusBadRequest)
		return
	}
	if err != nil {
		http.Error(c.w, err.Error(), http.StatusInternalServerError)
		return
	}
	c.w.Header().Set("Content-Type", kind)
	c.w.Header().Set("Content-Length", strconv.Itoa(body.Len()))
	c.w.WriteHeader(status)
	if c.r.Method != http.MethodHead {
		c.w.Write(body.Bytes())
	}
}

// render writes the page, or the part of it that is loaded anew.
func (d *document) render(w *bytes.Buffer, fragment bool) error {
	if err := templates().ExecuteTemplate(w, d.Page, d); err != nil {
		return err
	}
	if err := templates().ExecuteTemplate(w, "end", d); err != nil || fragment {
		return err
	}
	d.Live = template.HTML(w.String())
	w.Reset()
	if forms := templates().Lookup(d.Page + "-forms"); forms != nil && d.Write() {
		if err := forms.Execute(w, d); err != nil {
			return err
		}
		d.Forms = template.HTML(w.String())
		w.Reset()
	}
	return templates().ExecuteTemplate(w, "layout", d)
}

// maxForm bounds the bytes of a form: the longest message, every byte of it escaped.
const maxForm = 4 << 20

// perform does something to what a path names, and shows that again.
func (c *call) perform(path []string, s section) {
	c.path = strings.TrimSuffix(c.path, "/"+path[2])
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, maxForm)
	err := c.r.ParseForm()
	var then []string
	if err == nil {
		then, err = s.actions[path[2]](c)
	}
	if err != nil {
		data, gone := s.one(c)
		if gone != nil {
			c.fail(err)
			return
		}
		c.write(statusOf(err), &document{call: c, Page: s.name, Title: c.name, Error: textOf(err), Data: data})
		return
	}
	if then == nil {
		then = path[:2]
	}
	http.Redirect(c.w, c.r, c.link(c.view, url.Values{"done": {path[2]}}, then...), http.StatusSeeOther)
}
