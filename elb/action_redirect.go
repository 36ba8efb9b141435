package elb

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

const maxRedirectPart = 128

// keyword is a part of a request's URL that a redirect can use.
type keyword string

const (
	keyProtocol keyword = "#{protocol}"
	keyHost     keyword = "#{host}"
	keyPort     keyword = "#{port}"
	keyPath     keyword = "#{path}"
	keyQuery    keyword = "#{query}"
)

// template is a text with keywords: literal pieces and keywords, in order.
type template []piece

type piece struct {
	literal string
	key     keyword // if literal is empty
}

// redirect is a compiled Redirect.
type redirect struct{ protocol, host, port, path, query template }

func compileRedirect(a *Redirect, f *ruleFaults) *redirect {
	add := func(part, format string, args ...any) {
		f.add("Action.Redirect"+part, ErrInvalidAction, format, args...)
	}
	if a.StatusCode != http.StatusMovedPermanently && a.StatusCode != http.StatusFound {
		add(".StatusCode", "must be 301 or 302, not %d", a.StatusCode)
	}
	part := func(name, value string, keys ...keyword) template {
		if len(value) > maxRedirectPart {
			add(name, "has at most %d characters, not %d", maxRedirectPart, len(value))
		}
		t, bad := compileTemplate(value, keys)
		switch {
		case bad != "":
			add(name, "can't contain '%s'", bad)
		case !isURLText(value):
			add(name, "'%s' contains a character that is not valid", value)
		}
		return t
	}
	query := string(keyQuery)
	if a.Query != nil {
		query = *a.Query
	}
	r := &redirect{
		protocol: part(".Protocol", strings.ToLower(orElse(a.Protocol, keyProtocol)), keyProtocol),
		host:     part(".Host", orElse(a.Host, keyHost), keyHost),
		port:     part(".Port", orElse(a.Port, keyPort), keyPort),
		path:     part(".Path", orElse(a.Path, "/"+keyPath), keyHost, keyPath, keyPort),
		query:    part(".Query", query, keyProtocol, keyHost, keyPort, keyPath, keyQuery),
	}
	if rest := strings.ReplaceAll(a.Host, string(keyHost), ""); !isHost(rest) || strings.Contains(rest, ":") {
		add(".Host", "'%s' is not a host name", a.Host)
	}
	if n, err := strconv.ParseUint(a.Port, 10, 16); a.Port != "" && a.Port != string(keyPort) && (err != nil || n == 0 || a.Port[0] == '0') {
		add(".Port", "must be 1 to 65535 or #{port}, not '%s'", a.Port)
	}
	if a.Path != "" && (a.Path[0] != '/' || strings.Contains(a.Path, "?")) {
		add(".Path", "must begin with '/' and have no '?', not '%s'", a.Path)
	}
	if !slices.Contains([]string{"", "HTTP", "HTTPS", string(keyProtocol)}, a.Protocol) {
		add(".Protocol", "must be HTTP, HTTPS or #{protocol}, not '%s'", a.Protocol)
	} else if a.loops(false, -1) {
		f.add("Action.Redirect", ErrRedirectLoop, redirectLoop)
	}
	return r
}

const redirectLoop = "The redirect configuration is not valid because it creates a loop"

// loops tells whether a redirect leads from a listener to where the request is. Port -1
// is none that a redirect can name. "HTTP" is no change, as only requests by HTTP are
// redirected to it. The query does not count.
func (a *Redirect) loops(https bool, port int) bool {
	return (https || a.Protocol != "HTTPS") &&
		orElse(a.Host, keyHost) == string(keyHost) &&
		(orElse(a.Port, keyPort) == string(keyPort) || a.Port == strconv.Itoa(port)) &&
		orElse(a.Path, "/"+keyPath) == "/"+string(keyPath)
}

// checkRedirectAt adds the faults that a redirect, which may be nil, has at a listener.
func checkRedirectAt(a *Redirect, https bool, port int, f *ruleFaults) {
	switch {
	case a == nil:
	case https && a.Protocol == "HTTP":
		f.add("Action.Redirect.Protocol", ErrInvalidAction, "HTTPS can't be redirected to HTTP")
	case a.loops(https, port):
		f.add("Action.Redirect", ErrRedirectLoop, redirectLoop)
	}
}

func orElse(value string, otherwise keyword) string {
	if value == "" {
		return string(otherwise)
	}
	return value
}

// compileTemplate takes a text apart. If it contains a keyword that is not one of keys,
// it returns that.
func compileTemplate(text string, keys []keyword) (t template, bad string) {
	for text != "" {
		at := strings.Index(text, "#{")
		if at < 0 {
			return append(t, piece{literal: text}), ""
		}
		if at > 0 {
			t = append(t, piece{literal: text[:at]})
		}
		end := strings.IndexByte(text[at:], '}')
		if end < 0 {
			return t, text[at:]
		}
		key := keyword(text[at : at+end+1])
		if !slices.Contains(keys, key) {
			return t, string(key)
		}
		t = append(t, piece{key: key})
		text = text[at+end+1:]
	}
	return t, ""
}

// location renders the URL for a request.
func (d *redirect) location(v *requestView) string {
	var b strings.Builder
	d.protocol.render(&b, v)
	b.WriteString("://")
	d.host.render(&b, v)
	b.WriteByte(':')
	d.port.render(&b, v)
	d.path.render(&b, v)
	if mark := b.Len(); len(d.query) > 0 {
		b.WriteByte('?')
		d.query.render(&b, v)
		if b.Len() == mark+1 {
			return b.String()[:mark]
		}
	}
	return b.String()
}

func (t template) render(b *strings.Builder, v *requestView) {
	for _, p := range t {
		if p.literal != "" {
			b.WriteString(p.literal)
			continue
		}
		name, port := splitHost(v.r.Host)
		protocol, standard := "http", "80"
		if v.r.TLS != nil {
			protocol, standard = "https", "443"
		}
		switch p.key {
		case keyProtocol:
			b.WriteString(protocol)
		case keyHost:
			b.WriteString(name)
		case keyPort:
			b.WriteString(orElse(port, keyword(standard)))
		case keyPath:
			b.WriteString(strings.TrimPrefix(v.path(), "/"))
		case keyQuery:
			b.WriteString(v.r.URL.RawQuery)
		}
	}
}
