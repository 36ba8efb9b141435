package sns

import (
	"net/url"
	"regexp"
	"strings"
)

var emailSyntax = regexp.MustCompile(`^[^@\s;,<>]+@[^@\s;,<>]+$`)

// checkAddress returns what is wrong with a protocol and an address for a subscription
// to t. Whether there is anything at the address shows when it is needed, but for
// platform endpoints, which must exist, as on AWS. (Subscribe.)
func checkAddress(t *LocalTopic, protocol Protocol, address string) error {
	switch protocol {
	case ProtocolSQS:
		switch {
		case !isARN(address, "sqs"):
			return invalid("SQS endpoint ARN")
		case strings.HasSuffix(address, ".fifo") && !t.config.Load().FIFO:
			return invalid("Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics")
		}
		return nil
	case ProtocolLambda:
		if !isARN(address, "lambda") {
			return invalid("Lambda endpoint ARN")
		}
	case ProtocolFirehose:
		if !isARN(address, "firehose") {
			return invalid("Firehose endpoint ARN")
		}
	case ProtocolHTTP, ProtocolHTTPS:
		if u, err := url.Parse(address); err != nil || u.Scheme != string(protocol) || u.Host == "" {
			return invalid("Endpoint must match the specified protocol")
		}
	case ProtocolEmail, ProtocolEmailJSON:
		if !emailSyntax.MatchString(address) {
			return invalid("Email address")
		}
	case ProtocolSMS:
		if !phoneSyntax.MatchString(address) {
			return &Error{Err: ErrInvalidParameter, Message: "Invalid SMS endpoint: " + address} // without the usual prefix
		}
	case ProtocolApplication:
		if !isARN(address, "sns") {
			return invalid("Application endpoint arn invalid:%s", address)
		}
		a := &t.service.registry.admin
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.device(address) == nil {
			return invalid("Endpoint Reason: Endpoint does not exist for endpoint arn%s", address) // so on AWS, too
		}
	default:
		return invalid("Amazon SNS does not support this protocol string: %s", protocol)
	}
	if t.config.Load().FIFO {
		return invalid("Invalid parameter: Endpoint Reason: FIFO SNS topics can only be subscribed to by SQS queues")
	}
	return nil
}

// isARN tells whether s is the ARN of something of a service.
func isARN(s, service string) bool {
	parts := strings.SplitN(s, ":", 6)
	return len(parts) == 6 && parts[0] == "arn" && parts[2] == service && parts[5] != ""
}
