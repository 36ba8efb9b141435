package console_test

import (
	"context"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/console"
	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

var (
	hrefs   = regexp.MustCompile(`(?:href|src|action|data-url)="([^"]*)"`)
	foreign = regexp.MustCompile(`(?i)<script[^>]*>[^<]|<style|\sstyle=|\son[a-z]+=|javascript:|https?://`)
)

// Every link of every page leads to a page; none has a script or a style within, or
// anything from elsewhere.
func TestEveryLinkLeadsSomewhere(t *testing.T) {
	w := newWorld(t)
	for _, base := range []string{"", "/console", "/a b/c/"} {
		for _, write := range []bool{false, true} {
			c := w.console(console.Config{BasePath: base, Write: write})
			begin := (&url.URL{Path: strings.TrimRight(base, "/") + "/"}).EscapedPath()
			seen := map[string]bool{begin: true}
			posts := 0
			for todo := []string{begin}; len(todo) > 0; todo = todo[1:] {
				a := ask(c, http.MethodGet, todo[0], nil)
				require.Equal(t, http.StatusOK, a.status, "%s: %s", todo[0], a.body)
				require.Contains(t, a.header.Get("Content-Security-Policy"), "default-src 'none'")
				require.Equal(t, "nosniff", a.header.Get("X-Content-Type-Options"))
				head := ask(c, http.MethodHead, todo[0], nil)
				require.Equal(t, http.StatusOK, head.status, todo[0])
				require.Empty(t, head.body)
				if !strings.Contains(a.header.Get("Content-Type"), "text/html") {
					continue
				}
				require.NotRegexp(t, foreign, a.body, todo[0])
				posts += strings.Count(a.body, `method="post"`)
				for _, m := range hrefs.FindAllStringSubmatch(a.body, -1) {
					link := html.UnescapeString(m[1])
					isAction := strings.Contains(a.body, `method="post" action="`+m[1])
					if link == "data:," || isAction || seen[link] {
						continue
					}
					require.True(t, strings.HasPrefix(link, begin), "%s has %s", todo[0], link)
					seen[link] = true
					todo = append(todo, link)
				}
			}
			for _, want := range []string{"queues/orders", "topics/events", "streams/clicks", "deliverystreams/archive", "balancers/shop", "proxies/mail-proxy", "groups/web", "alarms/backlog~2", "-/console.css"} {
				require.True(t, strings.Contains(strings.Join(keysOf(seen), " "), begin+want), "%s", want)
			}
			require.Equal(t, write, posts > 0)
		}
	}
}

func keysOf(m map[string]bool) (keys []string) {
	for k := range m {
		keys = append(keys, k)
	}
	return keys
}

// What others have put into queues, topics and streams is text, whatever it is.
func TestHostileContent(t *testing.T) {
	w := newWorld(t)
	const evil = `</pre><script>alert("1")</script><img src=x onerror='alert(2)'>{{.}}` + "\u202e"
	_, err := w.orders.Send(t.Context(), sqs.Entry{Body: evil, GroupID: `"><b>`, Attributes: map[string]sqs.Attribute{
		"text": sqs.StringAttribute(evil), "bytes": sqs.BinaryAttribute([]byte{0xff, 0x00})}})
	require.NoError(t, err)
	require.NoError(t, w.orders.Tag(map[string]string{"tag": evil}))
	require.NoError(t, w.events.SetAttribute("DisplayName", `<b>"events"</b>`))
	_, err = w.events.Subscribe(t.Context(), sns.Subscription{Protocol: sns.ProtocolLambda, Address: `javascript:alert("3")`, FilterPolicy: `{"k":["<script>"]}`,
		Endpoint: sns.EndpointFunc(func(context.Context, sns.Notification) error { return nil })})
	require.NoError(t, err)
	_, err = w.clicks.Put(t.Context(), kinesis.Entry{PartitionKey: `"><script>`, ExplicitHashKey: "0", Data: []byte(evil)}, kinesis.Entry{PartitionKey: "k", ExplicitHashKey: "0", Data: []byte{0xff, 0xfe}})
	require.NoError(t, err)
	c := w.console(console.Config{Title: `<i>"title"`, Write: true})
	for _, path := range []string{"/", "/queues/orders", "/topics/events", "/streams/clicks?shard=shardId-000000000000", "/queues/%3Cscript%3Ealert(1)%3C%2Fscript%3E", "/queues/orders?peek=3&x=%22%3E%3Cscript%3E"} {
		a := ask(c, http.MethodGet, path, nil)
		require.NotContains(t, a.body, "<script>", path)
		require.NotContains(t, a.body, "<img", path)
		require.NotContains(t, a.body, `"><`+"b>", path)
		require.NotContains(t, a.body, `href="javascript`, path)
		require.NotContains(t, a.body, "<i>", path)
	}
	page := get(t, c, "/queues/orders")
	require.Contains(t, page, `&lt;script&gt;alert(&#34;1&#34;)`)
	require.Contains(t, page, "ff00", "bytes are shown in hexadecimal")
	require.Contains(t, get(t, c, "/streams/clicks?shard=shardId-000000000000"), "fffe")

	message := at(t, data[object](t, c, "/queues/orders"), "messages", 0)
	require.Equal(t, evil, at(t, message, "body", "text"))
	require.Equal(t, "bytes", at(t, message, "attributes", 0, "name"))
	require.Equal(t, true, at(t, message, "attributes", 0, "value", "hex"))
}

// Without Write nothing can be changed, by whatever method.
func TestReadOnly(t *testing.T) {
	w := newWorld(t)
	_, err := w.orders.Send(t.Context(), sqs.Entry{Body: "stays"})
	require.NoError(t, err)
	c := w.console(console.Config{})
	for _, path := range []string{"/queues/orders/send", "/queues/orders/purge", "/queues/orders/delete", "/topics/events/publish", "/streams/clicks/put", "/"} {
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions} {
			a := ask(c, method, path, url.Values{"body": {"x"}, "key": {"k"}})
			require.Equal(t, http.StatusMethodNotAllowed, a.status, "%s %s", method, path)
			require.Equal(t, "GET, HEAD", a.header.Get("Allow"))
		}
	}
	require.Equal(t, 1, w.orders.Metrics().ApproximateNumberOfMessagesVisible)
	require.NotContains(t, get(t, c, "/queues/orders"), `method="post"`)
}

// Looking takes no message, no read, and moves no counter.
func TestLookingChangesNothing(t *testing.T) {
	w := newWorld(t)
	for range 3 {
		_, err := w.orders.Send(t.Context(), sqs.Entry{Body: "once"})
		require.NoError(t, err)
		_, err = w.clicks.Put(t.Context(), kinesis.Entry{PartitionKey: "k", ExplicitHashKey: "0", Data: []byte("data")})
		require.NoError(t, err)
	}
	c := w.console(console.Config{})
	queue, stream := w.orders.Metrics(), w.clicks.Metrics()
	for range 20 {
		get(t, c, "/")
		require.Contains(t, get(t, c, "/queues/orders?peek=100"), "once")
		require.Contains(t, get(t, c, "/streams/clicks?shard=shardId-000000000000"), "data")
	}
	after := w.orders.Metrics()
	after.ApproximateAgeOfOldestMessage = queue.ApproximateAgeOfOldestMessage
	require.Equal(t, queue, after)
	require.Equal(t, stream, w.clicks.Metrics())
	for range 5 {
		_, err := w.clicks.Read(t.Context(), kinesis.ReadRequest{ShardID: "shardId-000000000000"})
		require.NoError(t, err, "the reads of a second are all there")
	}
	messages, err := w.orders.Receive(t.Context(), sqs.ReceiveRequest{MaxMessages: 10})
	require.NoError(t, err)
	require.Len(t, messages, 3)
	require.Equal(t, 1, messages[0].ReceiveCount)
}

// What is not there, or not allowed, is an error page, or an object with the error.
func TestErrors(t *testing.T) {
	w := newWorld(t)
	full := w.console(console.Config{BasePath: "/console", Write: true, Hosts: []string{"localhost", "Example.com", "::1"}})
	empty := console.New(console.Config{})
	for name, c := range map[string]struct {
		console      http.Handler
		method, path string
		want         int
	}{
		"no such page":                      {full, "GET", "/console/nothing", 404},
		"no such page below":                {full, "GET", "/console/queues/orders/more/still", 404},
		"no such action":                    {full, "POST", "/console/queues/orders/explode", 404},
		"a post to a page":                  {full, "POST", "/console/queues/orders", 405},
		"a post to the first page":          {full, "POST", "/console/", 405},
		"a get of an action":                {full, "GET", "/console/queues/orders/purge", 405},
		"another method":                    {full, "PUT", "/console/queues/orders/send", 405},
		"outside of the base":               {full, "GET", "/queues/", 404},
		"beside the base":                   {full, "GET", "/consoles", 404},
		"no such queue":                     {full, "GET", "/console/queues/none", 404},
		"no such topic":                     {full, "GET", "/console/topics/none", 404},
		"no such stream":                    {full, "GET", "/console/streams/none", 404},
		"no such shard":                     {full, "GET", "/console/streams/clicks?shard=none", 404},
		"no such delivery stream":           {full, "GET", "/console/deliverystreams/none", 404},
		"no such balancer":                  {full, "GET", "/console/balancers/none", 404},
		"no such alarm":                     {full, "GET", "/console/alarms/none", 404},
		"alarms that are none":              {full, "GET", "/console/alarms/?after=x", 400},
		"no alarms":                         {empty, "GET", "/alarms/", 404},
		"no such proxy":                     {full, "GET", "/console/proxies/none", 404},
		"no such group":                     {full, "GET", "/console/groups/none", 404},
		"no such file":                      {full, "GET", "/console/-/layout.html", 404},
		"a file above":                      {full, "GET", "/console/-/..%2Fconsole.go", 404},
		"no list of proxies":                {full, "GET", "/console/proxies/", 404},
		"an account that is none":           {full, "GET", "/console/?account=12", 400},
		"a region that is none":             {full, "GET", "/console/?region=%00", 400},
		"a token that is none":              {full, "GET", "/console/queues/?after=%21", 400},
		"a token of topics that is none":    {full, "GET", "/console/topics/?after=%21", 400},
		"a count that is none":              {full, "GET", "/console/queues/orders?peek=-1", 400},
		"bytes that are none":               {full, "GET", "/console/queues/orders?bytes=all", 400},
		"a sequence number that is none":    {full, "GET", "/console/streams/clicks?shard=shardId-000000000000&from=x", 400},
		"targets that are none":             {full, "GET", "/console/groups/web?after=-5", 400},
		"a format that is none":             {full, "GET", "/console/?format=xml", 400},
		"a queue that is in another region": {full, "GET", "/console/queues/orders?account=111111111111&region=eu-west-1", 404},
		"nothing at all":                    {empty, "GET", "/", 200},
		"no queues":                         {empty, "GET", "/queues/", 404},
		"no queue":                          {empty, "GET", "/queues/orders", 404},
		"no topic":                          {empty, "GET", "/topics/events", 404},
		"no stream":                         {empty, "GET", "/streams/clicks", 404},
		"no delivery stream":                {empty, "GET", "/deliverystreams/archive", 404},
		"no balancers":                      {empty, "GET", "/balancers/", 404},
		"many slashes":                      {empty, "GET", "////", 404},
	} {
		t.Run(name, func(t *testing.T) {
			r := "http://localhost:8080" + c.path
			a := ask(c.console, c.method, r, nil)
			require.Equal(t, c.want, a.status, a.body)
			require.Equal(t, "no-store", a.header.Get("Cache-Control"))
			if !strings.Contains(c.path, "format") {
				join := "?"
				if strings.Contains(c.path, "?") {
					join = "&"
				}
				require.Equal(t, c.want, ask(c.console, c.method, r+join+"format=json", nil).status)
			}
		})
	}
	for host, want := range map[string]int{"localhost": 200, "LOCALHOST:1": 200, "example.com": 200, "[::1]:80": 200, "evil.example": 403, "localhost.evil.example": 403, "": 403} {
		r := ask(hostedAt{full, host}, http.MethodGet, "/console/", nil)
		require.Equal(t, want, r.status, host)
	}
	require.Equal(t, http.StatusOK, ask(full, http.MethodGet, "http://localhost/console", nil).status, "the slash may be missing")
	a := ask(full, http.MethodGet, "http://localhost/console/queues/none?format=json", nil)
	require.JSONEq(t, `{"error":"The specified queue does not exist."}`, a.body)

	require.NoError(t, w.queues.Close())
	require.Equal(t, http.StatusServiceUnavailable, ask(full, http.MethodGet, "http://localhost/console/", nil).status)
}

// hostedAt is a handler that is asked for under a name.
type hostedAt struct {
	http.Handler
	host string
}

func (h hostedAt) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Host = h.host
	h.Handler.ServeHTTP(w, r)
}

// The sources are asked for each request: services may be replaced.
func TestSourcesAreAskedAnew(t *testing.T) {
	w := newWorld(t)
	c := w.console(console.Config{})
	require.Contains(t, get(t, c, "/queues/"), "orders-dead")
	var err error
	w.sources.Queues, err = sqs.NewService(sqs.ServiceConfig{Account: "222222222222"})
	require.NoError(t, err)
	page := get(t, c, "/queues/")
	require.NotContains(t, page, "orders-dead")
	require.Contains(t, page, "222222222222")
}

// Other accounts and regions are a parameter away, and stay in the links.
func TestViews(t *testing.T) {
	w := newWorld(t)
	other, err := w.queues.As("111111111111", "eu-west-1")
	require.NoError(t, err)
	_, err = other.CreateQueue("elsewhere", sqs.Config{})
	require.NoError(t, err)
	c := w.console(console.Config{Write: true})
	require.NotContains(t, get(t, c, "/"), "elsewhere")
	require.Contains(t, get(t, c, "/"), `href="/?account=111111111111&amp;region=eu-west-1"`)
	page := get(t, c, "/?account=111111111111&region=eu-west-1")
	require.Contains(t, page, `href="/queues/elsewhere?account=111111111111&amp;region=eu-west-1"`)
	require.NotContains(t, page, "orders-dead")
	require.Equal(t, "elsewhere", at(t, data[object](t, c, "/queues/?account=111111111111&region=eu-west-1"), "items", 0, "name"))

	sent := ask(c, http.MethodPost, "/queues/elsewhere/send?account=111111111111&region=eu-west-1", url.Values{"body": {"there"}})
	require.Equal(t, http.StatusSeeOther, sent.status)
	require.Contains(t, get(t, c, sent.header.Get("Location")), "there")
}
