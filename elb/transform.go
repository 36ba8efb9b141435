package elb

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// Transform changes a request before it is forwarded: exactly one of its fields is set.
// ("Transforms for listener rules" in the ELB user guide.)
type Transform struct {
	// HostHeaderRewrite rewrites the name in the Host header. The port stays, unless the
	// new name comes with one.
	HostHeaderRewrite *Rewrite
	// URLRewrite rewrites the URL from its path on: "/path?query". It sees it as it was
	// sent, and what it leaves alone stays encoded as it is, where ELB is known to decode
	// it.
	URLRewrite *Rewrite
}

// Rewrite replaces what a regular expression matches.
type Rewrite struct {
	// Regex is of RE2, of at most 1,024 characters, without classes of Unicode. If it does
	// not match, the request stays as it is; if it does in several places, all are
	// replaced. Case counts.
	Regex string
	// Replace takes the place, at most 1,024 characters. "$1" is what the first group
	// matched, and so on; "$0" is all. A "$" before anything else is one.
	Replace string
}

const maxRewrite = 1024

// rewrite is a compiled Rewrite.
type rewrite struct {
	regex   *regexp.Regexp
	replace []replacement
}

// replacement is a piece of what replaces a match: a literal, and then a group unless
// that is less than 0.
type replacement struct {
	literal string
	group   int
}

// compileTransforms compiles a rule's transforms into it.
func compileTransforms(transforms []Transform, c *compiledRule, f *ruleFaults) {
	for i := range transforms {
		t, part := &transforms[i], fmt.Sprintf("Transforms[%d]", i)
		into, from, name := &c.host, t.HostHeaderRewrite, "host-header-rewrite"
		if from == nil {
			into, from, name = &c.url, t.URLRewrite, "url-rewrite"
		}
		switch {
		case (t.HostHeaderRewrite == nil) == (t.URLRewrite == nil):
			f.add(part, ErrInvalidTransform, "a transform has exactly one field set")
		case *into != nil:
			f.add(part, ErrInvalidTransform, "a rule has at most one %s transform", name)
		default:
			*into = compileRewrite(from, part, f)
		}
	}
}

func compileRewrite(w *Rewrite, part string, f *ruleFaults) *rewrite {
	c := &rewrite{}
	re, problem := compileRegex("", w.Regex, maxRewrite)
	if problem != "" {
		f.add(part, ErrInvalidTransform, "%s", problem)
		return c
	}
	c.regex = re
	if len(w.Replace) > maxRewrite {
		f.add(part, ErrInvalidTransform, "a replacement has at most %d characters, not %d", maxRewrite, len(w.Replace))
	}
	c.compile(w.Replace, part, f)
	return c
}

// compile takes a replacement apart. Of the digits that follow a "$" those count that
// make the number of a group; the first does in any case.
func (c *rewrite) compile(text, part string, f *ruleFaults) {
	literal := 0
	for i := 0; i+1 < len(text); i++ {
		if text[i] != '$' || !isDigit(text[i+1]) {
			continue
		}
		group, end := int(text[i+1]-'0'), i+2
		for end < len(text) && isDigit(text[end]) && group*10+int(text[end]-'0') <= c.regex.NumSubexp() {
			group = group*10 + int(text[end]-'0')
			end++
		}
		if group > c.regex.NumSubexp() {
			f.add(part, ErrInvalidTransform, "the regular expression has no group for '%s'", text[i:end])
		}
		c.replace = append(c.replace, replacement{text[literal:i], group})
		literal, i = end, end-1
	}
	c.replace = append(c.replace, replacement{text[literal:], -1})
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// transform rewrites the host and the URL of a decision.
func (c *compiledRule) transform(v *requestView, d *Decision) {
	fail := func(part, got string) {
		d.Host, d.URL = v.r.Host, v.r.URL
		d.Err = &RuleError{Index: c.index, Priority: c.rule.Priority, Part: part, Err: ErrRewrite, Message: "the rewrite came to '" + got + "'"}
	}
	if c.url != nil {
		if sent, matched := c.url.apply(sentURL(v)); matched {
			u := replaced(v.r.URL, sent)
			if u == nil {
				fail("Transforms.URLRewrite", sent)
				return
			}
			d.URL = u
		}
	}
	if c.host != nil {
		name, port := splitHost(v.r.Host)
		if host, matched := c.host.apply(name); matched {
			if _, own := splitHost(host); host != "" && own == "" && port != "" {
				host += ":" + port
			}
			if host == "" || !isHost(host) { // the port is the client's
				fail("Transforms.HostHeaderRewrite", host)
				return
			}
			d.Host = host
		}
	}
}

// sentURL returns the path and the query as they were sent.
func sentURL(v *requestView) string {
	if u := v.r.URL; u.RawQuery != "" || u.ForceQuery {
		return v.path() + "?" + u.RawQuery
	}
	return v.path()
}

// replaced returns a URL with another path and query; nil if they are not valid.
func replaced(u *url.URL, sent string) *url.URL {
	if !strings.HasPrefix(sent, "/") || !isURLText(sent) {
		return nil
	}
	parsed, err := url.ParseRequestURI(sent)
	if err != nil {
		return nil
	}
	other := *u
	other.Path, other.RawPath, other.RawQuery, other.ForceQuery = parsed.Path, parsed.RawPath, parsed.RawQuery, parsed.ForceQuery
	return &other
}

// isURLText tells whether a text can be a part of a request line or of a header: there
// are neither spaces nor control characters in it.
func isURLText(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] == 0x7f {
			return false
		}
	}
	return true
}

// isHost tells whether all characters may be in a Host header.
func isHost(s string) bool { return consistsOf(s, alphanumeric+"-._~!$&'()*+,;=%:[]") }

// apply returns the text with all matches replaced, and whether there were any.
func (c *rewrite) apply(text string) (string, bool) {
	matches := c.regex.FindAllStringSubmatchIndex(text, -1)
	if matches == nil {
		return text, false
	}
	var b strings.Builder
	rest := 0
	for _, m := range matches {
		b.WriteString(text[rest:m[0]])
		for _, r := range c.replace {
			b.WriteString(r.literal)
			if r.group >= 0 && m[2*r.group] >= 0 {
				b.WriteString(text[m[2*r.group]:m[2*r.group+1]])
			}
		}
		rest = m[1]
	}
	b.WriteString(text[rest:])
	return b.String(), true
}
