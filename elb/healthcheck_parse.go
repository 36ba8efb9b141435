package elb

import (
	"fmt"
	"strconv"
	"strings"
)

// ParseTarget reads a Classic Load Balancer's description of a health check: a protocol
// (HTTP, HTTPS, TCP or SSL, in any case), a port, and for HTTP and HTTPS a path, such as
// "HTTP:80/ping" or "TCP:5000". What it returns has a Classic Load Balancer's defaults
// where they are not a zero HealthCheck's: ten passes make a target healthy again, and
// 5 s are its time to answer. It fails with a [*HealthCheckError]. The source is the API
// reference of 2012-06-01, HealthCheck.
func ParseTarget(text string) (HealthCheck, error) {
	name, rest, _ := strings.Cut(text, ":")
	c := HealthCheck{HealthyThreshold: 10, Timeout: defaultHealthTimeout}
	switch c.Protocol = HealthProtocol(strings.ToUpper(name)); c.Protocol {
	case HealthHTTP, HealthHTTPS, HealthTCP:
	case "SSL":
		c.Protocol = HealthTLS
	default:
		return HealthCheck{}, badTarget("HealthCheck Target must begin with one of HTTP, TCP, HTTPS, SSL")
	}
	port := rest
	if c.Protocol == HealthHTTP || c.Protocol == HealthHTTPS {
		slash := strings.IndexByte(rest, '/')
		if slash < 0 {
			return HealthCheck{}, badTarget("HealthCheck %s Target must specify a port followed by a path that begins with a slash. e.g. %[1]s:80/ping/this/path", c.Protocol)
		}
		port, c.Path = rest[:slash], rest[slash:]
		if !isHealthPath(c.Path) {
			return HealthCheck{}, badTarget("%.50q is not a path", c.Path)
		}
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 || len(port) > len("65535") {
		return HealthCheck{}, badTarget("%.50q is not a port from 1 to 65535", port)
	}
	c.Port = int(n)
	return c, nil
}

func badTarget(format string, args ...any) error {
	return &HealthCheckError{"Target", fmt.Sprintf(format, args...)}
}
