package elb

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"
)

// functionEvent is what a function gets. Of the fields that have a multi-value form there
// is but one form.
type functionEvent struct {
	RequestContext functionContext `json:"requestContext"`
	HTTPMethod     string          `json:"httpMethod"`
	Path           string          `json:"path"`

	Query      map[string]string   `json:"queryStringParameters,omitzero"`
	MultiQuery map[string][]string `json:"multiValueQueryStringParameters,omitzero"`

	Headers      map[string]string   `json:"headers,omitzero"`
	MultiHeaders map[string][]string `json:"multiValueHeaders,omitzero"`

	Body            string `json:"body"`
	IsBase64Encoded bool   `json:"isBase64Encoded"`
}

type functionContext struct {
	ELB struct {
		TargetGroupARN string `json:"targetGroupArn"`
	} `json:"elb"`
}

// event returns the JSON for a request.
func (h *functionHandler) event(r *http.Request) ([]byte, *functionError) {
	if len(r.Header["Upgrade"]) > 0 {
		return nil, &functionError{http.StatusBadRequest, "", errors.New("a function can not upgrade a connection")}
	}
	body, failed := readFunctionBody(r)
	if failed != nil {
		return nil, failed
	}
	e := functionEvent{HTTPMethod: r.Method, Path: sentPath(r.URL)}
	e.RequestContext.ELB.TargetGroupARN = h.arn
	if e.IsBase64Encoded = len(body) > 0 && isBinary(r.Header); e.IsBase64Encoded {
		e.Body = base64.StdEncoding.EncodeToString(body)
	} else {
		e.Body = string(body)
	}
	if h.multi {
		e.MultiQuery, e.MultiHeaders = make(map[string][]string), make(map[string][]string)
		eachParameter(r.URL.RawQuery, func(key, value string) { e.MultiQuery[key] = append(e.MultiQuery[key], value) })
		eachHeader(r, func(name string, values []string) { e.MultiHeaders[name] = values })
	} else {
		e.Query, e.Headers = make(map[string]string), make(map[string]string)
		eachParameter(r.URL.RawQuery, func(key, value string) { e.Query[key] = value })
		eachHeader(r, func(name string, values []string) { e.Headers[name] = values[len(values)-1] })
	}
	if !isUTF8(&e, r) {
		return nil, &functionError{http.StatusBadGateway, lambdaBadRequest, errors.New("the request is not UTF-8")}
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(&e); err != nil {
		return nil, &functionError{http.StatusBadGateway, lambdaBadRequest, err} // not with these types
	}
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), nil
}

func readFunctionBody(r *http.Request) ([]byte, *functionError) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	tooLarge := &functionError{http.StatusRequestEntityTooLarge, lambdaRequestTooLarge, fmt.Errorf("the request's body has more than %d bytes", maxFunctionBody)}
	if r.ContentLength > maxFunctionBody {
		return nil, tooLarge
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxFunctionBody+1))
	switch _, limited := errors.AsType[*http.MaxBytesError](err); {
	case limited:
		return nil, &functionError{http.StatusRequestEntityTooLarge, "", err}
	case err != nil:
		return nil, &functionError{http.StatusBadRequest, "", err}
	case len(body) > maxFunctionBody:
		return nil, tooLarge
	}
	return body, nil
}

// isBinary tells whether a body goes into an event as base64: if it is not of a type that
// is text, or is compressed, when its type is that of something else.
func isBinary(h http.Header) bool {
	if len(h["Content-Encoding"]) > 0 {
		return true
	}
	kind, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	switch kind = lowerASCII(strings.Trim(kind, " \t")); kind {
	case "application/json", "application/javascript", "application/xml":
		return false
	}
	return !strings.HasPrefix(kind, "text/")
}

// eachParameter calls do for each parameter of a query, in its order. They are not
// decoded, which is the function's business.
func eachParameter(query string, do func(key, value string)) {
	for parameter := range strings.SplitSeq(query, "&") {
		if parameter != "" {
			key, value, _ := strings.Cut(parameter, "=")
			do(key, value)
		}
	}
}

// eachHeader calls do for each header field, by its name in lower case.
func eachHeader(r *http.Request, do func(name string, values []string)) {
	for name, values := range r.Header {
		if len(values) > 0 {
			do(lowerASCII(name), values)
		}
	}
	// These two net/http keeps elsewhere.
	if r.Host != "" {
		do("host", []string{r.Host})
	}
	if r.ContentLength > 0 {
		do("content-length", []string{strconv.FormatInt(r.ContentLength, 10)})
	}
}

// isUTF8 tells whether an event is all UTF-8, which JSON has to be.
func isUTF8(e *functionEvent, r *http.Request) bool {
	for _, values := range r.Header {
		for _, value := range values {
			if !utf8.ValidString(value) {
				return false
			}
		}
	}
	return utf8.ValidString(e.Body) && utf8.ValidString(e.Path) && utf8.ValidString(r.URL.RawQuery) && utf8.ValidString(r.Host)
}
