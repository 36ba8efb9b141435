package desync

// Class is how far a request departs from the standard, and what harm it can do.
type Class uint8

// The classes of the guide, each worse than the one before it.
const (
	Compliant  Class = iota // complies with RFC 9112
	Acceptable              // does not comply, but poses no known threat
	Ambiguous               // servers and proxies may take it for different things
	Severe                  // malformed, or made to be misunderstood
)

// String returns the class's name in the access log, except that the log has "-" for
// Compliant.
func (c Class) String() string {
	return [...]string{"Compliant", "Acceptable", "Ambiguous", "Severe"}[min(c, Severe)]
}

// Reason is why a request has its class, by AWS's name for it.
type Reason string

// The reasons of the access log's classification_reason and, after Compliant, those that
// the parsing of a raw request can add.
const (
	AmbiguousURI                       Reason = "AmbiguousUri"
	BadContentLength                   Reason = "BadContentLength"
	BadHeader                          Reason = "BadHeader"
	BadMethod                          Reason = "BadMethod"
	BadTransferEncoding                Reason = "BadTransferEncoding"
	BadURI                             Reason = "BadUri"
	BadVersion                         Reason = "BadVersion"
	BothTeClPresent                    Reason = "BothTeClPresent"
	DuplicateContentLength             Reason = "DuplicateContentLength"
	EmptyHeader                        Reason = "EmptyHeader"
	GetHeadZeroContentLength           Reason = "GetHeadZeroContentLength"
	MultipleContentLength              Reason = "MultipleContentLength"
	MultipleTransferEncodingChunked    Reason = "MultipleTransferEncodingChunked"
	NonCompliantHeader                 Reason = "NonCompliantHeader"
	NonCompliantVersion                Reason = "NonCompliantVersion"
	SpaceInURI                         Reason = "SpaceInUri"
	SuspiciousHeader                   Reason = "SuspiciousHeader"
	UndefinedContentLengthSemantics    Reason = "UndefinedContentLengthSemantics"
	UndefinedTransferEncodingSemantics Reason = "UndefinedTransferEncodingSemantics"

	None Reason = "Compliant" // of a request that is Compliant

	MissingHeaderColon     Reason = "MissingHeaderColon"
	MissingURI             Reason = "MissingUri"
	MultilineHeader        Reason = "MultilineHeader"
	NonCrLfLineTermination Reason = "NonCrLfLineTermination"
)

// Tier is how far one header field departs from the standard.
type Tier uint8

// The tiers, each worse than the one before it.
const (
	TierCompliant Tier = iota
	TierNonCompliant
	TierBad // must not reach a target
)

// String returns the tier's name.
func (t Tier) String() string {
	return [...]string{"Compliant", "NonCompliant", "Bad"}[min(t, TierBad)]
}

// Mode is a desync mitigation mode: what becomes of which class.
type Mode uint8

const (
	// Defensive blocks Severe requests. After an Ambiguous one the connections of the
	// client and of the target are closed. It is AWS's default.
	Defensive Mode = iota
	// Monitor routes all requests that can be routed.
	Monitor
	// Strictest blocks all requests that are not Compliant.
	Strictest
)

// String returns the mode's name in AWS's attribute routing.http.desync_mitigation_mode.
func (m Mode) String() string {
	return [...]string{"defensive", "monitor", "strictest"}[min(m, Strictest)]
}

func (m Mode) blocks(c Class) bool {
	switch m {
	case Monitor:
		return false
	case Strictest:
		return c != Compliant
	default:
		return c == Severe
	}
}
