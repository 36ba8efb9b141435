package sigv4

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// canonicalRequest writes r in the one form that client and server agree on: IAM
// user guide, "Create a signed AWS API request".
func canonicalRequest(r *http.Request, s signature, body []byte) string {
	var b strings.Builder
	b.WriteString(r.Method + "\n")
	b.WriteString(canonicalPath(r.URL.EscapedPath()) + "\n")
	b.WriteString(canonicalQuery(r.URL.RawQuery, s.presigned) + "\n")
	for _, name := range s.signedHeaders {
		b.WriteString(name + ":" + canonicalHeader(r, name) + "\n")
	}
	b.WriteString("\n" + strings.Join(s.signedHeaders, ";") + "\n")
	b.WriteString(payloadHash(r, s, body))
	return b.String()
}

// canonicalPath resolves "." and ".." and drops empty segments, keeps a final
// slash, and encodes the path that is encoded already once more.
func canonicalPath(path string) string {
	segments := strings.Split(path, "/")
	kept := segments[:0]
	for _, segment := range segments {
		switch segment {
		case "", ".":
		case "..":
			kept = kept[:max(len(kept)-1, 0)]
		default:
			kept = append(kept, encode(segment))
		}
	}
	if len(kept) == 0 {
		return "/"
	}
	normal := "/" + strings.Join(kept, "/")
	if strings.HasSuffix(path, "/") {
		normal += "/"
	}
	return normal
}

// canonicalQuery sorts the parameters by their encoded names, then values. What can
// not be unescaped stands for itself. A presigned URL's own signature is not part of
// what it signs.
func canonicalQuery(query string, presigned bool) string {
	type parameter struct{ name, value string }
	var parameters []parameter
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if pair == "" || presigned && name == "X-Amz-Signature" {
			continue
		}
		parameters = append(parameters, parameter{encode(unescape(name)), encode(unescape(value))})
	}
	slices.SortFunc(parameters, func(a, b parameter) int {
		return cmp.Or(strings.Compare(a.name, b.name), strings.Compare(a.value, b.value))
	})
	var b strings.Builder
	for i, p := range parameters {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(p.name + "=" + p.value)
	}
	return b.String()
}

// canonicalHeader joins a header's values by commas, each without the spaces around
// it and with runs of spaces made one. Those that net/http keeps apart from the
// other headers are looked up where it keeps them.
func canonicalHeader(r *http.Request, name string) string {
	values := r.Header.Values(name)
	switch {
	case name == "host", name == ":authority":
		values = []string{r.Host}
	case name == "content-length" && len(values) == 0 && r.ContentLength >= 0:
		values = []string{strconv.FormatInt(r.ContentLength, 10)}
	case name == "transfer-encoding" && len(values) == 0:
		values = r.TransferEncoding
	}
	var b strings.Builder
	for i, value := range values {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strings.Join(strings.Fields(value), " "))
	}
	return b.String()
}

// payloadHash never takes the client's word for the hash, only for its absence.
func payloadHash(r *http.Request, s signature, body []byte) string {
	const unsigned = "UNSIGNED-PAYLOAD"
	claimed := r.Header.Get("X-Amz-Content-Sha256")
	if claimed == "" && s.presigned {
		claimed, _ = queryValue(r.URL.RawQuery, "X-Amz-Content-Sha256")
	}
	if claimed == unsigned {
		return unsigned
	}
	digest := sha256.Sum256(body)
	return hex.EncodeToString(digest[:])
}

func unescape(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

// encode escapes all but the unreserved characters of RFC 3986, with capital hex
// digits.
func encode(text string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	b.Grow(len(text))
	for i := range len(text) {
		switch c := text[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.', c == '~':
			b.WriteByte(c)
		default:
			b.Write([]byte{'%', digits[c>>4], digits[c&15]})
		}
	}
	return b.String()
}
