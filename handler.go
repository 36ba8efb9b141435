package leat

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/leat-go/leat/internal/awshttp"
	"github.com/leat-go/leat/internal/memhttp"
	"github.com/leat-go/leat/internal/syntax"
	"github.com/leat-go/leat/sns/snshttp"
)

// Handler returns a handler that serves all services over AWS's protocols, for any SDK. A
// request goes to the service that its target header names, else its credentials, else
// its parameters, else its path or host. It opens no port, and goes on serving after a
// Reset. An http.Server of it needs Protocols with SetUnencryptedHTTP2 if SDKs that speak
// only HTTP/2 to Kinesis, as that for JavaScript does, are to reach it without TLS.
func (c *Cloud) Handler() http.Handler { return http.HandlerFunc(c.serve) }

// RoundTripper returns a transport that has Handler serve every request, whatever host it
// is for, without a socket, also in a testing/synctest bubble. It keeps no connections.
func (c *Cloud) RoundTripper() http.RoundTripper { return &memhttp.Transport{Handler: c.Handler()} }

// HTTPClient returns a client over RoundTripper, as the AWS SDK takes it for its
// HTTPClient option: then it needs neither a socket nor an endpoint.
func (c *Cloud) HTTPClient() *http.Client { return &http.Client{Transport: c.RoundTripper()} }

func (c *Cloud) serve(w http.ResponseWriter, r *http.Request) {
	h := c.Handlers()
	switch serviceOf(r) {
	case "sqs":
		h.SQS.ServeHTTP(w, r)
	case "sns":
		h.SNS.ServeHTTP(w, r)
	case "kinesis":
		h.Kinesis.ServeHTTP(w, r)
	case "firehose":
		h.Firehose.ServeHTTP(w, r)
	default:
		refuse(w, r)
	}
}

const notServed = "leat: nothing says that this request is for SQS, SNS, Kinesis or Firehose: not X-Amz-Target, the scope of its credentials, its Action, its path or its host"

// refuse answers a request for no service that there is, so that an SDK which speaks JSON
// can read why.
func refuse(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(awshttp.MediaType(r), "application/x-amz-json-") {
		http.Error(w, notServed, http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
	w.WriteHeader(http.StatusNotFound)
	io.WriteString(w, `{"__type":"UnknownOperationException","message":"`+notServed+`"}`)
}

// targets are the prefixes of X-Amz-Target, in the services' models.
var targets = map[string]string{"AmazonSQS": "sqs", "Kinesis_20131202": "kinesis", "Firehose_20150804": "firehose"}

// serviceOf tells which service a request is for, as credential scopes name it; empty
// for none that there is. It may read the body and put it back.
func serviceOf(r *http.Request) string {
	if prefix, _, ok := strings.Cut(r.Header.Get("X-Amz-Target"), "."); ok {
		return targets[prefix]
	}
	query := r.URL.Query()
	for _, credential := range []string{r.Header.Get("Authorization"), query.Get("X-Amz-Credential")} {
		if scope, _, ok := strings.Cut(credential, "/aws4_request"); ok {
			return scope[strings.LastIndexByte(scope, '/')+1:]
		}
	}
	if service := byParameters(query); service != "" {
		return service
	}
	if r.Method == http.MethodPost && awshttp.MediaType(r) == "application/x-www-form-urlencoded" {
		if service := byParameters(peekForm(r)); service != "" {
			return service
		}
	}
	return byPlace(r)
}

// byParameters goes by those of the Query protocol: the version of the API, or the action.
func byParameters(params url.Values) string {
	switch action := params.Get("Action"); {
	case params.Get("Version") == "2012-11-05":
		return "sqs"
	case params.Get("Version") == "2010-03-31", snshttp.HasAction(action):
		return "sns"
	case action != "":
		return "sqs"
	}
	return ""
}

// byPlace goes by the path of a certificate or a queue, and by the host that SDKs would
// send a request to if they were not told another.
func byPlace(r *http.Request) string {
	if strings.HasPrefix(r.URL.Path, "/SimpleNotificationService-") {
		return "sns"
	}
	if account, _, ok := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/"); ok && syntax.IsAccount(account) {
		return "sqs"
	}
	host, _, _ := strings.Cut(r.Host, ".")
	switch host {
	case "sqs", "sns", "kinesis", "firehose":
		return host
	case "queue":
		return "sqs"
	}
	return ""
}

// maxPeek is how much of a form is looked at: the parameters that matter come first.
const maxPeek = 64 << 10

// peekForm reads the beginning of the body, and leaves the body as it was.
func peekForm(r *http.Request) url.Values {
	if r.Body == nil {
		return nil
	}
	body := r.Body
	start, err := io.ReadAll(io.LimitReader(body, maxPeek))
	rest := io.Reader(body)
	if err != nil {
		rest = failing{err}
	}
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(start), rest), body}
	params, _ := url.ParseQuery(string(start)) // what can be read will do
	return params
}

// failing is a reader that fails.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
