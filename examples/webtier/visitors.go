package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// visitors send requests to the balancer, and look closely at what they get.
type visitors struct {
	log     *log.Logger // of what is wrong
	through *http.Transport
	sent    atomic.Int64

	mu    sync.Mutex
	got   map[string]int // answers as they should be, by kind; guarded by mu
	wrong int            // other answers, and none; guarded by mu
}

// visit is a request, and the kind of answer that there should be to it.
type visit struct {
	method, url, body string
	kind              string
}

// The kinds of answers, and who gives them.
const (
	fromAPI      = "by api servers"
	fromWeb      = "by web servers"
	fromBalancer = "by the balancer itself"
	fromElse     = "redirected"
)

// visits are what visitors send, over and over again. A POST is an order, which must not be
// sent to a server twice.
var visits = []visit{
	{"GET", "http://shop.example/", "", fromWeb},
	{"GET", "http://shop.example/teapots", "", fromWeb},
	{"GET", "http://api.shop.example/stock?article=teapot", "", fromAPI},
	{"GET", "http://shop.example/lamps?page=2", "", fromWeb},
	{"POST", "http://shop.example/api/orders", `{"article":"teapot"}`, fromAPI},
	{"GET", "http://shop.example/robots.txt", "", fromBalancer},
	{"GET", "http://shop.example/api/orders/17", "", fromAPI},
	{"GET", "http://shop.example/hammers", "", fromWeb},
	{"GET", "http://shop.example/cgi-bin/shop.pl?article=7", "", fromElse},
	{"GET", "http://shop.example/contact", "", fromWeb},
}

const (
	crowd = 16                   // visitors at a time
	pause = 4 * time.Millisecond // that a visitor makes between two requests
)

// newVisitors returns visitors for whom the balancer is at every name.
func newVisitors(balancer string, log *log.Logger) *visitors {
	return &visitors{
		log: log,
		got: make(map[string]int),
		through: &http.Transport{
			DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, network, balancer)
			},
			MaxIdleConnsPerHost: crowd,
		},
	}
}

// come has a crowd come, which sends n requests in all. It returns a function that waits until
// they are answered. When ctx ends they send no more, but wait for the answers.
func (v *visitors) come(ctx context.Context, n int64) (wait func()) {
	var left atomic.Int64
	left.Store(n)
	var all sync.WaitGroup
	for range crowd {
		all.Go(func() {
			jar, _ := cookiejar.New(nil) // it never fails
			browser := &http.Client{
				Transport:     v.through,
				Jar:           jar,
				Timeout:       patience,
				CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			}
			for {
				at := left.Add(-1)
				if at < 0 || ctx.Err() != nil {
					return
				}
				v.visit(browser, visits[at%int64(len(visits))])
				time.Sleep(pause)
			}
		})
	}
	return all.Wait
}

func (v *visitors) visit(browser *http.Client, one visit) {
	v.sent.Add(1)
	kind, err := send(browser, one)
	if err == nil && kind != one.kind {
		err = fmt.Errorf("answered %s, not %s", kind, one.kind)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if err != nil {
		v.wrong++
		v.log.Printf("%s %s: %v", one.method, one.url, err)
		return
	}
	v.got[kind]++
}

// send sends the request, and says what kind of answer came.
func send(browser *http.Client, one visit) (kind string, err error) {
	r, err := http.NewRequest(one.method, one.url, strings.NewReader(one.body))
	if err != nil {
		return "", err
	}
	answer, err := browser.Do(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return "", err
	}
	fleet, _, _ := strings.Cut(answer.Header.Get(servedBy), "-")
	switch {
	case answer.StatusCode == http.StatusMovedPermanently && answer.Header.Get("Location") == "http://shop.example:80/":
		return fromElse, nil
	case answer.StatusCode != http.StatusOK:
		return "", fmt.Errorf("status %s", answer.Status)
	case fleet == "" && string(body) == robots:
		return fromBalancer, nil
	case string(body) != one.body:
		return "", fmt.Errorf("the answer %.40q is another's", body)
	case fleet == "api":
		return fromAPI, nil
	case fleet == "web":
		return fromWeb, nil
	}
	return "", fmt.Errorf("an answer by %q", fleet)
}
