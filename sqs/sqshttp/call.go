package sqshttp

import (
	"context"
	"net/http"
	"strings"

	"github.com/leat-go/leat/internal/syntax"
	"github.com/leat-go/leat/sqs"
)

// call is one request on its way.
type call struct {
	protocol
	ctx     context.Context
	request *http.Request
	service *sqs.Service // as the caller sees it
	decode  func(input any) error
}

// Decode reads the input of the action into a struct.
func (c *call) Decode(input any) error { return c.decode(input) }

// overQuery tells whether the call came over the Query protocol, for the few rules
// that the protocols do not share.
func (c *call) overQuery() bool {
	_, ok := c.protocol.(queryProtocol)
	return ok
}

// queue finds the queue that a QueueUrl names. Only its path counts: behind a proxy or
// in a container the host is not one that the server knows.
func (c *call) queue(url string) (*sqs.LocalQueue, error) {
	if url == "" {
		url = c.queueURL(c.request)
	}
	if url == "" {
		return nil, missing("QueueUrl")
	}
	account, name, ok := parseQueueURL(url)
	if !ok {
		return nil, badAddress(url)
	}
	owner, err := c.as(account)
	if err != nil {
		return nil, err
	}
	return owner.Queue(name)
}

// as returns the service as another account sees it; an empty one is the caller's.
func (c *call) as(account string) (*sqs.Service, error) {
	if account == "" {
		return c.service, nil
	}
	return c.service.As(account, c.service.Region())
}

// urlOf is the URL under which the client that asks can reach a queue. A request
// that came without a server, from an http.RoundTripper, may say https in its URL.
func (c *call) urlOf(q *sqs.LocalQueue) string {
	scheme := "http"
	if c.request.TLS != nil || c.request.URL.Scheme == "https" {
		scheme = "https"
	}
	return scheme + "://" + c.request.Host + "/" + q.Account() + "/" + q.Name()
}

func (c *call) urlsOf(queues []*sqs.LocalQueue) []string {
	urls := make([]string, len(queues))
	for i, q := range queues {
		urls[i] = c.urlOf(q)
	}
	return urls
}

// parseQueueURL takes SCHEME://HOST/ACCOUNT/NAME apart, of which the path will do.
// A bare name is a queue of the caller's, for which the account is empty.
func parseQueueURL(url string) (account, name string, ok bool) {
	path := url
	if _, rest, found := strings.Cut(url, "://"); found {
		if _, path, found = strings.Cut(rest, "/"); !found {
			return "", "", false
		}
	} else if !strings.Contains(url, "/") {
		return "", url, url != ""
	}
	path = strings.TrimSuffix(strings.TrimPrefix(path, "/"), "/")
	account, name, _ = strings.Cut(path, "/")
	return account, name, syntax.IsAccount(account) && name != "" && !strings.Contains(name, "/")
}
