package main

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

var (
	request   = []byte("GET /a/path?of=a HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: versus\r\nAccept: */*\r\n\r\n")
	answer    = []byte("HTTP/1.1 200 OK\r\nDate: Sat, 01 Jan 2000 00:00:00 GMT\r\nContent-Type: text/plain\r\nContent-Length: 128\r\n\r\n" + strings.Repeat("0123456789abcdef", 8))
	headerEnd = []byte("\r\n\r\n")
)

// newTarget answers every request with the same.
func newTarget() (net.Listener, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				buffer := make([]byte, 4096)
				for n := 0; ; {
					m, err := conn.Read(buffer[n:])
					if err != nil {
						return
					}
					if n += m; !bytes.HasSuffix(buffer[:n], headerEnd) {
						continue
					}
					if _, err := conn.Write(answer); err != nil {
						return
					}
					n = 0
				}
			}()
		}
	}()
	return l, nil
}

// load sends requests for some time, and returns how many were answered.
func load(address string, connections int, length time.Duration) (int64, error) {
	var requests atomic.Int64
	var over atomic.Bool
	time.AfterFunc(length, func() { over.Store(true) })
	var all sync.WaitGroup
	faults := make([]error, connections)
	for i := range connections {
		all.Go(func() {
			conn, err := net.Dial("tcp", address)
			if err != nil {
				faults[i] = err
				return
			}
			defer conn.Close()
			buffer := make([]byte, 4096)
			for !over.Load() && faults[i] == nil {
				faults[i] = ask(conn, buffer)
				requests.Add(1)
			}
		})
	}
	all.Wait()
	return requests.Load(), errors.Join(faults...)
}

// ask sends a request, and reads the answer.
func ask(conn net.Conn, buffer []byte) error {
	if _, err := conn.Write(request); err != nil {
		return err
	}
	for n := 0; ; {
		m, err := conn.Read(buffer[n:])
		if err != nil {
			return errors.Join(errors.New("no whole answer"), io.ErrUnexpectedEOF, err)
		}
		n += m
		at := bytes.Index(buffer[:n], headerEnd)
		if at < 0 {
			continue
		}
		if !bytes.HasPrefix(buffer[:n], []byte("HTTP/1.1 200 ")) {
			return errors.New("not answered with 200: " + string(buffer[:at]))
		}
		if n >= at+len(headerEnd)+128 {
			return nil
		}
	}
}
