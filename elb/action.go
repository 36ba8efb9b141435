package elb

import "time"

// Action is what becomes of a request: exactly one of its fields is set. ("Action
// types for listener rules" in the ELB user guide.)
type Action struct {
	// Forward sends the request to a target group.
	Forward *Forward
	// Redirect sends the client elsewhere.
	Redirect *Redirect
	// FixedResponse answers.
	FixedResponse *FixedResponse
}

// Forward sends requests to one of several target groups, by their weights.
type Forward struct {
	// Groups are 1 to 5, each named once.
	Groups []WeightedGroup
	// Stickiness is how long a client stays with the group that was chosen for it: 1 second
	// to 7 days. Zero means that every request is a new choice.
	Stickiness time.Duration
}

// WeightedGroup is a target group, and its share of a Forward's requests.
type WeightedGroup struct {
	// Group is the target group's name.
	Group string
	// Weight is 0 to 999, in proportion to the other groups'. Nil means 1. A group of
	// weight 0 gets no new choices. That a group has no healthy target does not move its
	// share to another.
	Weight *int
}

// Redirect answers with another URL, PROTOCOL://HOST:PORT/PATH?QUERY. Each part may
// contain parts of the request's URL: "#{protocol}", "#{host}", "#{port}", "#{path}",
// which is without its leading slash, and "#{query}". An empty part stays what it was,
// the port too: a redirect from HTTP to HTTPS names the Port as well, as the Protocol
// does not imply it. Protocol, Host, Port or Path has to change. ("Redirect actions" in
// the ELB user guide, and RedirectActionConfig in its API reference.)
//
// The Location always has a port. That of the request is the one of its Host header, or
// its protocol's where that has none: the port that the client sees.
type Redirect struct {
	// StatusCode is 301 (permanent) or 302 (temporary).
	StatusCode int
	// Protocol is "HTTP", "HTTPS" or "#{protocol}". There are no redirects from HTTPS to
	// HTTP; see Rules.CheckListener.
	Protocol string
	// Host may contain "#{host}". At most 128 characters.
	Host string
	// Port is "1" to "65535", or "#{port}".
	Port string
	// Path begins with a slash and may contain "#{host}", "#{path}" and "#{port}". At most
	// 128 characters. Like the others it is sent as it is, and so has to be encoded as a
	// URL is.
	Path string
	// Query comes without its "?" and may contain all five. At most 128 characters. Nil
	// keeps the request's, and an empty string drops it.
	Query *string
}

// FixedResponse is an answer that no target has to give.
type FixedResponse struct {
	// StatusCode is 200 to 299, or 400 to 599.
	StatusCode int
	// ContentType is one of text/plain, text/css, text/html, application/javascript and
	// application/json. Empty means text/plain.
	ContentType string
	// Body has at most 1,024 bytes.
	Body string
}
