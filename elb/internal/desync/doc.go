// Package desync guards the front door of an HTTP/1 server against requests that the next
// server may take for something else than this one does (HTTP desync, request smuggling),
// with the semantics of an Application Load Balancer's desync mitigation modes, and
// enforces the balancer's limits on a request's head.
//
// net/http's Server refuses much by itself and forgets what exactly was sent. So a [Conn]
// stands under it: it wraps an accepted connection and gates what the server reads. It
// follows the requests, buffers each whole head, classifies it with [Classify] and either
// passes it on, mended where net/http would not take what the balancer routes, or puts a
// harmless request in its place. The handler asks [Conn.Next] once a request what to do:
// route, or answer with a status. All answers are so made by the handler, behind those to
// earlier requests, and can be logged and counted.
//
// What the server reads has one framing: at most one Content-Length or one
// Transfer-Encoding field, the latter "chunked", and lines that end in CRLF.
//
// Sources: "Desync mitigation mode" and "Access logs" in the User Guide for Application
// Load Balancers; the classification of AWS's HTTP Desync Guardian, as its documentation
// gives it, for what shows only in raw requests; RFC 9110 and RFC 9112.
//
// # The server
//
// The server's ConnContext is [NewContext]. It needs DisableGeneralOptionsHandler, as each
// request must reach the handler, and a MaxHeaderBytes that is zero or more than 64 K. Its
// IdleTimeout limits the time between requests, Config.HeadTimeout that of a head.
//
// A connection with TLS is wrapped after the handshake. Its state is to be had from
// [Conn.NetConn]. HTTP/2 passes, over TLS or not: a connection that starts with HTTP/2's
// preface is left alone.
//
// # What is not routed
//
// These requests are answered in monitor mode too, since there is no way to pass them on
// with one meaning: 400 for BadMethod, BadContentLength and MultipleContentLength without
// a coding that overrules them, a Transfer-Encoding that is malformed or in which chunked
// is not last, a BadVersion that is malformed, and a request line without a target; 505
// for a BadVersion that is only unknown. A NUL, CR or LF in a field's value is replaced by
// a space (RFC 9110, 5.5), in a target it is percent-encoded, and a field with one in its
// name is left out.
//
// Neither class nor mode matters to what RFC 9112 has a server refuse and net/http does: a
// target that can not be parsed, a missing, repeated or malformed Host, a Trailer field
// that announces framing (400), and an expectation other than 100-continue (417). The
// balancer answers 501 to codings other than chunked and identity.
//
// # What differs from the balancer
//
// Fields whose names are no tokens, and those that only resemble Content-Length or
// Transfer-Encoding, are left out; AWS passes them on. A space or control character in a
// target is percent-encoded. Transfer-Encoding is ignored in HTTP/1.0, as net/http does;
// such a connection is closed in all modes (RFC 9112, 6.1).
package desync
