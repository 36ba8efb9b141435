package elb_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-go/leat/elb"
	"github.com/stretchr/testify/require"
)

// webCertificate is one for www.example.com and 10.0.0.1 to 3, valid in bubbles too, and who
// trusts it.
var webCertificate = sync.OnceValues(func() (tls.Certificate, *x509.CertPool) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<32, 0),
		DNSNames:    []string{"www.example.com"},
		IPAddresses: []net.IP{net.IPv4(10, 0, 0, 1), net.IPv4(10, 0, 0, 2), net.IPv4(10, 0, 0, 3)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	leaf, _ := x509.ParseCertificate(der)
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
})

// wire is what two sides speak.
type wire string

const (
	overHTTP1  wire = "HTTP1"
	overHTTPS1 wire = "HTTPS1"
	overHTTP2  wire = "HTTP2" // without TLS
	overHTTPS2 wire = "HTTPS2"
	inProcess  wire = "in process" // of targets
)

func (w wire) tls() bool   { return w == overHTTPS1 || w == overHTTPS2 }
func (w wire) http2() bool { return w == overHTTP2 || w == overHTTPS2 }

func (w wire) protocols() *http.Protocols {
	p := new(http.Protocols)
	p.SetHTTP1(!w.http2())
	p.SetHTTP2(w == overHTTPS2)
	p.SetUnencryptedHTTP2(w == overHTTP2)
	return p
}

// rigConfig is what a rig is made of. The zero one is of HTTP/1.1 and defaults.
type rigConfig struct {
	front    wire // of the client
	back     wire // of the targets
	balancer elb.LoadBalancerConfig
	listener elb.Listener
	group    elb.GroupConfig
	targets  []*elb.Target // besides those of handlers
}

// rig is a balancer at 192.0.2.1:80, or 443 with TLS, whose default action is to forward to a
// group, web; its targets, 10.0.0.1:80 and so on; and a client. It lives in a bubble, which
// proves that nothing is left of it.
type rig struct {
	t       *testing.T
	network webNetwork
	group   *elb.TargetGroup
	targets []*elb.Target
	lb      *elb.LoadBalancer
	front   wire
	address string
	served  chan error
	client  *http.Client

	mu  sync.Mutex
	log []elb.AccessRecord
}

// newRig makes a rig with a target for each handler.
func newRig(t *testing.T, c rigConfig, handlers ...http.HandlerFunc) *rig {
	r := &rig{t: t, front: c.front, address: "192.0.2.1:80", served: make(chan error, 1)}
	certificate, pool := webCertificate()
	c.group.Name = "web"
	c.group.HealthCheck.Disabled = c.group.HealthCheck.Func == nil
	if c.group.DialContext == nil {
		c.group.DialContext = r.network.dial
	}
	if c.back.tls() {
		c.group.Protocol = elb.HTTPS
	}
	if c.back.http2() && c.group.Version == "" {
		c.group.Version = elb.HTTP2
	}
	var err error
	r.group, err = elb.NewTargetGroup(c.group)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.group.Close()) })
	for i, handler := range handlers {
		id := string(rune('a' + i))
		target := &elb.Target{ID: id, Handler: handler}
		if c.back != inProcess {
			address := "10.0.0." + string(rune('1'+i)) + ":80"
			target = &elb.Target{ID: id, Address: address}
			r.serve(address, c.back, handler)
		}
		r.targets = append(r.targets, target)
	}
	r.targets = append(r.targets, c.targets...)
	require.NoError(t, r.group.Register(r.targets...))

	c.balancer.Groups = append(c.balancer.Groups, r.group)
	if c.front.tls() {
		r.address = "192.0.2.1:443"
		if c.listener.TLSConfig == nil {
			c.listener.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}}
		}
	}
	if c.listener.DefaultAction == nil {
		c.listener.DefaultAction = new(forwardTo("web"))
	}
	c.balancer.Listeners = append([]elb.Listener{c.listener}, c.balancer.Listeners...)
	if c.balancer.Logger == nil {
		c.balancer.Logger = slog.New(slog.DiscardHandler)
	}
	c.balancer.AccessLog = func(a *elb.AccessRecord) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.log = append(r.log, *a)
	}
	r.lb, err = elb.NewLoadBalancer(c.balancer)
	require.NoError(t, err)
	l := r.network.listen(r.address)
	go func() { r.served <- r.lb.Serve(l) }()
	t.Cleanup(func() {
		require.NoError(t, r.lb.Close())
		require.ErrorIs(t, <-r.served, elb.ErrBalancerClosed)
	})
	transport := &http.Transport{
		DialContext:           func(ctx context.Context, _, _ string) (net.Conn, error) { return r.network.dial(ctx, "tcp", r.address) },
		TLSClientConfig:       &tls.Config{RootCAs: pool},
		Protocols:             c.front.protocols(),
		DisableCompression:    true,
		ExpectContinueTimeout: time.Hour,
	}
	t.Cleanup(transport.CloseIdleConnections)
	r.client = &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return r
}

// serve has a target's server at an address.
func (r *rig) serve(address string, w wire, handler http.Handler) {
	certificate, _ := webCertificate()
	s := &http.Server{Handler: handler, DisableGeneralOptionsHandler: true, Protocols: w.protocols(), TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}}}
	l := r.network.listen(address)
	go func() {
		if w.tls() {
			_ = s.ServeTLS(l, "", "")
		} else {
			_ = s.Serve(l)
		}
	}()
	r.t.Cleanup(func() { require.NoError(r.t, s.Close()) })
}

// raw has a target at an address that is called with each connection.
func (r *rig) raw(address string, target func(net.Conn)) {
	l := r.network.listen(address)
	r.t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				target(conn)
			}()
		}
	}()
}

// url returns the URL of a path at the balancer.
func (r *rig) url(path string) string {
	if r.front.tls() {
		return "https://www.example.com" + path
	}
	return "http://www.example.com" + path
}

// answer is what a client got.
type answer struct {
	status  int
	header  http.Header
	body    string
	trailer http.Header
	err     error // of the body
}

// send sends a request, whose header fields are pairs of names and values.
func (r *rig) send(method, path string, body io.Reader, fields ...string) answer {
	r.t.Helper()
	q, err := http.NewRequest(method, r.url(path), body)
	require.NoError(r.t, err)
	for i := 0; i < len(fields); i += 2 {
		if fields[i] == "Host" {
			q.Host = fields[i+1]
		}
		q.Header.Add(fields[i], fields[i+1])
	}
	return r.do(q)
}

func (r *rig) do(q *http.Request) answer {
	r.t.Helper()
	response, err := r.client.Do(q)
	require.NoError(r.t, err)
	return readAnswer(response)
}

func (r *rig) get(path string, fields ...string) answer {
	r.t.Helper()
	return r.send("GET", path, nil, fields...)
}

func readAnswer(response *http.Response) answer {
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, string(b), response.Trailer, err}
}

// connect returns a connection to the balancer, with TLS if that is in front.
func (r *rig) connect() net.Conn {
	r.t.Helper()
	conn, err := r.network.dial(r.t.Context(), "tcp", r.address)
	require.NoError(r.t, err)
	if r.front.tls() {
		_, pool := webCertificate()
		conn = tls.Client(conn, &tls.Config{RootCAs: pool, ServerName: "www.example.com"})
	}
	r.t.Cleanup(func() { conn.Close() })
	return conn
}

// speak writes text on a connection of its own, and reads an answer if there is one. A client
// that has sent all waits for it.
func (r *rig) speak(text string) (answer, bool) {
	r.t.Helper()
	conn := r.connect()
	defer conn.Close()
	go func() { _, _ = io.WriteString(conn, text) }()
	a := readRaw(conn)
	return a, a.status != 0
}

// readRaw reads an answer to something else than HEAD from a connection.
func readRaw(conn io.Reader) answer {
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return answer{err: err}
	}
	return readAnswer(response)
}

// records returns the access log so far, and empties it. Requests whose ends do not wait for
// anything are over.
func (r *rig) records() []elb.AccessRecord {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	log := r.log
	r.log = nil
	return log
}

// lastRecord returns the only record since records was called.
func (r *rig) lastRecord() elb.AccessRecord {
	r.t.Helper()
	log := r.records()
	require.Len(r.t, log, 1)
	return log[0]
}

// eachWire runs a test, in a bubble, for each way that requests can take. HTTP/2 groups take no
// clients of HTTP/1.1.
func eachWire(t *testing.T, test func(t *testing.T, front, back wire)) {
	for _, front := range []wire{overHTTP1, overHTTPS1, overHTTP2, overHTTPS2} {
		for _, back := range []wire{inProcess, overHTTP1, overHTTPS1, overHTTP2, overHTTPS2} {
			if back.http2() && !front.http2() {
				continue
			}
			t.Run(string(front)+" to "+string(back), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { test(t, front, back) })
			})
		}
	}
}

// says answers with a text.
func says(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
}

// shows answers with a request's header fields of names, a line each.
func shows(fields ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, q *http.Request) {
		for _, name := range fields {
			values := q.Header.Values(name)
			if name == "Host" {
				values = []string{q.Host}
			}
			if values != nil {
				_, _ = io.WriteString(w, name+": "+strings.Join(values, " | ")+"\n")
			}
		}
	}
}

func sortedNames(h http.Header) []string {
	var all []string
	for name := range h {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}
