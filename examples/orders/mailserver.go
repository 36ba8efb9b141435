package main

import (
	"context"
	"io"
	"net"
	"net/textproto"
	"strings"
	"sync"
	"sync/atomic"
)

// mailServer is a mail server with one mailbox, which speaks as much SMTP as a client
// needs to leave a mail there. It listens on no port: whoever dials gets one end of a
// pipe, and the server has the other.
type mailServer struct {
	address  string
	mailbox  chan letter
	taken    atomic.Int64
	sessions sync.WaitGroup
}

// mailboxSize is how many mails nobody needs to have read.
const mailboxSize = 100

func newMailServer(address string) *mailServer {
	return &mailServer{address: address, mailbox: make(chan letter, mailboxSize)}
}

// dial has the form of net.Dialer's DialContext.
func (s *mailServer) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	s.sessions.Go(func() { s.serve(server) })
	return client, nil
}

// wait waits until every client has hung up.
func (s *mailServer) wait() { s.sessions.Wait() }

// serve talks to one client. That a reply can not be written shows at the next read.
func (s *mailServer) serve(conn net.Conn) {
	defer conn.Close()
	talk := textproto.NewConn(conn)
	reply := func(text string) { _ = talk.PrintfLine("%s", text) }
	reply("220 mail.shop.example")
	for {
		line, err := talk.ReadLine()
		if err != nil {
			return
		}
		verb, argument, _ := strings.Cut(line, " ")
		switch strings.ToUpper(verb) {
		case "EHLO", "HELO", "MAIL", "RSET", "NOOP":
			reply("250 at your service")
		case "RCPT":
			reply(s.recipient(argument))
		case "DATA":
			reply("354 go ahead, and end with a dot")
			reply(s.take(talk.DotReader()))
		case "QUIT":
			reply("221 goodbye")
			return
		default:
			reply("502 what is " + verb + "?")
		}
	}
}

func (s *mailServer) recipient(argument string) string {
	if !strings.EqualFold(argument, "TO:<"+s.address+">") {
		return "550 there is no such mailbox"
	}
	return "250 that mailbox is here"
}

// take reads a mail and puts it into the mailbox. A reply of 500 or above would tell
// the sender that it is hopeless, one of 400 to try again later.
func (s *mailServer) take(data io.Reader) (reply string) {
	mail, err := readLetter(data)
	_, _ = io.Copy(io.Discard, data) // to its end, whatever is wrong with it
	if err != nil {
		return "554 that is no mail"
	}
	select {
	case s.mailbox <- mail:
		s.taken.Add(1)
		return "250 taken"
	default:
		return "452 the mailbox is full"
	}
}
