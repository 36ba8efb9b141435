package elb

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"
)

// connect chooses a target and connects to it, or to another one if that fails: none has
// been sent a byte of the client's, so that none can have acted on one.
func (f *flow) connect() (net.Conn, error) {
	req := Request{Flow: f.hash()}
	var failure error
	for range connectAttempts {
		conn, err := f.attempt(&req, failure)
		if conn != nil {
			return conn, nil
		}
		if err == nil { // the target was tried already, and there is no other
			return nil, failure
		}
		if failure == nil || f.lease.target != nil {
			failure = err
		}
		if f.lease.target == nil {
			break
		}
	}
	return nil, failure
}

// attempt connects to one more target, and adds it to those to avoid if that fails. It
// returns neither a connection nor an error if there is no target but those, which failed
// with the given error. The lease has no target afterwards if none was tried.
func (f *flow) attempt(req *Request, failure error) (conn net.Conn, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), f.group.config.ConnectTimeout)
	defer cancel()
	f.mu.Lock()
	f.aborted, f.dialing = nil, cancel
	over := f.over
	f.mu.Unlock()
	f.lease = lease{abort: f.abort, connection: true}
	if over {
		return nil, ErrBalancerClosed
	}
	if len(req.Avoid) > 0 && !f.group.another(f.proxy.config.Zone, req.Avoid) {
		return nil, nil
	}
	if err := f.group.acquire(f.proxy.config.Zone, *req, nil, &f.lease); err != nil {
		return nil, err
	}
	target := f.lease.target
	if slices.Contains(req.Avoid, target) {
		f.lease.release(Outcome{Err: failure})
		return nil, nil
	}
	req.Avoid = append(req.Avoid, target)
	defer func() {
		switch {
		case conn != nil:
		case err == ErrBalancerClosed: // which does not speak against the target
			f.lease.release(Outcome{})
		default:
			f.lease.release(Outcome{Err: err})
		}
	}()
	begun := time.Now()
	raw, conn, err := f.dial(ctx, target)
	f.took = time.Since(begun)
	if gone := f.adopt(raw); gone != nil {
		if raw != nil {
			reset(raw)
		}
		return nil, gone
	}
	return conn, err
}

// adopt makes a connection the flow's target, if there is one. It fails if that is not wanted
// any more.
func (f *flow) adopt(raw net.Conn) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dialing = nil
	if f.over {
		return ErrBalancerClosed // or what it is over for; nobody asks any more
	}
	if f.aborted == nil && raw != nil {
		f.target = raw
		f.proxy.opened.Add(1)
	}
	return f.aborted
}

// dial connects to a target, and does all that comes before the client's first byte.
func (f *flow) dial(ctx context.Context, t *Target) (raw, conn net.Conn, err error) {
	c := &f.group.config
	if raw, err = c.DialContext(ctx, "tcp", t.Address); err != nil {
		return nil, nil, f.notConnected(ctx, t, err)
	}
	conn = raw
	if c.ProxyProtocol {
		if err = f.introduce(ctx, raw); err != nil {
			reset(raw)
			return nil, nil, f.notConnected(ctx, t, err)
		}
	}
	if c.Protocol == TLS {
		secure := tls.Client(raw, f.targetTLS(t))
		if err = secure.HandshakeContext(ctx); err != nil {
			reset(raw)
			return nil, nil, f.notConnected(ctx, t, fmt.Errorf("%w: %w", ErrTargetTLS, err))
		}
		conn = secure
	}
	return raw, conn, nil
}

// notConnected counts a failure, unless it is the flow that has ended the attempt.
func (f *flow) notConnected(ctx context.Context, t *Target, err error) error {
	if ctx.Err() != context.Canceled {
		f.group.count.connectionError(errors.Is(err, ErrTargetTLS))
	}
	return fmt.Errorf("elb: target %s: %w", t.Name(), err)
}

// introduce sends the header of the PROXY protocol. The specification has it precede
// everything else, TLS as well.
func (f *flow) introduce(ctx context.Context, conn net.Conn) error {
	h := ProxyHeaderOf(f.client)
	if state := f.front.tls; state != nil && state.NegotiatedProtocol != "" {
		h.TLVs = append(h.TLVs, ProxyTLV{ProxyTypeALPN, []byte(state.NegotiatedProtocol)})
	}
	if f.front.name != "" {
		h.TLVs = append(h.TLVs, ProxyTLV{ProxyTypeAuthority, []byte(f.front.name)})
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetWriteDeadline(time.Unix(1, 0)) })
	err := WriteProxyHeader(conn, &h)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	return err
}

// targetTLS is the group's configuration with the protocol that the client has got, and the
// host as the name to verify if there is no other.
func (f *flow) targetTLS(t *Target) *tls.Config {
	c := f.group.config.TLSConfig.Clone()
	if f.front.tls != nil && f.front.tls.NegotiatedProtocol != "" {
		c.NextProtos = []string{f.front.tls.NegotiatedProtocol}
	}
	if c.ServerName == "" {
		c.ServerName, _, _ = net.SplitHostPort(t.Address) // the group has checked it
	}
	return c
}

// hash is what the picker tells the connection by.
func (f *flow) hash() uint64 {
	from, to := f.client.RemoteAddr(), f.client.LocalAddr()
	source, destination := addrPortOf(from), addrPortOf(to)
	if !source.IsValid() || !destination.IsValid() {
		return FlowHashString(fmt.Sprint(from, " ", to))
	}
	return FlowHash("tcp", source, destination)
}

// addrPortOf returns the IP address and port of an address of package net; not a valid one
// if it has none.
func addrPortOf(a net.Addr) netip.AddrPort {
	if ip, ok := a.(interface{ AddrPort() netip.AddrPort }); ok {
		return plain(ip.AddrPort())
	}
	return netip.AddrPort{}
}
