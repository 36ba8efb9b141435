package desync

// Classify tells how far a request departs from the standard, and why: by the reason that
// comes first among those of the worst class. It sets the tiers of the fields.
func Classify(h *Head) (Class, Reason) {
	a := assess(h)
	if a.class == Compliant {
		return Compliant, None
	}
	return a.class, a.reason
}

// assessment is all that is to be known about a request.
type assessment struct {
	finding
	framing
	version

	methodBad bool
	targetBad bool // has bytes that must be encoded
	mended    bool // a field is not passed as it is
	host      int  // how many there are
	malformed bool // net/http would refuse it
	expects   bool // something other than 100-continue
	upgrades  bool
}

func assess(h *Head) assessment {
	a := assessment{finding: h.found, mended: h.mended, malformed: h.broken}
	a.version = parseVersion(h.Version)
	upgrade, connectionUpgrade := false, false
	for i := range h.Fields {
		f := &h.Fields[i]
		f.Tier = TierCompliant
		a.inspect(f)
		a.mended = a.mended || f.drop || f.mend
		if f.drop {
			continue
		}
		switch f.kind {
		case kindHost:
			a.host++
			a.malformed = a.malformed || a.host > 1 || !validHost(trimSpace(f.Value))
		case kindConnection:
			connectionUpgrade = connectionUpgrade || hasToken(f.Value, "upgrade")
		case kindUpgrade:
			upgrade = true
		case kindExpect:
			v := trimSpace(f.Value)
			a.expects = a.expects || len(v) > 0 && !equalFold(v, "100-continue")
		}
	}
	a.frame(h)
	if !isToken(h.Method) {
		a.methodBad = true
		a.raise(Severe, BadMethod)
	}
	a.inspectTarget(h.Target)
	a.raise(a.version.class, a.version.reason)
	a.upgrades = upgrade && connectionUpgrade || string(h.Method) == "CONNECT"
	a.malformed = a.malformed || a.host == 0 && a.minor > 0 && string(h.Method) != "CONNECT"
	return a
}

// inspect looks at a field by itself.
func (a *assessment) inspect(f *Field) {
	name := f.Name
	f.kind = kindOther
	switch {
	case isToken(name):
		f.kind = kindOf(name)
	case len(trimSpace(name)) == 0 || name[0] == ':':
		a.demote(f, TierBad, Ambiguous, EmptyHeader)
	default:
		if f.kind = resemblance(name); f.kind == kindOther {
			a.demote(f, TierNonCompliant, Acceptable, NonCompliantHeader)
		}
		f.drop = true
		if hasLineByte(name) {
			a.demote(f, TierBad, Severe, BadHeader)
		}
	}
	if f.kind == kindLikeContentLength || f.kind == kindLikeTransferEncoding {
		a.demote(f, TierNonCompliant, Ambiguous, SuspiciousHeader)
	}
	f.drop = f.drop || f.kind == kindOther && f.Tier == TierBad ||
		f.kind == kindLikeContentLength || f.kind == kindLikeTransferEncoding
	if !hasControl(f.Value) {
		return
	}
	f.mend = true
	switch {
	case hasLineByte(f.Value):
		a.demote(f, TierBad, Severe, BadHeader)
	case f.kind != kindContentLength && f.kind != kindTransferEncoding: // theirs are parsed
		a.demote(f, TierNonCompliant, Acceptable, NonCompliantHeader)
	}
}

// demote notes a fault of a field.
func (a *assessment) demote(f *Field, tier Tier, class Class, reason Reason) {
	f.Tier = max(f.Tier, tier)
	a.raise(class, reason)
}

func (a *assessment) inspectTarget(target []byte) {
	for _, c := range target {
		switch {
		case c > ' ' && c != 0x7f:
			continue
		case c == 0 || c == '\r' || c == '\n':
			a.raise(Severe, BadURI)
		case c == ' ':
			a.raise(Acceptable, SpaceInURI)
		default:
			a.raise(Ambiguous, AmbiguousURI)
		}
		a.targetBad = true
	}
}

// version is what a request's version means.
type version struct {
	finding
	minor   int8 // of HTTP/1; -1 for HTTP/0.9
	spaces  bool // around it
	bad     bool
	unknown bool // bad, but only since this is no version to know
}

func parseVersion(s []byte) version {
	trimmed := trimSpace(s)
	v := version{spaces: len(trimmed) < len(s)}
	if v.spaces {
		v.finding = finding{Acceptable, NonCompliantVersion}
	}
	s = trimmed
	if string(s) == "" || string(s) == "HTTP/0.9" {
		v.finding = finding{Acceptable, NonCompliantVersion}
		v.minor = -1
		return v
	}
	if len(s) != len("HTTP/1.1") || string(s[:5]) != "HTTP/" || !isDigit(s[5]) || s[6] != '.' || !isDigit(s[7]) {
		v.finding = finding{Severe, BadVersion}
		v.bad = true
		return v
	}
	if s[5] != '1' {
		v.finding = finding{Severe, BadVersion}
		v.bad, v.unknown = true, true
		return v
	}
	v.minor = int8(s[7] - '0')
	if v.minor > 1 {
		v.finding = finding{Acceptable, NonCompliantVersion}
	}
	return v
}
