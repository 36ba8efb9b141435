package elb

import (
	"net/http"
	"strconv"
)

// Statuses that only a load balancer gives. (User Guide for Application Load Balancers,
// "Troubleshoot your Application Load Balancers".)
const (
	statusClientClosed     = 460 // only in logs: nobody is there to get it
	statusTooManyForwarded = 463
	statusProtocolMismatch = 464
)

const serverName = "awselb/2.0"

// answerStatus answers with a status of the balancer's own, and a page that says so.
func answerStatus(w http.ResponseWriter, status int) {
	text := strconv.Itoa(status)
	if reason := http.StatusText(status); reason != "" {
		text += " " + reason
	}
	answerPage(w, status, "text/html", "<html>\r\n<head><title>"+text+"</title></head>\r\n<body>\r\n<center><h1>"+text+"</h1></center>\r\n</body>\r\n</html>\r\n")
}

func answerPage(w http.ResponseWriter, status int, contentType, body string) {
	h := w.Header()
	h["Server"] = []string{serverName}
	h["Content-Type"] = []string{contentType}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body)) // who is gone does not miss it
}

func answerRedirect(w http.ResponseWriter, status int, location string) {
	w.Header()["Location"] = []string{location}
	answerStatus(w, status)
}

func answerFixed(w http.ResponseWriter, f *FixedResponse) {
	contentType := f.ContentType
	if contentType == "" {
		contentType = "text/plain"
	}
	if f.StatusCode == http.StatusNoContent {
		w.Header()["Server"] = []string{serverName}
		w.WriteHeader(f.StatusCode)
		return
	}
	answerPage(w, f.StatusCode, contentType, f.Body)
}
