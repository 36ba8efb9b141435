package console

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/leat-go/leat/cloudwatch"
	"github.com/leat-go/leat/elb"
	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/firehose"
	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

// Config says what a console shows, and what it lets people do. Its zero value shows that
// there is nothing.
type Config struct {
	// Sources returns what is shown. It is called once for each request, so that services
	// may be replaced; it may be called concurrently. Nil means that there is nothing.
	Sources func() Sources

	// Title heads every page. Empty means "leat".
	Title string

	// BasePath is the path that the console is mounted at, as in
	// mux.Handle("/console/", console), where it is "/console"; requests have it still, so
	// there is no http.StripPrefix. Empty means "/".
	BasePath string

	// Write lets people change things: send, publish, put, purge, delete, redrive.
	Write bool

	// Hosts are the names under which the console may be asked for, without ports;
	// requests to others are answered with 403. It keeps another site from pointing its own
	// name at this machine, and then reading the pages as its own (DNS rebinding). Empty
	// means any name.
	Hosts []string
}

// Sources are what a console shows. A nil service is one that there is not.
type Sources struct {
	Queues          *sqs.Service
	Topics          *sns.Service
	Streams         *kinesis.Service
	DeliveryStreams *firehose.Service

	// Views are the accounts and regions that the pages offer. The first page is the view
	// that the services have themselves, and any other can be asked for, listed or not.
	Views []View

	// Groups are the groups of consumers whose lag is shown with their streams.
	Groups []Group

	// Balancers, Proxies and TargetGroups are the load balancers, and the target groups that
	// belong to none of Balancers, such as those of Proxies.
	Balancers    []*elb.LoadBalancer
	Proxies      []*elb.Proxy
	TargetGroups []*elb.TargetGroup

	// Alarms are shown in this order, whatever the view.
	Alarms []*cloudwatch.Alarm
}

// View is an account (12 digits) in a region.
type View struct {
	Account string `json:"account"`
	Region  string `json:"region"`
}

// Group is a group of consumers of a stream: its name and leases are those of the
// members' [kinesis.GroupConfig].
type Group struct {
	Name   string
	Stream *kinesis.LocalStream
	Leases kinesis.LeaseStore
}

// Console is the page, an [http.Handler]. It has no goroutine and needs no Close. All
// methods may be called concurrently.
type Console struct {
	config Config
	hosts  map[string]bool // nil for any
	origin http.CrossOriginProtection
	rates  rates
}

// New returns a console.
func New(cfg Config) *Console {
	if cfg.Sources == nil {
		cfg.Sources = func() Sources { return Sources{} }
	}
	if cfg.Title == "" {
		cfg.Title = "leat"
	}
	cfg.BasePath = strings.TrimRight(cfg.BasePath, "/")
	if cfg.BasePath != "" && cfg.BasePath[0] != '/' {
		cfg.BasePath = "/" + cfg.BasePath
	}
	c := &Console{config: cfg}
	if len(cfg.Hosts) > 0 {
		c.hosts = map[string]bool{}
		for _, host := range cfg.Hosts {
			c.hosts[strings.ToLower(host)] = true
		}
	}
	return c
}

// ServeHTTP answers with a page, its figures as JSON, or an error page: 400 for a
// parameter that is none, 403 for a host or an origin that is not allowed, 404 for what is
// not there, 405 for a method that is not.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	reading := r.Method == http.MethodGet || r.Method == http.MethodHead
	path, below := c.elements(r)
	switch {
	case c.hosts != nil && !c.hosts[hostOf(r)]:
		http.Error(w, "the console is not at this host", http.StatusForbidden)
	case !reading && !c.config.Write:
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "the console is read-only", http.StatusMethodNotAllowed)
	case !reading && r.Method != http.MethodPost:
		h.Set("Allow", "GET, HEAD, POST")
		http.Error(w, "the method is not allowed", http.StatusMethodNotAllowed)
	case !below:
		http.NotFound(w, r)
	default:
		if err := c.origin.Check(r); err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		c.route(w, r, path)
	}
}

// elements returns the elements of a request's path below BasePath; false if it is not
// there. A slash that is escaped is a part of an element: alarms may have it in their names.
func (c *Console) elements(r *http.Request) (path []string, below bool) {
	base := strings.Split(c.config.BasePath, "/")
	for escaped := range strings.SplitSeq(r.URL.EscapedPath(), "/") {
		element, err := url.PathUnescape(escaped)
		if err != nil {
			return nil, false
		}
		path = append(path, element)
	}
	if len(path) < len(base) || !slices.Equal(path[:len(base)], base) {
		return nil, false
	}
	return path[len(base):], true
}

// hostOf returns the name that a request is to, in lower case.
func hostOf(r *http.Request) string {
	host := strings.ToLower(r.Host)
	if end := strings.LastIndexByte(host, ':'); end > strings.LastIndexByte(host, ']') {
		host = host[:end]
	}
	return strings.Trim(host, "[]")
}
