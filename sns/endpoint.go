package sns

// endpointFor makes the endpoint that a protocol and an address name: any but queues,
// functions and delivery streams. Its errors, and those of the endpoints, are marked
// by Permanent where no retry will help.
func (s *Service) endpointFor(protocol Protocol, address string) (Endpoint, error) {
	switch protocol {
	case ProtocolHTTP, ProtocolHTTPS:
		return newHTTPEndpoint(s, protocol, address)
	case ProtocolEmail, ProtocolEmailJSON:
		return &mailEndpoint{service: s, address: address, json: protocol == ProtocolEmailJSON}, nil
	case ProtocolSMS:
		return &smsEndpoint{service: s, phoneNumber: address}, nil
	case ProtocolApplication:
		return &pushEndpoint{service: s, arn: address}, nil
	}
	return nil, Permanent(invalid("Protocol: there is no endpoint for %s", protocol))
}
