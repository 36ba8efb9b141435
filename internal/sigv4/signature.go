package sigv4

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// signature is what a request claims, before any of it is checked.
type signature struct {
	credential    credential
	signedHeaders []string
	hex           string
	date          time.Time
	lifetime      time.Duration // of a presigned URL that says; else zero
	presigned     bool
}

// parseSignature reads the signature of r. A request with an Authorization header
// is taken by it, whatever its query says.
func parseSignature(r *http.Request) (signature, *Error) {
	if header := r.Header.Get("Authorization"); header != "" {
		return parseHeader(r, header)
	}
	query := r.URL.RawQuery
	if _, ok := queryValue(query, "X-Amz-Signature"); ok {
		return parseQuery(query)
	}
	if _, ok := queryValue(query, "X-Amz-Algorithm"); ok {
		return parseQuery(query)
	}
	return signature{}, missingToken()
}

func parseHeader(r *http.Request, header string) (s signature, failure *Error) {
	if kind, _, _ := strings.Cut(header, " "); strings.HasPrefix(kind, "AWS4-") && kind != algorithm {
		return s, incomplete("Unsupported AWS 'algorithm': '" + kind + "'.")
	}
	date := r.Header.Get("X-Amz-Date")
	if date == "" {
		date = r.Header.Get("Date")
	}
	credential := authorizationField(header, "Credential")
	signedHeaders := authorizationField(header, "SignedHeaders")
	s.hex = authorizationField(header, "Signature")

	var missing []string
	for _, field := range [...]struct{ name, value string }{
		{"Credential", credential}, {"Signature", s.hex}, {"SignedHeaders", signedHeaders},
	} {
		if field.value == "" {
			missing = append(missing, "Authorization header requires '"+field.name+"' parameter.")
		}
	}
	if date == "" {
		missing = append(missing, "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
	}
	if missing != nil {
		return s, incomplete(strings.Join(missing, " "))
	}
	failure = s.fill(credential, signedHeaders, date)
	return s, failure
}

func parseQuery(query string) (s signature, failure *Error) {
	s.presigned = true
	values := make(map[string]string, 5)
	var missing []string
	for _, name := range [...]string{"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date"} {
		value, _ := queryValue(query, name)
		if value == "" {
			missing = append(missing, "AWS query-string parameters must include '"+name+"'.")
		}
		values[name] = value
	}
	if missing != nil {
		return s, incomplete(strings.Join(missing, " ") + " Re-examine the query-string parameters.")
	}
	if kind := values["X-Amz-Algorithm"]; kind != algorithm {
		return s, incomplete("Unsupported AWS 'algorithm': '" + kind + "'.")
	}
	if text, ok := queryValue(query, "X-Amz-Expires"); ok {
		const week = 7 * 24 * 60 * 60 // the longest life that AWS gives a presigned URL
		seconds, err := strconv.Atoi(text)
		if err != nil || seconds < 1 || seconds > week {
			return s, incomplete(fmt.Sprintf("X-Amz-Expires must be a number of seconds from 1 to %d.", week))
		}
		s.lifetime = time.Duration(seconds) * time.Second
	}
	s.hex = values["X-Amz-Signature"]
	failure = s.fill(values["X-Amz-Credential"], values["X-Amz-SignedHeaders"], values["X-Amz-Date"])
	return s, failure
}

// fill parses what both places hold in the same form.
func (s *signature) fill(credential, signedHeaders, date string) *Error {
	var ok bool
	if s.credential, ok = parseCredential(credential); !ok {
		return incomplete("Credential must have exactly 5 slash-delimited elements, " +
			"e.g. keyid/date/region/service/term, got '" + credential + "'")
	}
	if s.date, ok = parseDate(date); !ok {
		return incomplete("Date must be in ISO-8601 'basic format'. Got '" + date + "'. See http://en.wikipedia.org/wiki/ISO_8601")
	}
	s.signedHeaders = strings.Split(signedHeaders, ";")
	// Clients that speak HTTP/2 may sign its name for the host in place of HTTP/1's.
	if !slices.Contains(s.signedHeaders, "host") && !slices.Contains(s.signedHeaders, ":authority") {
		return invalid("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
	}
	return nil
}

// isoBasic is the form of X-Amz-Date.
const isoBasic = "20060102T150405Z"

// parseDate also takes the forms that the Date header may have.
func parseDate(text string) (time.Time, bool) {
	if date, err := time.Parse(isoBasic, text); err == nil {
		return date, true
	}
	date, err := http.ParseTime(text)
	return date.UTC(), err == nil
}
