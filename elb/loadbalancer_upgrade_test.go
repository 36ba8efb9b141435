package elb_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-go/leat/elb"
	"github.com/stretchr/testify/require"
)

const upgradeGet = "GET /chat HTTP/1.1\r\nHost: www.example.com\r\nConnection: keep-alive, Upgrade\r\nUpgrade: chat\r\n\r\n"

// chat changes to a protocol in which lines are answered in capitals, until "bye", and
// which says hello first. It refuses at /no.
func chat(w http.ResponseWriter, q *http.Request) {
	if q.URL.Path == "/no" || q.Header.Get("Upgrade") != "chat" || !strings.EqualFold(q.Header.Get("Connection"), "upgrade") {
		http.Error(w, "no chat", http.StatusForbidden)
		return
	}
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	defer conn.Close()
	fmt.Fprintf(buffered, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\nX-Chat: 1\r\n\r\nhello\n")
	_ = buffered.Flush()
	for {
		line, err := buffered.ReadString('\n')
		if err != nil || line == "bye\n" {
			if line == "" && err == io.EOF {
				_, _ = io.WriteString(conn, "eof\n")
			}
			return
		}
		_, _ = io.WriteString(conn, strings.ToUpper(line))
	}
}

// eachUpgrade runs a test for each way that can change to another protocol.
func eachUpgrade(t *testing.T, test func(t *testing.T, front, back wire)) {
	for _, front := range []wire{overHTTP1, overHTTPS1} {
		for _, back := range []wire{inProcess, overHTTP1, overHTTPS1} {
			t.Run(string(front)+" to "+string(back), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { test(t, front, back) })
			})
		}
	}
}

// upgrade returns a connection that has changed its protocol. What the client sends too early
// comes along.
func (r *rig) upgrade(early string) (net.Conn, *bufio.Reader) {
	r.t.Helper()
	conn := r.connect()
	_, err := io.WriteString(conn, upgradeGet+early)
	require.NoError(r.t, err)
	from := bufio.NewReader(conn)
	response, err := http.ReadResponse(from, nil)
	require.NoError(r.t, err)
	require.Equal(r.t, http.StatusSwitchingProtocols, response.StatusCode)
	require.Equal(r.t, "chat", response.Header.Get("Upgrade"))
	require.Equal(r.t, "1", response.Header.Get("X-Chat"))
	return conn, from
}

func requireLine(t *testing.T, want string, from *bufio.Reader) {
	t.Helper()
	line, err := from.ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, want, line)
}

func TestUpgrade(t *testing.T) {
	eachUpgrade(t, func(t *testing.T, front, back wire) {
		r := newRig(t, rigConfig{front: front, back: back}, chat)
		conn, from := r.upgrade("early\n")
		requireLine(t, "hello\n", from)
		requireLine(t, "EARLY\n", from)
		for range 3 {
			time.Sleep(50 * time.Second)
			_, err := io.WriteString(conn, "GET / HTTP/1.1\n")
			require.NoError(t, err)
			requireLine(t, "GET / HTTP/1.1\n", from)
		}
		require.Equal(t, 1, r.group.Targets()[0].Outstanding)
		_, err := io.WriteString(conn, "bye\n")
		require.NoError(t, err)
		_, err = from.ReadByte()
		require.Equal(t, io.EOF, err)
		_ = conn.Close() // it need not: the target could still hear it
		a := r.lastRecord()
		require.Equal(t, map[wire]string{overHTTP1: "ws", overHTTPS1: "wss"}[front], a.Type)
		require.Equal(t, []int{101, 101}, []int{a.Status, a.TargetStatus})
		require.Greater(t, a.ReceivedBytes, int64(len(upgradeGet)+3*len("GET / HTTP/1.1\n")))
		require.Zero(t, r.group.Targets()[0].Outstanding)
		require.Zero(t, r.lb.Metrics().ActiveConnectionCount)
	})
}

// A target that does not want to change has its client go on, whose early words are judged as
// requests.
func TestUpgradeRefused(t *testing.T) {
	eachUpgrade(t, func(t *testing.T, front, back wire) {
		r := newRig(t, rigConfig{front: front, back: back}, chat)
		conn := r.connect()
		text := strings.Replace(upgradeGet, "/chat", "/no", 1)
		_, err := io.WriteString(conn, text+text+"GET\r\n\r\n")
		require.NoError(t, err)
		from := bufio.NewReader(conn)
		for _, status := range []int{403, 403, 400} {
			response, err := http.ReadResponse(from, nil)
			require.NoError(t, err)
			require.Equal(t, status, readAnswer(response).status)
		}
		h2c := strings.NewReplacer("Upgrade: chat", "Upgrade: h2c", "/chat", "/no").Replace(upgradeGet)
		a, _ := r.speak(h2c)
		require.Equal(t, 403, a.status)
		a, _ = r.speak(strings.Replace(upgradeGet, "HTTP/1.1", "HTTP/1.0", 1))
		require.Equal(t, 403, a.status)
	})
}

// A client that has said all still hears.
func TestUpgradeHalfClosed(t *testing.T) {
	eachUpgrade(t, func(t *testing.T, front, back wire) {
		r := newRig(t, rigConfig{front: front, back: back}, chat)
		conn, from := r.upgrade("")
		requireLine(t, "hello\n", from)
		require.NoError(t, conn.(interface{ CloseWrite() error }).CloseWrite())
		requireLine(t, "eof\n", from)
		_, err := from.ReadByte()
		require.Equal(t, io.EOF, err)
		require.Equal(t, 101, r.lastRecord().Status)
	})
}

// A connection on which nothing passes is closed, as is that of a client which has left.
func TestUpgradeEnds(t *testing.T) {
	ends := map[string]func(r *rig, conn net.Conn) time.Duration{
		"client": func(_ *rig, conn net.Conn) time.Duration { conn.Close(); return 0 },
		"idle":   func(*rig, net.Conn) time.Duration { return time.Minute },
		"drain": func(r *rig, _ net.Conn) time.Duration {
			require.NoError(r.t, r.group.Deregister(r.targets[0]))
			return 5 * time.Second
		},
		"group":    func(r *rig, _ net.Conn) time.Duration { require.NoError(r.t, r.group.Close()); return 0 },
		"balancer": func(r *rig, _ net.Conn) time.Duration { require.NoError(r.t, r.lb.Close()); return 0 },
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			eachUpgrade(t, func(t *testing.T, front, back wire) {
				if name == "idle" && back == inProcess {
					return // the connection is the target's own
				}
				r := newRig(t, rigConfig{front: front, back: back, group: elb.GroupConfig{DeregistrationDelay: new(5 * time.Second)}}, chat)
				conn, from := r.upgrade("")
				requireLine(t, "hello\n", from)
				synctest.Wait()
				began := time.Now()
				after := end(r, conn)
				if name != "client" {
					_, err := from.ReadByte()
					require.Error(t, err)
				}
				require.Equal(t, after, time.Since(began))
				require.Equal(t, 101, r.lastRecord().Status)
			})
		})
	}
}

// Shutdown waits for tunnels.
func TestUpgradeAndShutdown(t *testing.T) {
	eachUpgrade(t, func(t *testing.T, front, back wire) {
		r := newRig(t, rigConfig{front: front, back: back}, chat)
		conn, from := r.upgrade("")
		requireLine(t, "hello\n", from)
		go func() {
			time.Sleep(10 * time.Second)
			_, _ = io.WriteString(conn, "bye\n")
			_, _ = from.ReadByte()
			_ = conn.Close()
		}()
		began := time.Now()
		require.NoError(t, r.lb.Shutdown(t.Context()))
		require.Equal(t, 10*time.Second, time.Since(began))
	})
}
