package desync

import "bytes"

// Head is a request's head, taken apart. The slices alias what they were cut from.
type Head struct {
	Method, Target []byte
	Version        []byte // such as HTTP/1.1; empty means HTTP/0.9
	Fields         []Field

	// What the lines told before they were taken apart: a class to start from, and
	// whether the head can not be passed as it is, or not at all.
	found  finding
	mended bool
	broken bool
}

// Field is a header field as it was sent: Name is what stands before the first colon,
// Value what stands behind it.
type Field struct {
	Name, Value []byte

	// Tier is set by Classify.
	Tier Tier

	kind kind
	drop bool // the field is not passed on
	mend bool // its value has bytes that are not passed on
}

// kind tells the fields that matter here from the others.
type kind uint8

const (
	kindOther kind = iota
	kindContentLength
	kindTransferEncoding
	kindLikeContentLength // resembles it
	kindLikeTransferEncoding
	kindHost
	kindConnection
	kindUpgrade
	kindExpect
	kindTrailer
)

// finding is a class and its reason. The first finding of a class stays.
type finding struct {
	class  Class
	reason Reason
}

func (f *finding) raise(class Class, reason Reason) {
	if class > f.class {
		f.class, f.reason = class, reason
	}
}

// parse takes raw apart, which is a whole head with its empty line. It overwrites the line
// ends within a field that spans lines (obs-fold) with spaces. The slice of fields is used
// again.
func (h *Head) parse(raw []byte) {
	fields := h.Fields[:0]
	*h = Head{}
	line, raw := h.cutLine(raw)
	h.parseRequestLine(line)
	value := 0 // where the last field's value starts
	for start := 0; ; {
		line, rest := h.cutLine(raw[start:])
		if len(line) == 0 {
			break
		}
		if (line[0] == ' ' || line[0] == '\t') && start > 0 {
			h.unfold(raw[:start], line, &fields[len(fields)-1])
			fields[len(fields)-1].Value = raw[value : start+len(line)]
		} else if colon := bytes.IndexByte(line, ':'); colon >= 0 {
			value = start + colon + 1
			fields = append(fields, Field{Name: line[:colon], Value: line[colon+1:]})
		} else {
			value = start + len(line)
			fields = append(fields, Field{Name: line, drop: true})
			h.mended = true
			h.found.raise(Ambiguous, MissingHeaderColon)
		}
		start = len(raw) - len(rest)
	}
	h.Fields = fields
}

// unfold joins line to the field before it, by overwriting the line end between them.
func (h *Head) unfold(before, line []byte, f *Field) {
	h.mended = true
	switch {
	case len(trimSpace(line)) == 0:
		h.found.raise(Ambiguous, EmptyHeader)
	case equalFold(f.Name, "content-type"):
		h.found.raise(Acceptable, MultilineHeader)
	default:
		h.found.raise(Ambiguous, MultilineHeader)
	}
	end := before[len(bytes.TrimSuffix(before[:len(before)-1], []byte("\r"))):]
	for i := range end {
		end[i] = ' '
	}
}

// cutLine cuts the first line off, without its end.
func (h *Head) cutLine(raw []byte) (line, rest []byte) {
	i := bytes.IndexByte(raw, '\n')
	if i < 0 {
		return nil, nil
	}
	line, rest = raw[:i], raw[i+1:]
	if i > 0 && line[i-1] == '\r' {
		return line[:i-1], rest
	}
	h.mended = true
	h.found.raise(Acceptable, NonCrLfLineTermination)
	return line, rest
}

// parseRequestLine takes the first space for the end of the method and the last one for
// the start of the version.
func (h *Head) parseRequestLine(line []byte) {
	method, rest, ok := bytes.Cut(line, []byte(" "))
	h.Method = method
	if !ok {
		h.broken = true
		h.found.raise(Ambiguous, MissingURI)
		return
	}
	target := bytes.TrimRight(rest, " ")
	spaces := len(target) < len(rest)
	if i := bytes.LastIndexByte(target, ' '); i >= 0 {
		target, h.Version = target[:i], target[i+1:]
		trimmed := bytes.TrimRight(target, " ")
		spaces = spaces || len(trimmed) < len(target) && len(trimmed) > 0
		target = trimmed
	} else if bytes.HasPrefix(target, []byte("HTTP/")) {
		target, h.Version = nil, target
	}
	if spaces {
		h.mended = true
		h.found.raise(Acceptable, NonCompliantVersion)
	}
	h.Target = bytes.TrimLeft(target, " ")
	if len(h.Target) < len(target) {
		h.mended = true
		h.found.raise(Acceptable, SpaceInURI)
	}
	if len(h.Target) == 0 {
		h.mended = true
		h.found.raise(Ambiguous, MissingURI)
	}
}
