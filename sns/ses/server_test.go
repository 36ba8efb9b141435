package ses_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"math/big"
	"net"
	"net/textproto"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// server is a mail server that says what it is told to.
type server struct {
	startTLS *tls.Config       // to offer STARTTLS with
	implicit *tls.Config       // to speak TLS at once with
	login    string            // "user:password", to offer AUTH and demand it
	replies  map[string]string // to a command, instead of the usual one; "CONNECT" is the greeting, "." the end of a mail
	silentAt string            // the command after which nothing more is said

	mu       sync.Mutex
	commands []string // without AUTH's secrets; guarded by mu
	mails    []string // as they came, dots unstuffed, lines ended by \n; guarded by mu
}

func (s *server) seen() (commands, mails []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.commands, s.mails
}

// dial is for SMTP.Dial; the server is on the other end of a pipe.
func (s *server) dial(context.Context, string, string) (net.Conn, error) {
	client, conn := net.Pipe()
	go s.serve(conn)
	return client, nil
}

// listen serves a port of the loopback until the test ends.
func (s *server) listen(t *testing.T) (addr string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go s.serve(conn)
		}
	}()
	return listener.Addr().String()
}

func (s *server) serve(conn net.Conn) {
	defer conn.Close() // not TLS, which would wait for the other end to read its farewell
	secure := s.implicit != nil
	if secure {
		conn = tls.Server(conn, s.implicit)
	}
	r := textproto.NewReader(bufio.NewReader(conn))
	reply := func(command, usual string) bool {
		if s.silentAt == command {
			_, _ = r.ReadLine() // until the client has had enough
			return false
		}
		if other, ok := s.replies[command]; ok {
			usual = other
		}
		_, err := fmt.Fprintf(conn, "%s\r\n", usual)
		return err == nil
	}
	if !reply("CONNECT", "220 ready") {
		return
	}
	known := s.login == ""
	for {
		line, err := r.ReadLine()
		if err != nil {
			return
		}
		verb, argument, _ := strings.Cut(line, " ")
		s.mu.Lock()
		s.commands = append(s.commands, strings.TrimSpace(verb+" "+strings.SplitN(argument, " ", 2)[0]))
		s.mu.Unlock()
		ok := true
		switch verb {
		case "EHLO":
			offers := "250-hello\r\n"
			if s.startTLS != nil && !secure {
				offers += "250-STARTTLS\r\n"
			}
			if s.login != "" {
				offers += "250-AUTH PLAIN LOGIN\r\n"
			}
			ok = reply(verb, offers+"250 8BITMIME")
		case "STARTTLS":
			if ok = reply(verb, "220 go on"); ok {
				conn, secure = tls.Server(conn, s.startTLS), true
				r = textproto.NewReader(bufio.NewReader(conn))
			}
		case "AUTH":
			want := base64.StdEncoding.EncodeToString([]byte("\x00" + strings.ReplaceAll(s.login, ":", "\x00")))
			if known = argument == "PLAIN "+want; known {
				ok = reply(verb, "235 welcome")
			} else {
				ok = reply(verb, "535 who are you?")
			}
		case "MAIL":
			if known {
				ok = reply(verb, "250 fine")
			} else {
				ok = reply(verb, "530 log in first")
			}
		case "DATA":
			if ok = reply(verb, "354 go on"); !ok || !strings.HasPrefix(s.replies[verb]+"3", "3") {
				continue
			}
			text, err := r.ReadDotBytes()
			if err != nil {
				return
			}
			if _, refused := s.replies["."]; !refused {
				s.mu.Lock()
				s.mails = append(s.mails, string(text))
				s.mu.Unlock()
			}
			ok = reply(".", "250 taken")
		case "QUIT":
			reply(verb, "221 bye")
			return
		default:
			ok = reply(verb, "250 fine")
		}
		if !ok {
			return
		}
	}
}

// certificate is one for mail.example.com, for both ends.
func certificate(t *testing.T) (server, client *tls.Config) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"mail.example.com"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	parsed, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, &tls.Config{RootCAs: roots}
}
