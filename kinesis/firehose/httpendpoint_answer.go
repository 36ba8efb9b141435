package firehose

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// HTTPEndpointError says why an endpoint did not take a request.
type HTTPEndpointError struct {
	URL    string // without a password
	Status int    // of the answer; zero if there was none, or it was not read to its end
	// Body is what the endpoint said: the errorMessage of its answer, else the beginning of
	// the body.
	Body string
	// Err says what is wrong with the answer, or why there was none. It may be nil.
	Err error
}

func (e *HTTPEndpointError) Error() string {
	return "firehose: POST " + e.URL + ": " + e.ErrorMessage()
}

// Unwrap returns e.Err.
func (e *HTTPEndpointError) Unwrap() error { return e.Err }

// ErrorCode returns the code that AWS has for such a failure in its logs and in the
// error output. ("HTTP Endpoint Data Delivery Errors" in the Developer Guide.)
func (e *HTTPEndpointError) ErrorCode() string {
	switch {
	case errors.Is(e.Err, errNoAnswer):
		return "HttpEndpoint.RequestTimeout"
	case errors.Is(e.Err, errAnswerTooLarge):
		return "HttpEndpoint.ResponseTooLarge"
	case e.Status == 0:
		return "HttpEndpoint.ConnectionFailed"
	case e.Status != http.StatusOK:
		return "HttpEndpoint.DestinationException"
	}
	return "HttpEndpoint.InvalidResponseFromDestination"
}

// ErrorMessage says what happened, without the URL.
func (e *HTTPEndpointError) ErrorMessage() string {
	var b strings.Builder
	if e.Status != 0 {
		b.WriteString(strings.TrimSpace(strconv.Itoa(e.Status) + " " + http.StatusText(e.Status)))
	}
	if e.Err != nil {
		if b.Len() > 0 {
			b.WriteString(": ")
		}
		b.WriteString(e.Err.Error())
	}
	if e.Body != "" {
		fmt.Fprintf(&b, ": %s", e.Body)
	}
	return b.String()
}

const (
	maxAnswer = 1 << 20
	// maxErrorMessage bounds what is kept of an answer's errorMessage.
	maxErrorMessage = 8192
	// maxQuoted bounds what is kept of an answer that has no errorMessage.
	maxQuoted = 512
)

var (
	errNoAnswer       = errors.New("no answer in time")
	errAnswerTooLarge = errors.New("the answer has more than 1 MiB")
)

// answer is the body of an answer.
type answer struct {
	RequestID    string          `json:"requestId"`
	Timestamp    json.RawMessage `json:"timestamp"`
	ErrorMessage string          `json:"errorMessage"`
}

// checkAnswer returns nil if an answer says that the records were taken. It reads and
// closes the body.
func checkAnswer(resp *http.Response, id string) error {
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return err
	}
	var a answer
	e := &HTTPEndpointError{Status: resp.StatusCode}
	if len(body) > maxAnswer {
		e.Err, body = errAnswerTooLarge, body[:maxAnswer]
	} else if fault := a.check(resp, body, id); resp.StatusCode == http.StatusOK {
		e.Err = fault
	}
	if resp.StatusCode == http.StatusOK && e.Err == nil {
		return nil
	}
	if a.ErrorMessage != "" {
		e.Body = strings.ToValidUTF8(a.ErrorMessage[:min(len(a.ErrorMessage), maxErrorMessage)], "")
	} else {
		e.Body = strings.ToValidUTF8(string(body[:min(len(body), maxQuoted)]), "\uFFFD")
	}
	return e
}

// check tells what is wrong with an answer's form, and fills a in.
func (a *answer) check(resp *http.Response, body []byte, id string) error {
	contentType, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	err := json.Unmarshal(body, a)
	switch {
	case contentType != "application/json":
		return fmt.Errorf("the answer's Content-Type is %.100q, not application/json", resp.Header.Get("Content-Type"))
	case resp.Header.Get("Content-Encoding") != "" || resp.Uncompressed:
		return errors.New("the answer has a Content-Encoding")
	case err != nil:
		return fmt.Errorf("the answer is not the JSON that it should be: %w", err)
	case a.RequestID != id:
		return fmt.Errorf("the answer is for the request %.100q", a.RequestID)
	}
	// AWS's own example of a failure has a string of digits.
	if _, err := strconv.ParseInt(strings.Trim(string(a.Timestamp), `"`), 10, 64); err != nil {
		return errors.New("the answer has no timestamp")
	}
	return nil
}
