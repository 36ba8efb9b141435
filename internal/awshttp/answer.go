package awshttp

import (
	"net/http"
	"strconv"
)

// Send sends a whole answer, with its length, in one write. The id is the request's.
func Send(w http.ResponseWriter, status int, contentType, id string, body []byte) {
	header := w.Header()
	header.Set("Content-Type", contentType)
	header.Set("Content-Length", strconv.Itoa(len(body)))
	header.Set("X-Amzn-Requestid", id)
	w.WriteHeader(status)
	_, _ = w.Write(body) // when this fails there is nobody left to tell
}
