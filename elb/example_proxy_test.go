package elb_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"

	"github.com/leat-go/leat/elb"
)

// A proxy balances the connections of a protocol that it knows nothing about.
func ExampleProxy() {
	// Two servers that say who they are.
	group, err := elb.NewTargetGroup(elb.GroupConfig{
		Name:        "greeters",
		Protocol:    elb.TCP,
		HealthCheck: elb.HealthCheck{Disabled: true},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer group.Close()
	for _, name := range []string{"one", "two"} {
		server, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			fmt.Println(err)
			return
		}
		defer server.Close()
		go func() {
			for {
				conn, err := server.Accept()
				if err != nil {
					return
				}
				fmt.Fprintln(conn, "hello from", name)
				conn.Close()
			}
		}()
		if err := group.Register(&elb.Target{ID: name, Address: server.Addr().String()}); err != nil {
			fmt.Println(err)
			return
		}
	}

	proxy, err := elb.NewProxy(elb.ProxyConfig{Group: group})
	if err != nil {
		fmt.Println(err)
		return
	}
	front, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	go proxy.Serve(front)

	for range 4 {
		conn, err := net.Dial("tcp", front.Addr().String())
		if err != nil {
			fmt.Println(err)
			return
		}
		greeting, _ := io.ReadAll(conn)
		fmt.Print(string(greeting))
		conn.Close()
	}
	fmt.Println(proxy.Shutdown(context.Background()))
	fmt.Println("connections:", proxy.Metrics().NewFlowCount)
	// Output:
	// hello from one
	// hello from two
	// hello from one
	// hello from two
	// <nil>
	// connections: 4
}

// A proxy that has no certificate sends clients of TLS to a group by the name they ask for.
func ExampleProxyConfig_serverNames() {
	names := make(map[string]*elb.TargetGroup)
	for _, name := range []string{"shop", "mail"} {
		server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, name) }))
		defer server.Close()
		group, err := elb.NewTargetGroup(elb.GroupConfig{Name: name, Protocol: elb.TCP, HealthCheck: elb.HealthCheck{Disabled: true}})
		if err != nil {
			panic(err)
		}
		defer group.Close()
		if err := group.Register(&elb.Target{Address: server.Listener.Addr().String()}); err != nil {
			panic(err)
		}
		names[name+".example.com"] = group
	}
	proxy, err := elb.NewProxy(elb.ProxyConfig{ServerNames: names})
	if err != nil {
		panic(err)
	}
	defer proxy.Close()
	front, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go proxy.Serve(front)

	for _, name := range []string{"shop.example.com", "mail.example.com", "other.example.com"} {
		client := http.Client{Transport: &http.Transport{
			DisableKeepAlives: true,
			TLSClientConfig:   &tls.Config{ServerName: name, InsecureSkipVerify: true}, // an example's certificate
		}}
		response, err := client.Get("https://" + front.Addr().String())
		if err != nil {
			fmt.Println(name, "is reset")
			continue
		}
		answer, _ := io.ReadAll(response.Body)
		response.Body.Close()
		fmt.Println(name, "is at", string(answer))
	}
	// Output:
	// shop.example.com is at shop
	// mail.example.com is at mail
	// other.example.com is reset
}
