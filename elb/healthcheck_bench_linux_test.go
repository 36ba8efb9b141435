package elb

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// benchTargetsEnv has the test binary serve targets in place of testing.
const benchTargetsEnv = "LEAT_ELB_BENCH_TARGETS"

func init() {
	if os.Getenv(benchTargetsEnv) != "" {
		serveBenchTargets()
	}
}

// serveBenchTargets serves plain and secure targets on every address of the loopback
// network, prints their ports, and ends the process when its input ends.
func serveBenchTargets() {
	server := &http.Server{Handler: after(0, 200, "ok"), Protocols: new(http.Protocols), ErrorLog: log.New(io.Discard, "", 0)}
	server.Protocols.SetHTTP1(true)
	server.Protocols.SetUnencryptedHTTP2(true)
	grpc := &http.Server{Protocols: server.Protocols, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Grpc-Status", "12")
	})}
	for _, serve := range []func(l net.Listener) error{
		server.Serve,
		func(l net.Listener) error {
			certificate := testCertificate(new(testing.T))
			return server.Serve(tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{certificate}}))
		},
		grpc.Serve,
	} {
		l, err := net.Listen("tcp4", "0.0.0.0:0")
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(l.Addr().(*net.TCPAddr).Port)
		go func() { log.Fatal(serve(l)) }()
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}

// startBenchTargets starts a process with targets, and returns the ports of those of HTTP,
// HTTPS and gRPC.
func startBenchTargets(b *testing.B) (ports [3]int) {
	self, err := os.Executable()
	require.NoError(b, err)
	targets := exec.Command(self)
	targets.Env = append(os.Environ(), benchTargetsEnv+"=1")
	stdin, err := targets.StdinPipe()
	require.NoError(b, err)
	stdout, err := targets.StdoutPipe()
	require.NoError(b, err)
	require.NoError(b, targets.Start())
	b.Cleanup(func() {
		stdin.Close()
		_ = targets.Wait()
	})
	_, err = fmt.Fscan(stdout, &ports[0], &ports[1], &ports[2])
	require.NoError(b, err)
	return ports
}

// benchAddress is the i-th of a thousand targets' addresses.
func benchAddress(i, port int) *net.TCPAddr {
	return &net.TCPAddr{IP: net.IPv4(127, 0, byte(1+i%1000/250), byte(1+i%250)), Port: port}
}

// processorTime is what this process has used, in user mode and in the kernel.
func processorTime() (user, system time.Duration) {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano()), time.Duration(usage.Stime.Nano())
}

// measured reports the processor time of f for each of its checks, of which it makes
// a number for each iteration.
func measured(b *testing.B, checks int, f func(i int) error) {
	b.ReportAllocs()
	user, system := processorTime()
	n := 0
	for b.Loop() {
		if err := f(n); err != nil {
			b.Fatal(err)
		}
		n++
	}
	user2, system2 := processorTime()
	micros := func(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) / float64(n*checks) }
	b.ReportMetric(micros(user2-user), "user-µs/check")
	b.ReportMetric(micros(system2-system), "sys-µs/check")
	all := micros(user2 - user + system2 - system)
	b.ReportMetric(all, "cpu-µs/check")
	b.ReportMetric(all*1000/1e6*100, "%core@1000/s")
}

// BenchmarkHealthChecks is the processor time that checks take in this process, of a thousand
// targets in another one: one check after the other, and then each target once a second,
// evenly and by checkPhase, where waking up counts too. The baselines are what system calls
// alone take, which nothing that makes a connection for each check can be below, and an
// [http.Transport]. The kernel's work for the targets' ends of loopback connections counts in
// part as this process's.
func BenchmarkHealthChecks(b *testing.B) {
	ports := startBenchTargets(b)
	b.Run("baseline: system calls, connect and close", func(b *testing.B) {
		measured(b, 1, func(i int) error { return bareCheck(benchAddress(i, ports[0]), "") })
	})
	b.Run("baseline: system calls, GET", func(b *testing.B) {
		measured(b, 1, func(i int) error {
			return bareCheck(benchAddress(i, ports[0]), "GET / HTTP/1.1\r\nHost: 127.0.0.1:65535"+healthFields)
		})
	})
	b.Run("baseline: net.Dialer, connect and close", func(b *testing.B) {
		measured(b, 1, func(i int) error {
			ctx, cancel := context.WithTimeout(b.Context(), 5*time.Second)
			defer cancel()
			conn, err := (&net.Dialer{KeepAlive: -1}).DialContext(ctx, "tcp", benchAddress(i, ports[0]).String())
			if err != nil {
				return err
			}
			return conn.Close()
		})
	})
	transport := &http.Transport{DisableKeepAlives: true, DisableCompression: true}
	throughTransport := func(i int) error {
		ctx, cancel := context.WithTimeout(b.Context(), 5*time.Second)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+benchAddress(i, ports[0]).String()+"/", nil)
		if err != nil {
			return err
		}
		response, err := transport.RoundTrip(req)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		_, err = io.Copy(io.Discard, response.Body)
		return err
	}
	b.Run("baseline: http.Transport", func(b *testing.B) { measured(b, 1, throughTransport) })
	check := func(protocol HealthProtocol, port int) func(i int) error {
		p, err := NewProber(HealthCheck{Protocol: protocol, Interval: time.Second})
		require.NoError(b, err)
		return func(i int) error { return p.Check(b.Context(), &Target{Address: benchAddress(i, port).String()}).Err }
	}
	tcp, web := check(HealthTCP, ports[0]), check(HealthHTTP, ports[0])
	b.Run("TCP", func(b *testing.B) { measured(b, 1, tcp) })
	b.Run("HTTP", func(b *testing.B) { measured(b, 1, web) })
	b.Run("HTTPS", func(b *testing.B) { measured(b, 1, check(HealthHTTPS, ports[1])) })
	b.Run("GRPC", func(b *testing.B) { measured(b, 1, check(HealthGRPC, ports[2])) })

	for _, c := range []struct {
		name string
		f    func(i int) error
	}{
		{"no check", func(int) error { return nil }}, {"http.Transport", throughTransport}, {"TCP", tcp}, {"HTTP", web},
	} {
		for _, phases := range []string{"even", "checkPhase"} {
			b.Run("1000 targets a second, "+phases+": "+c.name, func(b *testing.B) {
				measured(b, 1000, func(int) error { return oneSecond(1000, phases == "even", c.f) })
			})
		}
	}
}

// oneSecond checks each of n targets once within a second.
func oneSecond(n int, even bool, check func(i int) error) error {
	began := time.Now()
	errs := make(chan error, n)
	var checks sync.WaitGroup
	for i := range n {
		phase := checkPhase(i, time.Second)
		if even {
			phase = time.Duration(i) * time.Second / time.Duration(n)
		}
		checks.Go(func() {
			time.Sleep(time.Until(began.Add(phase)))
			if err := check(i); err != nil {
				errs <- err
			}
		})
	}
	time.Sleep(time.Until(began.Add(time.Second)))
	checks.Wait()
	close(errs)
	return <-errs
}

// bareCheck connects, sends a request if there is one and reads an answer, and closes.
func bareCheck(to *net.TCPAddr, request string) error {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	if err := syscall.Connect(fd, &syscall.SockaddrInet4{Port: to.Port, Addr: [4]byte(to.IP.To4())}); err != nil || request == "" {
		return err
	}
	if _, err := syscall.Write(fd, []byte(request)); err != nil {
		return err
	}
	var answer [4096]byte
	if n, err := syscall.Read(fd, answer[:]); n <= 0 || err != nil {
		return fmt.Errorf("no answer: %w", err)
	}
	return nil
}
