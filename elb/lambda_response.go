package elb

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/textproto"
	"slices"
	"strconv"
)

// functionResponse is what a function returns. Its statusDescription, which repeats the
// code, means nothing here: net/http has its own for each code.
type functionResponse struct {
	StatusCode      int                 `json:"statusCode"`
	Headers         map[string]string   `json:"headers"`
	MultiHeaders    map[string][]string `json:"multiValueHeaders"`
	Body            string              `json:"body"`
	IsBase64Encoded bool                `json:"isBase64Encoded"`
}

// functionAnswer is a response in terms of HTTP.
type functionAnswer struct {
	status int
	header http.Header
	body   []byte
}

// answer takes the JSON of a response. It must have a status of 200 to 599; the rest may
// be missing.
func (h *functionHandler) answer(response []byte) (*functionAnswer, *functionError) {
	if n := len(response); n > maxFunctionBody {
		return nil, &functionError{http.StatusBadGateway, lambdaResponseTooLarge, fmt.Errorf("the function's response has %d bytes, more than %d", n, maxFunctionBody)}
	}
	a, err := h.parse(response)
	if err != nil {
		return nil, &functionError{http.StatusBadGateway, lambdaInvalidResponse, fmt.Errorf("the function's response: %w", err)}
	}
	return a, nil
}

func (h *functionHandler) parse(response []byte) (*functionAnswer, error) {
	var r functionResponse
	if err := json.Unmarshal(response, &r); err != nil {
		return nil, err
	}
	if r.StatusCode < 200 || r.StatusCode > 599 {
		return nil, fmt.Errorf("statusCode is %d, not 200 to 599", r.StatusCode)
	}
	a := &functionAnswer{status: r.StatusCode, header: make(http.Header), body: []byte(r.Body)}
	if r.IsBase64Encoded {
		var err error
		if a.body, err = base64.StdEncoding.DecodeString(r.Body); err != nil {
			return nil, fmt.Errorf("body: %w", err)
		}
	}
	headers := r.MultiHeaders
	if !h.multi {
		headers = make(map[string][]string, len(r.Headers))
		for name, value := range r.Headers {
			headers[name] = []string{value}
		}
	}
	// Names in several cases are a way to have several fields without lists.
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		if err := a.addHeader(name, headers[name]); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// errHeader is what is wrong with a header that would not be one field.
var errHeader = errors.New("not a header field")

// addHeader adds a header's fields. Those that are about one connection, or the body's
// length, are the balancer's to set.
func (a *functionAnswer) addHeader(name string, values []string) error {
	if name == "" || !consistsOf(name, cookieCharacters) {
		return fmt.Errorf("%.40q: %w", name, errHeader)
	}
	name = textproto.CanonicalMIMEHeaderKey(name)
	switch name {
	case "Connection", "Content-Length", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade":
		return nil
	}
	for _, value := range values {
		for i := range len(value) {
			if c := value[i]; c < ' ' && c != '\t' || c == 0x7f {
				return fmt.Errorf("%s: %.40q: %w", name, value, errHeader)
			}
		}
		a.header[name] = append(a.header[name], value)
	}
	return nil
}

// write sends the answer. One without a Content-Type is bytes of some kind, which
// net/http would guess at otherwise.
func (a *functionAnswer) write(w http.ResponseWriter, method string) {
	header := w.Header()
	maps.Copy(header, a.header)
	bodiless := a.status == http.StatusNoContent || a.status == http.StatusNotModified
	if !bodiless {
		if len(header["Content-Type"]) == 0 {
			header["Content-Type"] = []string{"application/octet-stream"}
		}
		header["Content-Length"] = []string{strconv.Itoa(len(a.body))}
	}
	w.WriteHeader(a.status)
	if !bodiless && method != http.MethodHead {
		_, _ = w.Write(a.body) // an error is the client's having gone
	}
}
