package elb

import (
	"net/netip"
	"time"
)

// FlowRecord is what a proxy knows of a connection that is over. (User Guide for Network
// Load Balancers, "Access logs", which AWS has of TLS alone.)
type FlowRecord struct {
	Name     string // of the proxy
	Begun    time.Time
	Time     time.Time // when it was over
	Client   netip.AddrPort
	Front    netip.AddrPort // what the client connected to
	Target   *Target        // nil if none was connected to
	GroupARN string         // empty if it did not come to that

	ConnectTime   time.Duration // connecting to the target, with its TLS handshake
	HandshakeTime time.Duration // the client's TLS handshake; 0 without one

	ReceivedBytes int64 // from the client to the target
	SentBytes     int64 // from the target to the client

	TLSProtocol string // as OpenSSL calls it, such as "TLSv1.3"; empty where the proxy does not end TLS
	TLSCipher   string // the same
	ALPN        string
	Domain      string // TLS's SNI

	// Err is why the proxy has ended the connection, as ServeConn says; nil if both ends
	// have.
	Err error
}

func (f *flow) log() {
	log := f.proxy.config.AccessLog
	if log == nil {
		return
	}
	defer f.rescue()
	r := FlowRecord{
		Name:          f.proxy.Name(),
		Begun:         f.begun,
		Time:          time.Now(),
		Client:        addrPortOf(f.client.RemoteAddr()),
		Front:         addrPortOf(f.client.LocalAddr()),
		HandshakeTime: f.front.took,
		ReceivedBytes: f.received.Load(),
		SentBytes:     f.sent.Load(),
		Domain:        f.front.name,
		Err:           f.cause,
	}
	if f.group != nil {
		r.GroupARN = f.group.config.ARN
	}
	if f.target != nil {
		r.Target, r.ConnectTime = f.lease.target, f.took
	}
	if s := f.front.tls; s != nil {
		r.TLSProtocol, r.TLSCipher = tlsNames(s)
		r.ALPN = s.NegotiatedProtocol
	}
	log(&r)
}
