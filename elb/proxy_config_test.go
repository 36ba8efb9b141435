package elb_test

import (
	"crypto/tls"
	"strings"
	"testing"
	"time"

	"github.com/leat-go/leat/elb"
	"github.com/stretchr/testify/require"
)

func TestProxyConfig(t *testing.T) {
	group := func(protocol elb.Protocol) *elb.TargetGroup {
		g, err := elb.NewTargetGroup(elb.GroupConfig{Name: "g-" + string(protocol), Protocol: protocol})
		require.NoError(t, err)
		t.Cleanup(func() { g.Close() })
		return g
	}
	tcp, secure, web := group(elb.TCP), group(elb.TLS), group(elb.HTTP)
	type names = map[string]*elb.TargetGroup
	tests := []struct {
		name   string
		config elb.ProxyConfig
		fields string // at fault
	}{
		{"a group will do", elb.ProxyConfig{Group: tcp}, ""},
		{"TLS to the targets alone", elb.ProxyConfig{Group: secure}, ""},
		{"names will do", elb.ProxyConfig{ServerNames: names{"a.example": tcp, "*.b.example": tcp}}, ""},
		{"names of TLS that the proxy ends", elb.ProxyConfig{ServerNames: names{"a.example": secure}, TLSConfig: new(tls.Config)}, ""},
		{"the longest idle timeout", elb.ProxyConfig{Group: tcp, IdleTimeout: 6000 * time.Second}, ""},
		{"nothing", elb.ProxyConfig{}, "Group"},
		{"a group of layer 7", elb.ProxyConfig{Group: web}, "Group"},
		{"a name's group of layer 7", elb.ProxyConfig{Group: tcp, ServerNames: names{"a.example": web}, TLSConfig: new(tls.Config)}, "ServerNames"},
		{"TLS within TLS", elb.ProxyConfig{ServerNames: names{"a.example": secure}}, "ServerNames"},
		{"a name without a group", elb.ProxyConfig{ServerNames: names{"a.example": nil}}, "ServerNames"},
		{"an empty name", elb.ProxyConfig{ServerNames: names{"": tcp}}, "ServerNames"},
		{"a star alone", elb.ProxyConfig{ServerNames: names{"*": tcp}}, "ServerNames"},
		{"a star inside", elb.ProxyConfig{ServerNames: names{"a.*.example": tcp}}, "ServerNames"},
		{"a name with a dot at its end", elb.ProxyConfig{ServerNames: names{"a.example.": tcp}}, "ServerNames"},
		{"one name twice", elb.ProxyConfig{ServerNames: names{"a.example": tcp, "A.example": tcp}}, "ServerNames"},
		{"all at once", elb.ProxyConfig{Name: "-", HandshakeTimeout: -1, IdleTimeout: 6001 * time.Second, MaxConns: -1},
			"Name Group HandshakeTimeout IdleTimeout MaxConns"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, err := elb.NewProxy(test.config)
			if test.fields == "" {
				require.NoError(t, err)
				require.NoError(t, p.Close())
				return
			}
			require.Nil(t, p)
			require.ErrorIs(t, err, elb.ErrInvalidConfig)
			var fields []string
			for _, fault := range err.(interface{ Unwrap() []error }).Unwrap() {
				require.Equal(t, "ProxyConfig", fault.(*elb.ConfigError).Type)
				fields = append(fields, fault.(*elb.ConfigError).Field)
			}
			require.Equal(t, test.fields, strings.Join(fields, " "), "%v", err)
		})
	}
}
