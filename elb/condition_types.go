package elb

import "net/netip"

// Condition is one thing that a rule asks of a request: exactly one of its fields is
// set. It is met if one of its values matches, of which there are 1 to 3. ("Condition
// types for listener rules" in the ELB user guide.)
//
// Patterns match all of what they are compared with; "*" stands for any characters or
// none, "?" for one.
type Condition struct {
	// HostHeader is about the name in the Host header, without the port, in any case. A
	// pattern has at most 128 letters, digits, "-", "_", "." and wildcards, among them a
	// dot, and none of "-" and "_" after the last dot. "*.example.com" does not match
	// "example.com".
	HostHeader Patterns

	// PathPattern is about the path of the URL as it was sent, neither decoded nor
	// cleaned, without the query. Case counts. A pattern has at most 128 letters, digits,
	// wildcards and any of _-.$/~"'@:+&; and it may begin with something else than a
	// slash, though no path does.
	PathPattern Patterns

	// HTTPRequestMethod is about the method. It holds methods of at most 40 capital
	// letters, "-" and "_", not patterns.
	HTTPRequestMethod []string

	// SourceIP is about the address of the peer. X-Forwarded-For does not count: for that,
	// use HTTPHeader. A prefix of IPv4 holds the IPv6 addresses that are mapped from it.
	SourceIP []netip.Prefix

	// HTTPHeader is about the values of one header.
	HTTPHeader HTTPHeaderCondition

	// QueryString is about the parameters of the query.
	QueryString []QueryParameter
}

// Patterns are what a text may match: either Values, which may have wildcards, or
// RegexValues.
type Patterns struct {
	// Values are patterns with wildcards.
	Values []string

	// RegexValues are regular expressions of RE2, of at most 128 characters, without
	// classes of Unicode (\p). They match if they do so anywhere: anchor them with "^" and
	// "$". For hosts and headers they ignore case, as Values do; "(?-i)" makes it
	// count.
	RegexValues []string
}

// HTTPHeaderCondition is about the values of one header. If the request has the header
// several times, one of its values has to match; what a value lists, separated by
// commas, is one.
type HTTPHeaderCondition struct {
	// Name is the header's, of at most 40 characters, in any case. It can not be Host,
	// for which there is HostHeader, and it has no wildcards: "*" is a character of names.
	Name string
	// Patterns are compared with the header's values, in any case. A pattern has at most
	// 128 printable characters of ASCII, but no backslash.
	Patterns
}

// QueryParameter is a parameter of a query, in any case. Key and Value are patterns of
// at most 128 letters, digits, wildcards and any of _-.$/~"'@:+&()!,;=%. For a literal
// wildcard write "\*" or "\?". They are compared with the query as it was sent, which
// is not decoded.
type QueryParameter struct {
	// Key is the pattern of the key. Empty means any key.
	Key string
	// Value is the pattern of the value, and not empty. A parameter without "=" has an
	// empty value, which "*" matches.
	Value string
}
