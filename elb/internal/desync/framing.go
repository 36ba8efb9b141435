package desync

import "bytes"

// framing is where a request's body ends. Only fields with the exact names count.
type framing struct {
	chunked     bool
	length      int64 // unless chunked
	hasLength   bool
	lengthBad   bool // no length can be told
	codingBad   bool // nor whether it is chunked
	unsupported bool // a coding is not supported by the balancer
	plain       bool // the fields are as net/http wants them
}

// frame looks at the fields that tell where the body ends, and at those that resemble
// them. Faults of Transfer-Encoding come before those of Content-Length.
func (a *assessment) frame(h *Head) {
	var codings, lengths int
	for i := range h.Fields {
		switch h.Fields[i].kind {
		case kindTransferEncoding, kindLikeTransferEncoding:
			codings++
		case kindContentLength, kindLikeContentLength:
			lengths++
		}
	}
	a.plain = true
	bodiless := equalFold(h.Method, "get") || equalFold(h.Method, "head")
	if codings > 0 {
		a.frameCodings(h, bodiless)
	}
	if lengths > 0 {
		a.frameLengths(h, bodiless, codings > 0)
	}
	for i := range h.Fields {
		if f := &h.Fields[i]; a.chunked && f.kind == kindTrailer && announcesFraming(f.Value) {
			a.malformed = true
		}
	}
}

func (a *assessment) frameCodings(h *Head, bodiless bool) {
	exact, chunked, all := 0, 0, 0 // fields; chunked in them; chunked in those that resemble them too
	last := false                  // whether chunked was the last coding that does something
	plain := true
	for i := range h.Fields {
		f := &h.Fields[i]
		if f.kind != kindTransferEncoding && f.kind != kindLikeTransferEncoding {
			continue
		}
		isExact := f.kind == kindTransferEncoding
		if isExact {
			exact++
			plain = plain && equalFold(trimSpace(f.Value), "chunked")
		}
		for rest, more := f.Value, true; more; {
			var coding []byte
			coding, rest, more = bytes.Cut(rest, []byte(","))
			name, params, _ := bytes.Cut(coding, []byte(";"))
			name = trimSpace(name)
			known, supported := knownCoding(name)
			if !known || hasControl(params) {
				a.demote(f, TierBad, Severe, BadTransferEncoding)
			}
			if equalFold(name, "chunked") {
				all++
			}
			if !isExact {
				continue
			}
			a.codingBad = a.codingBad || !isToken(name) || hasControl(params)
			a.unsupported = a.unsupported || !supported
			if last = equalFold(name, "chunked"); last {
				chunked++
			}
		}
	}
	if chunked > 0 && !last {
		a.codingBad = true
		a.raise(Severe, BadTransferEncoding) // RFC 9112, 6.3: the length can not be told
	}
	switch {
	case all > 1:
		a.raise(Severe, MultipleTransferEncodingChunked)
		h.demote(TierBad, kindTransferEncoding, kindLikeTransferEncoding)
	case a.minor < 1, bodiless:
		a.raise(Ambiguous, UndefinedTransferEncodingSemantics)
		h.demote(TierNonCompliant, kindTransferEncoding, kindLikeTransferEncoding)
	}
	a.chunked = chunked > 0 && a.minor > 0
	a.plain = exact == 0 || exact == 1 && plain && a.chunked
	if a.minor < 1 { // it is ignored
		a.codingBad, a.unsupported = false, false
	}
}

func (a *assessment) frameLengths(h *Head, bodiless, codings bool) {
	first, same, several, seen, exact := int64(0), true, false, 0, 0
	for i := range h.Fields {
		f := &h.Fields[i]
		if f.kind != kindContentLength && f.kind != kindLikeContentLength {
			continue
		}
		n, ok := parseLength(trimSpace(f.Value))
		if !ok {
			a.demote(f, TierBad, Severe, BadContentLength)
			a.lengthBad = a.lengthBad || f.kind == kindContentLength
			same = false
			continue
		}
		if seen++; seen == 1 {
			first = n
		} else if n != first {
			same, several = false, true
			a.raise(Severe, MultipleContentLength)
		} else {
			a.demote(f, TierBad, Ambiguous, DuplicateContentLength)
		}
		if f.kind == kindContentLength {
			if exact++; exact > 1 && n != a.length {
				a.lengthBad = true
			}
			a.length, a.hasLength = n, true
		}
	}
	if several {
		h.demote(TierBad, kindContentLength, kindLikeContentLength)
	}
	if codings {
		a.raise(Ambiguous, BothTeClPresent)
		h.demote(TierBad, kindContentLength, kindLikeContentLength)
	}
	switch {
	case a.minor < 0 || bodiless && (first > 0 || !same):
		a.raise(Ambiguous, UndefinedContentLengthSemantics)
		h.demote(TierNonCompliant, kindContentLength, kindLikeContentLength)
	case bodiless:
		a.raise(Acceptable, GetHeadZeroContentLength)
		h.demote(TierNonCompliant, kindContentLength, kindLikeContentLength)
	}
	if a.chunked { // overrules it
		a.lengthBad = false
	}
	a.plain = a.plain && !a.chunked && exact <= 1
}

// demote lowers all fields of two kinds to a tier.
func (h *Head) demote(tier Tier, kinds ...kind) {
	for i := range h.Fields {
		if f := &h.Fields[i]; f.kind == kinds[0] || f.kind == kinds[1] {
			f.Tier = max(f.Tier, tier)
		}
	}
}

// knownCoding tells which transfer codings are registered (RFC 9112, 7), and which of them
// the balancer supports, as its guide says under HTTP 501.
func knownCoding(name []byte) (known, supported bool) {
	switch {
	case equalFold(name, "chunked"), equalFold(name, "identity"):
		return true, true
	case equalFold(name, "gzip"), equalFold(name, "deflate"), equalFold(name, "compress"),
		equalFold(name, "x-gzip"), equalFold(name, "x-compress"):
		return true, false
	default:
		return false, false
	}
}

// parseLength reads digits; false if there is anything else, or none, or too many for an
// int64.
func parseLength(s []byte) (n int64, ok bool) {
	for _, c := range s {
		if !isDigit(c) {
			return 0, false
		}
		d := int64(c - '0')
		if n > (1<<63-1-d)/10 {
			return 0, false
		}
		n = n*10 + d
	}
	return n, len(s) > 0
}

// announcesFraming tells whether a Trailer field names what net/http does not take there.
func announcesFraming(value []byte) bool {
	return hasToken(value, "transfer-encoding") || hasToken(value, "content-length") || hasToken(value, "trailer")
}
