// Package http1 is the upstream side of a load balancer: a pool of HTTP/1.1 connections to
// one target (RFC 9112), which costs a fraction of what http.Transport does.
//
// Everything happens in the caller's goroutine: it writes the request, reads the answer's
// header and, as it calls [Exchange.Read], the body. Only a request's body has a goroutine,
// which ends with the exchange. A connection is kept for another request when it is proven that
// nothing of this one can reach the next: both messages came to their end in proper framing,
// nothing is left over, both sides agree, and nobody interfered. In all other cases it is closed.
//
// What a target sends is taken strictly. What RFC 9112 lets a recipient repair (obs-fold, bare
// LF, whitespace before a colon, repeated equal Content-Lengths and the like) is an error here: it
// is what request smuggling is made of, and two programs that repair it do not do it alike.
package http1
