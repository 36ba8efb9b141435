package webtest

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/elb"
)

// balance returns the address of a balancer in front of targets. With a TLS configuration
// it ends TLS.
func balance(t *testing.T, group elb.GroupConfig, front *tls.Config, targets ...*elb.Target) string {
	group.Name = "targets"
	g, err := elb.NewTargetGroup(group)
	require.NoError(t, err)
	require.NoError(t, g.Register(targets...))
	lb, err := elb.NewLoadBalancer(elb.LoadBalancerConfig{
		Groups: []*elb.TargetGroup{g},
		Listeners: []elb.Listener{{TLSConfig: front, DefaultAction: &elb.Action{
			Forward: &elb.Forward{Groups: []elb.WeightedGroup{{Group: "targets"}}},
		}}},
	})
	require.NoError(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- lb.Serve(l) }()
	t.Cleanup(func() {
		require.NoError(t, lb.Close())
		require.ErrorIs(t, <-served, elb.ErrBalancerClosed)
		require.NoError(t, g.Close())
	})
	return l.Addr().String()
}

// certificate returns a server's configuration, and a client's that trusts it, for the
// name example.com.
func certificate(t *testing.T) (server, client *tls.Config) {
	s := httptest.NewTLSServer(nil)
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return &tls.Config{Certificates: s.TLS.Certificates}, &tls.Config{RootCAs: roots, ServerName: "example.com"}
}
