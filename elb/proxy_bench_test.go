package elb_test

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/leat-go/leat/elb"
	"github.com/stretchr/testify/require"
)

// The loads: one operation of each, on one connection of some.
var proxyLoads = []struct {
	name string
	kept bool // the connection is used for the next operation
	size int
}{
	{"exchange-128B", true, 128}, // there and back
	{"connection", false, 128},   // with one such exchange
	{"bulk-1MiB", true, 1 << 20}, // there and back
}

// BenchmarkProxy compares the proxy with a direct connection and with the simplest proxy
// there is. The client and the target are part of what is measured.
func BenchmarkProxy(b *testing.B) {
	target := serveTCP(b, func(c *net.TCPConn) { echo(c) })
	_, front := tcpProxy(b, elb.ProxyConfig{Group: tcpGroup(b, elb.GroupConfig{}, target)}, nil)
	naive := serveTCP(b, func(c *net.TCPConn) { naiveProxy(c, target) })
	for _, load := range proxyLoads {
		for _, way := range []struct{ name, address string }{{"direct", target}, {"naive", naive}, {"proxy", front}} {
			b.Run(load.name+"/"+way.name, func(b *testing.B) {
				if load.kept {
					b.SetBytes(2 * int64(load.size))
				}
				b.ReportAllocs()
				proxyLoad(b, way.address, load.kept, load.size)
			})
		}
	}
}

// naiveProxy passes bytes by io.Copy, and looks after nothing.
func naiveProxy(c *net.TCPConn, target string) {
	defer c.Close()
	t, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	defer t.Close()
	done := make(chan struct{})
	go func() {
		_, _ = io.Copy(t, c)
		_ = t.(*net.TCPConn).CloseWrite()
		close(done)
	}()
	_, _ = io.Copy(c, t)
	_ = c.CloseWrite()
	<-done
}

// proxyLoad makes the benchmark's operations, on 16 connections at a time.
func proxyLoad(b *testing.B, address string, kept bool, size int) {
	b.SetParallelism((16 + runtime.GOMAXPROCS(0) - 1) / runtime.GOMAXPROCS(0))
	b.RunParallel(func(pb *testing.PB) {
		var conn net.Conn
		out, in := make([]byte, size), make([]byte, size)
		for pb.Next() {
			if conn == nil {
				var err error
				if conn, err = net.Dial("tcp", address); err != nil {
					b.Error(err)
					return
				}
			}
			if err := roundTrip(conn, out, in); err != nil {
				b.Error(err)
				return
			}
			if !kept {
				conn.Close()
				conn = nil
			}
		}
		if conn != nil {
			conn.Close()
		}
	})
}

func roundTrip(conn net.Conn, out, in []byte) error {
	var sent chan error
	if len(out) > 1<<10 { // the echo comes before all is sent
		sent = make(chan error, 1)
		go func() {
			_, err := conn.Write(out)
			sent <- err
		}()
	} else if _, err := conn.Write(out); err != nil {
		return err
	}
	if _, err := io.ReadFull(conn, in); err != nil || sent == nil {
		return err
	}
	return <-sent
}

// BenchmarkProxyHAProxy compares the CPU time of a process that is the proxy with that of
// HAProxy in its tcp mode, where that is installed: cpu-µs/op. The client and the target are
// in this process. Of several runs (-count) the median counts.
func BenchmarkProxyHAProxy(b *testing.B) {
	haproxy, err := exec.LookPath("haproxy")
	if err != nil {
		b.Skip("haproxy is not installed")
	}
	if _, err := cpuTime(os.Getpid()); err != nil {
		b.Skip("the CPU time of a process can not be read here: ", err)
	}
	target := serveTCP(b, func(c *net.TCPConn) { echo(c) })
	for _, load := range proxyLoads {
		for _, name := range []string{"haproxy", "proxy"} {
			b.Run(load.name+"/"+name, func(b *testing.B) {
				var process *exec.Cmd
				front := freeAddress(b)
				if name == "proxy" {
					process = exec.Command(os.Args[0], "-test.run=^TestProxyProcess$")
					process.Env = append(os.Environ(), proxyProcess+"="+front+" "+target)
				} else {
					config := filepath.Join(b.TempDir(), "haproxy.cfg")
					require.NoError(b, os.WriteFile(config, fmt.Appendf(nil, haproxyConfig, runtime.GOMAXPROCS(0), front, target), 0o600))
					process = exec.Command(haproxy, "-db", "-q", "-f", config)
				}
				stdin, err := process.StdinPipe() // the proxy's process ends with it
				require.NoError(b, err)
				require.NoError(b, process.Start())
				defer func() {
					stdin.Close()
					_ = process.Process.Kill()
					_ = process.Wait()
				}()
				awaitListener(b, front)
				before, err := cpuTime(process.Process.Pid)
				require.NoError(b, err)
				proxyLoad(b, front, load.kept, load.size)
				after, err := cpuTime(process.Process.Pid)
				require.NoError(b, err)
				b.ReportMetric(float64((after-before).Microseconds())/float64(b.N), "cpu-µs/op")
			})
		}
	}
}

const haproxyConfig = `
global
    nbthread %d
defaults
    mode tcp
    timeout connect 10s
    timeout client 350s
    timeout server 350s
listen front
    bind %s
    server target %s
`

// proxyProcess is the variable that makes a process of this test the proxy: the addresses
// of its front and its target.
const proxyProcess = "ELB_PROXY_PROCESS"

// TestProxyProcess is that process, until its standard input ends.
func TestProxyProcess(t *testing.T) {
	front, target, ok := strings.Cut(os.Getenv(proxyProcess), " ")
	if !ok {
		t.Skip("it is a part of BenchmarkProxyHAProxy")
	}
	p, err := elb.NewProxy(elb.ProxyConfig{Group: tcpGroup(t, elb.GroupConfig{
		DialContext: (&net.Dialer{KeepAlive: -1}).DialContext,
	}, target)})
	require.NoError(t, err)
	l, err := (&net.ListenConfig{KeepAlive: -1}).Listen(t.Context(), "tcp", front)
	require.NoError(t, err)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		p.Close()
	}()
	require.Equal(t, elb.ErrBalancerClosed, p.Serve(l))
}

// cpuTime returns how much CPU time a process has had, in steps of 10 ms.
func cpuTime(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	user, err := strconv.Atoi(fields[11])
	if err != nil {
		return 0, err
	}
	system, err := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond, err
}

func freeAddress(tb testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	defer l.Close()
	return netip.MustParseAddrPort(l.Addr().String()).String()
}

func awaitListener(tb testing.TB, address string) {
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
			return
		}
		require.True(tb, time.Now().Before(end), "%v", err)
	}
}
