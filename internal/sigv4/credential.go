package sigv4

import (
	"net/http"
	"net/url"
	"strings"
)

const (
	algorithm  = "AWS4-HMAC-SHA256"
	terminator = "aws4_request"
)

// ParseCredential returns what r says of itself: who signed it, for which region
// and service. It checks nothing else, so none of it is to be trusted. It reports
// false when r has no well-formed credential scope; the header counts before the
// query. The strings share r's memory. It does not allocate for the header, nor for
// a query without escapes in the credential, and once otherwise.
func ParseCredential(r *http.Request) (accessKeyID, region, service string, ok bool) {
	var text string
	if header := r.Header.Get("Authorization"); header != "" {
		text = authorizationField(header, "Credential")
	} else if r.URL != nil {
		text, _ = queryValue(r.URL.RawQuery, "X-Amz-Credential")
	}
	c, ok := parseCredential(text)
	if !ok {
		return "", "", "", false
	}
	return c.accessKeyID, c.region, c.service, true
}

// credential is AKID/20150830/us-east-1/sqs/aws4_request taken apart.
type credential struct {
	accessKeyID, date, region, service, terminator string
}

// parseCredential demands five parts of which none is empty. An access key id may
// hold slashes itself: the scope is what follows.
func parseCredential(text string) (c credential, ok bool) {
	for _, part := range [...]*string{&c.terminator, &c.service, &c.region, &c.date} {
		slash := strings.LastIndexByte(text, '/')
		if slash < 0 {
			return credential{}, false
		}
		*part, text = text[slash+1:], text[:slash]
		if *part == "" {
			return credential{}, false
		}
	}
	c.accessKeyID = text
	return c, text != ""
}

// scope is what a signature holds for, as it stands in the string to sign.
func (c credential) scope() string {
	return c.date + "/" + c.region + "/" + c.service + "/" + c.terminator
}

// authorizationField returns the value of name in an Authorization header of the
// form "AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…", or "". Fields
// are parted by a comma, with spaces or without.
func authorizationField(header, name string) string {
	fields, ok := strings.CutPrefix(header, algorithm+" ")
	for ok {
		var field string
		field, fields, ok = strings.Cut(fields, ",")
		if key, value, found := strings.Cut(strings.TrimSpace(field), "="); found && key == name {
			return value
		}
	}
	return ""
}

// queryValue returns the first value of a name that needs no escaping. It reads
// only as far as it must and leaves out what it can not unescape.
func queryValue(query, name string) (value string, ok bool) {
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		if key, escaped, _ := strings.Cut(pair, "="); key == name {
			value, err := url.QueryUnescape(escaped)
			return value, err == nil
		}
	}
	return "", false
}
