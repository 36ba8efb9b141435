package elb_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/leat-go/leat/elb"
)

// A server behind a load balancer sees its clients' addresses.
func ExampleProxyListener() {
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	listener := &elb.ProxyListener{
		Listener: tcp,
		Trusted:  func(peer netip.Addr) bool { return peer.IsLoopback() },
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "hello, ", r.RemoteAddr)
	})}
	go server.Serve(listener)
	defer server.Close()

	conn, err := net.Dial("tcp", tcp.Addr().String())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	fmt.Fprint(conn, "PROXY TCP4 203.0.113.7 192.0.2.1 56324 443\r\n")
	fmt.Fprint(conn, "GET / HTTP/1.0\r\n\r\n")
	answer, _ := io.ReadAll(conn)
	fmt.Println(string(answer[strings.Index(string(answer), "hello"):]))
	// Output: hello, 203.0.113.7:56324
}

// A proxy tells its target whose connection it passes on, and what it knows besides.
func ExampleWriteProxyHeader() {
	header := &elb.ProxyHeader{
		Command:     elb.ProxyRelayed,
		Transport:   elb.ProxyStream,
		Source:      netip.MustParseAddrPort("203.0.113.7:56324"),
		Destination: netip.MustParseAddrPort("192.0.2.1:443"),
		TLVs:        []elb.ProxyTLV{{Type: elb.ProxyTypeAuthority, Value: []byte("www.example.com")}},
		Checksum:    true,
	}
	proxy, target := net.Pipe()
	go func() {
		defer proxy.Close()
		if err := elb.WriteProxyHeader(proxy, header); err != nil {
			fmt.Println(err)
		}
		fmt.Fprint(proxy, "and now the client's bytes")
	}()

	got, err := elb.ReadProxyHeader(target, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(got.Source, "wants", got.Authority())
	payload, _ := io.ReadAll(target)
	fmt.Println(string(payload))
	// Output:
	// 203.0.113.7:56324 wants www.example.com
	// and now the client's bytes
}
