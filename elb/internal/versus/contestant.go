package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// contestants are the balancers of each layer. The ratio is to the first one.
var contestants = map[int][]string{
	7: {"reverseproxy", "leat", "leat-handler", "nginx", "haproxy"},
	4: {"haproxy-tcp", "leat-tcp", "io.Copy"},
}

// contestant is a balancer that runs.
type contestant struct {
	name    string
	command *exec.Cmd
	address string
	folder  string
	stats   io.Writer // asks a process of this command for its allocations; nil if it is none
	replies *bufio.Reader

	cpu, allocs []float64 // per request, of each turn
}

// start starts a balancer in front of a target.
func start(name, target string) (*contestant, error) {
	folder, err := os.MkdirTemp("", "versus")
	if err != nil {
		return nil, err
	}
	c := &contestant{name: name, folder: folder}
	switch name {
	case "nginx", "haproxy", "haproxy-tcp":
		err = c.startOther(target)
	default:
		err = c.startOwn(target)
	}
	if err == nil {
		err = c.await()
	}
	if err != nil {
		c.stop()
		return nil, err
	}
	return c, nil
}

// startOwn starts this program as a balancer.
func (c *contestant) startOwn(target string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	c.command = exec.Command(self, "-serve", c.name, "-target", target)
	c.command.Stderr = os.Stderr
	stdin, err := c.command.StdinPipe()
	if err != nil {
		return err
	}
	stdout, err := c.command.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.command.Start(); err != nil {
		return err
	}
	c.stats, c.replies = stdin, bufio.NewReader(stdout)
	line, err := c.replies.ReadString('\n')
	c.address = strings.TrimSpace(line)
	return err
}

func (c *contestant) startOther(target string) error {
	program, config, arguments := "haproxy", haproxyConfig, []string{"-f"}
	if c.name == "nginx" {
		program, config, arguments = "nginx", nginxConfig, []string{"-e", "stderr", "-p", c.folder, "-c"}
	}
	path, err := exec.LookPath(program)
	if err != nil {
		return fmt.Errorf("%s is not installed", program)
	}
	if c.address, err = freeAddress(); err != nil {
		return err
	}
	mode := "http"
	if c.name == "haproxy-tcp" {
		mode = "tcp"
	}
	file := filepath.Join(c.folder, "config")
	text := strings.NewReplacer("ADDRESS", c.address, "TARGET", target, "MODE", mode).Replace(config)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return err
	}
	c.command = exec.Command(path, append(arguments, file)...)
	return c.command.Start()
}

const nginxConfig = `
daemon off;
worker_processes 2;
pid nginx.pid;
error_log /dev/null;
events { worker_connections 1024; }
http {
	access_log off;
	keepalive_requests 100000000;
	upstream target { server TARGET; keepalive 64; keepalive_requests 100000000; }
	server {
		listen ADDRESS;
		location / {
			proxy_pass http://target;
			proxy_http_version 1.1;
			proxy_set_header Connection "";
			proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
		}
	}
}
`

const haproxyConfig = `
global
	nbthread 2
	maxconn 1024
defaults
	mode MODE
	timeout connect 10s
	timeout client 60s
	timeout server 60s
	http-reuse always
frontend in
	bind ADDRESS
	default_backend out
backend out
	option forwardfor
	server target TARGET
`

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// await waits until the balancer accepts connections.
func (c *contestant) await() error {
	var err error
	for range 100 {
		var conn net.Conn
		if conn, err = net.Dial("tcp", c.address); err == nil {
			return conn.Close()
		}
		time.Sleep(20 * time.Millisecond)
	}
	return err
}

func (c *contestant) stop() {
	if c.command != nil && c.command.Process != nil {
		_ = c.command.Process.Signal(syscall.SIGTERM)
		_ = c.command.Wait()
	}
	_ = os.RemoveAll(c.folder)
}

// measure is one turn.
func (c *contestant) measure(connections int, length time.Duration) error {
	if _, err := load(c.address, connections, length/10); err != nil { // to warm up
		return err
	}
	before, mallocs, err := c.counters()
	if err != nil {
		return err
	}
	requests, err := load(c.address, connections, length)
	if err != nil {
		return err
	}
	after, now, err := c.counters()
	if err != nil {
		return err
	}
	c.cpu = append(c.cpu, float64((after-before).Microseconds())/float64(requests))
	c.allocs = append(c.allocs, float64(now-mallocs)/float64(requests))
	return nil
}

// counters returns the CPU time so far and, of Go programs of ours, the number of
// allocations.
func (c *contestant) counters() (cpu time.Duration, mallocs int64, err error) {
	if cpu, err = cpuOf(c.command.Process.Pid); err != nil || c.stats == nil {
		return cpu, 0, err
	}
	if _, err = io.WriteString(c.stats, "\n"); err != nil {
		return 0, 0, err
	}
	line, err := c.replies.ReadString('\n')
	if err != nil {
		return 0, 0, err
	}
	mallocs, err = strconv.ParseInt(strings.TrimSpace(line), 10, 64)
	return cpu, mallocs, err
}

// tick is the unit of CPU time in /proc (USER_HZ).
const tick = 10 * time.Millisecond

// cpuOf returns the CPU time of a process and its children.
func cpuOf(pid int) (time.Duration, error) {
	entries, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, err
	}
	total := time.Duration(0)
	for _, entry := range entries {
		text, err := os.ReadFile(entry)
		if err != nil {
			continue // it has ended
		}
		_, after, _ := strings.Cut(string(text), ") ")
		own := filepath.Base(filepath.Dir(entry)) == strconv.Itoa(pid)
		fields := strings.Fields(after) // from the state on, the third in proc(5)
		if len(fields) < 13 || !own && fields[1] != strconv.Itoa(pid) {
			continue
		}
		for _, field := range fields[11:13] {
			ticks, err := strconv.ParseInt(field, 10, 64)
			if err != nil {
				return 0, err
			}
			total += time.Duration(ticks) * tick
		}
	}
	if total == 0 {
		return 0, fmt.Errorf("there is no CPU time of process %d in /proc", pid)
	}
	return total, nil
}
