package elb

import (
	"crypto/tls"
	"log/slog"
	"strings"
	"time"
)

// ProxyConfig says what a Proxy is. One with a Group has a Network Load Balancer's
// defaults. Where no other source is named, that of a rule is the User Guide for Network
// Load Balancers, "Listeners".
type ProxyConfig struct {
	// Name is what logs call it, of the form that a GroupConfig's has. Empty means "leat".
	Name string

	// Zone is the availability zone it is in. It matters to groups whose CrossZoneDisabled.
	Zone string

	// Group gets the connections; of the protocol TCP or TLS. With TLS the proxy speaks TLS
	// to the targets, by the group's TLSConfig, whatever the client speaks. Whoever made the
	// group closes it. It may be nil if there are ServerNames: connections that none of them
	// is for are reset then.
	Group *TargetGroup

	// ServerNames chooses another group by the host name that a client asks for at the
	// beginning of TLS (SNI): "www.example.com", or "*.example.com" for any one label in the
	// place of the star, which counts where no other name does. Case does not matter. With
	// a TLSConfig the name is that of the handshake. Without one the proxy only looks at the
	// client's first message, and the target ends TLS; its group must be of the protocol
	// TCP. It waits for that message, so that clients who let the server speak first need
	// a proxy without ServerNames. The map must not be changed afterwards.
	ServerNames map[string]*TargetGroup

	// TLSConfig ends TLS at the proxy. Certificates, GetCertificate and GetConfigForClient
	// choose by server name, and NextProtos is the ALPN policy. A target by TLS is offered
	// the protocol that the client has got; one by TCP is told by ProxyProtocol, if at all.
	// It must not be changed afterwards. Nil means that the proxy leaves TLS alone.
	TLSConfig *tls.Config

	// HandshakeTimeout is how long a client has for its TLS handshake, or for its first
	// message where ServerNames want that. It is reset then. Zero means 10 s.
	HandshakeTimeout time.Duration

	// IdleTimeout is how long a connection may pass nothing in either direction, up to
	// 6,000 s; AWS's lower bound is 60 s. Then both ends are reset. Zero means 350 s.
	// ("Update the TCP idle timeout". AWS's balancer forgets the connection then, and resets
	// it when something comes. TCP's keep-alive counts for AWS's, but no proxy sees it.)
	IdleTimeout time.Duration

	// MaxConns is how many connections there are at a time at most; others are reset. Zero
	// means any number.
	MaxConns int

	// AccessLog gets a record of each connection when it is over. It may be called
	// concurrently, and must not wait for the proxy to be closed. The record must not be
	// kept. Nil means that there is no log.
	AccessLog func(*FlowRecord)

	// Logger gets what goes wrong inside, such as a listener that fails. Nil means
	// slog.Default.
	Logger *slog.Logger
}

const maxProxyIdle = 6000 * time.Second

func (c ProxyConfig) withDefaults() ProxyConfig {
	if c.Name == "" {
		c.Name = defaultBalancerName
	}
	if c.HandshakeTimeout == 0 {
		c.HandshakeTimeout = handshakeTimeout
	}
	if c.IdleTimeout == 0 {
		c.IdleTimeout = 350 * time.Second
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	names := make(map[string]*TargetGroup, len(c.ServerNames))
	for name, g := range c.ServerNames {
		names[strings.ToLower(name)] = g
	}
	c.ServerNames = names
	return c
}

// validate returns every fault of a configuration that has its defaults, joined.
func (c *ProxyConfig) validate(given map[string]*TargetGroup) error {
	f := configFaults{kind: "ProxyConfig"}
	f.check(isGroupName(c.Name), "Name", "%.40q is not 1 to %d letters, digits and hyphens, with no hyphen at either end", c.Name, maxGroupName)
	f.check(c.Group != nil || len(given) > 0, "Group", "there is none")
	if c.Group != nil {
		c.checkGroup(&f, "Group", c.Group, false)
	}
	for name, g := range given {
		f.check(isServerName(name), "ServerNames", "%.80q is no host name", name)
		f.check(g != nil, "ServerNames", "the group of %.80q is nil", name)
		if g != nil {
			c.checkGroup(&f, "ServerNames", g, c.TLSConfig == nil)
		}
	}
	f.check(len(c.ServerNames) == len(given), "ServerNames", "there are names that differ by case only")
	f.check(c.HandshakeTimeout > 0, "HandshakeTimeout", "%v is less than 0", c.HandshakeTimeout)
	f.check(c.IdleTimeout > 0 && c.IdleTimeout <= maxProxyIdle, "IdleTimeout", "%v is not between 0 and %v", c.IdleTimeout, maxProxyIdle)
	f.check(c.MaxConns >= 0, "MaxConns", "%d is less than 0", c.MaxConns)
	return f.err()
}

func (c *ProxyConfig) checkGroup(f *configFaults, field string, g *TargetGroup, passed bool) {
	protocol := g.config.Protocol
	if passed {
		f.check(protocol == TCP, field, "%s is of the protocol %s; it needs TCP where TLS is passed through", g.Name(), protocol)
		return
	}
	f.check(protocol == TCP || protocol == TLS, field, "%s is of the protocol %s, not TCP or TLS", g.Name(), protocol)
}

// isServerName tells whether a handshake can ask for the name, or for one that a name with
// a star stands for.
func isServerName(name string) bool {
	name = strings.TrimPrefix(name, "*.")
	return name != "" && len(name) <= 253 && name[0] != '.' && name[len(name)-1] != '.' && consistsOf(name, alphanumeric+"-_.")
}

// groupOf returns the group for a server name; nil if there is none.
func (c *ProxyConfig) groupOf(name string) *TargetGroup {
	if len(c.ServerNames) == 0 || name == "" {
		return c.Group
	}
	name = strings.ToLower(name)
	if g := c.ServerNames[name]; g != nil {
		return g
	}
	if _, domain, ok := strings.Cut(name, "."); ok {
		if g := c.ServerNames["*."+domain]; g != nil {
			return g
		}
	}
	return c.Group
}
