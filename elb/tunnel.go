package elb

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// hijack takes the client's connection over.
func (e *exchange) hijack() (net.Conn, *bufio.ReadWriter, error) {
	if e.conn != nil && e.conn.gate != nil {
		e.conn.gate.Raw()
	}
	conn, buffered, err := http.NewResponseController(e.w).Hijack()
	e.hijacked = e.hijacked || err == nil
	return conn, buffered, err
}

// tunnel passes bytes between the client and a target that has changed to another
// protocol, until one of them closes its connection, or nothing passes for the idle timeout.
func (e *exchange) tunnel() *failedTry {
	h := make(http.Header)
	e.in.CopyHeader(h)
	e.bind(h)
	upgrade := e.in.Field("Upgrade")
	target, early := e.in.Tunnel()
	if target == nil {
		return &failedTry{status: http.StatusBadGateway, err: e.aborted()}
	}
	client, buffered, err := e.hijack()
	if err != nil {
		_ = target.Close()
		return &failedTry{status: http.StatusBadGateway, err: err}
	}
	e.status, e.log.begun = http.StatusSwitchingProtocols, time.Now()
	t := &tunnel{client: client, target: target, limit: e.lb.config.IdleTimeout}
	defer t.close()
	defer context.AfterFunc(e.r.Context(), t.close)() // no server closes the connection any more
	e.mu.Lock()
	cause := e.cause
	e.cancel = func(error) { go t.close() } // who calls it must not wait
	e.mu.Unlock()
	if cause != nil {
		return nil
	}
	_ = client.SetDeadline(time.Time{}) // the server's
	if _, err := buffered.WriteString(switching(h, upgrade)); err != nil {
		return nil
	}
	if _, err := buffered.Write(early); err != nil {
		return nil
	}
	if err := buffered.Flush(); err != nil {
		return nil
	}
	t.run(io.MultiReader(io.LimitReader(buffered.Reader, int64(buffered.Reader.Buffered())), client))
	e.sent += t.down.Load() + int64(len(early))
	e.tunnelled += t.up.Load()
	return nil
}

// switching is the header of an answer with status 101.
func switching(h http.Header, upgrade string) string {
	var b strings.Builder
	b.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: " + upgrade + "\r\n")
	_ = h.Write(&b) // a strings.Builder takes all
	b.WriteString("\r\n")
	return b.String()
}

// tunnel is two connections that are one.
type tunnel struct {
	client, target net.Conn
	limit          time.Duration
	last           atomic.Int64 // when something passed, in nanoseconds since start
	start          time.Time
	up, down       atomic.Int64 // bytes
	once           sync.Once
}

// run passes bytes until that is over.
func (t *tunnel) run(client io.Reader) {
	t.start = time.Now()
	var idle *time.Timer
	var mu sync.Mutex
	over := false // guarded by mu, as is idle
	mu.Lock()
	idle = time.AfterFunc(t.limit, func() {
		rest := t.limit - (time.Since(t.start) - time.Duration(t.last.Load()))
		mu.Lock()
		defer mu.Unlock()
		switch {
		case over:
		case rest <= 0:
			t.close()
		default:
			idle.Reset(rest)
		}
	})
	mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() { t.pass(t.client, t.target, &t.down) })
	t.pass(t.target, client, &t.up)
	both.Wait()
	mu.Lock()
	defer mu.Unlock()
	over = true
	idle.Stop()
}

// pass copies one direction. At its end the other side is told so, if it can be; else the
// tunnel ends.
func (t *tunnel) pass(to net.Conn, from io.Reader, count *atomic.Int64) {
	buffer := copyBuffers.Get().(*[copySize]byte)
	defer copyBuffers.Put(buffer)
	for {
		n, err := from.Read(buffer[:])
		t.last.Store(int64(time.Since(t.start)))
		if n > 0 {
			if _, failed := to.Write(buffer[:n]); failed != nil {
				err = failed
			}
			count.Add(int64(n))
		}
		if err == nil {
			continue
		}
		half, ok := to.(interface{ CloseWrite() error })
		if !errors.Is(err, io.EOF) || !ok || half.CloseWrite() != nil {
			t.close()
		}
		return
	}
}

// close ends the tunnel.
func (t *tunnel) close() {
	t.once.Do(func() {
		_ = t.client.Close()
		_ = t.target.Close()
	})
}
