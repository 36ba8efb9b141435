package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"runtime"
	"time"

	"github.com/leat-go/leat/elb"
)

// be is a balancer in front of a target. It prints its address, and then, for each line
// that it reads, how many allocations there were so far. It ends with its input.
func be(name, target string) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	failed := make(chan error, 2)
	go func() { failed <- run(name, l, target) }()
	go func() {
		lines := bufio.NewScanner(os.Stdin)
		for lines.Scan() {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			fmt.Println(m.Mallocs)
		}
		failed <- lines.Err()
	}()
	return <-failed
}

func run(name string, l net.Listener, target string) error {
	switch name {
	case "reverseproxy":
		proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: target})
		proxy.Transport = &http.Transport{MaxIdleConns: 256, MaxIdleConnsPerHost: 256, DisableCompression: true, IdleConnTimeout: time.Minute}
		return (&http.Server{Handler: proxy}).Serve(l)
	case "leat", "leat-handler":
		lb, err := newBalancer(target)
		if err != nil {
			return err
		}
		if name == "leat" {
			return lb.Serve(l)
		}
		return (&http.Server{Handler: lb}).Serve(l)
	case "leat-tcp":
		group, err := newGroup(elb.TCP, target)
		if err != nil {
			return err
		}
		proxy, err := elb.NewProxy(elb.ProxyConfig{Group: group})
		if err != nil {
			return err
		}
		return proxy.Serve(l)
	case "io.Copy":
		return copyAll(l, target)
	}
	return fmt.Errorf("there is no balancer %q", name)
}

func newGroup(protocol elb.Protocol, target string) (*elb.TargetGroup, error) {
	group, err := elb.NewTargetGroup(elb.GroupConfig{Name: "targets", Protocol: protocol, HealthCheck: elb.HealthCheck{Disabled: true}})
	if err != nil {
		return nil, err
	}
	return group, group.Register(&elb.Target{Address: target})
}

func newBalancer(target string) (*elb.LoadBalancer, error) {
	group, err := newGroup(elb.HTTP, target)
	if err != nil {
		return nil, err
	}
	return elb.NewLoadBalancer(elb.LoadBalancerConfig{
		Groups: []*elb.TargetGroup{group},
		Listeners: []elb.Listener{{DefaultAction: &elb.Action{
			Forward: &elb.Forward{Groups: []elb.WeightedGroup{{Group: "targets"}}},
		}}},
	})
}

// copyAll is the simplest proxy that there can be.
func copyAll(l net.Listener, target string) error {
	for {
		client, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer client.Close()
			conn, err := new(net.Dialer).DialContext(context.Background(), "tcp", target)
			if err != nil {
				return
			}
			defer conn.Close()
			go func() {
				_, _ = io.Copy(conn, client)
				_ = conn.(*net.TCPConn).CloseWrite()
			}()
			_, _ = io.Copy(client, conn)
		}()
	}
}
