package http1

import (
	"bytes"
	"io"
)

// fieldSpan is where a field is in the head.
type fieldSpan struct {
	at, colon, from, to uint32
	hop                 bool // it is not for the client
}

func (f fieldSpan) name(head string) string  { return head[f.at:f.colon] }
func (f fieldSpan) value(head string) string { return head[f.from:f.to] }

// Reason returns the reason phrase of the answer, which may be empty.
func (x *Exchange) Reason() string { return x.reason.value(x.head) }

// readHead reads the header of an answer. It makes one string of it, with the names
// in canonical form.
func (x *Exchange) readHead() error {
	c := x.c
	x.fields = x.fields[:0]
	for at := 0; ; { // of the line, from c.r on
		line, fault, err := x.readLine(at)
		if err != nil {
			return err
		}
		next := at + len(line) + len("\r\n")
		switch {
		case fault != "":
		case at == 0:
			fault = x.parseStatusLine(line)
		case len(line) == 0:
			x.head = string(c.buf[c.r : c.r+next])
			c.r += next
			if fault = x.frame(); fault == "" {
				return nil
			}
		default:
			var f fieldSpan
			if f, fault = parseField(line, at); fault == "" {
				x.fields = append(x.fields, f)
			}
		}
		if fault != "" {
			return x.fail(Answer, fault)
		}
		at = next
	}
}

// readLine returns the line that begins at bytes after c.r, without its end. It is valid
// until more is read.
func (x *Exchange) readLine(at int) ([]byte, Fault, error) {
	c := x.c
	for scanned := 0; ; {
		text := c.buf[c.r:c.w]
		if len(text) > at+scanned {
			if i := bytes.IndexByte(text[at+scanned:], '\n'); i >= 0 {
				line := text[at : at+scanned+i]
				n := len(line) - 1
				switch {
				case at+len(line) >= x.pool.config.MaxHeaderBytes:
					return nil, HeaderTooLarge, nil
				case n < 0 || line[n] != '\r':
					return nil, BadLineEnd, nil
				}
				return line[:n], "", nil
			}
			scanned = len(text) - at
		}
		if len(text) >= x.pool.config.MaxHeaderBytes {
			return nil, HeaderTooLarge, nil
		}
		if at == 0 && x.state != answered && !isPrefix(text, versionPrefix) {
			return nil, BadStatusLine, nil // who speaks something else may wait for us to speak
		}
		if err := x.fill(); err != nil {
			if e := err.(*Error); e.Err == io.EOF && len(text) > 0 {
				e.Err = io.ErrUnexpectedEOF
			}
			return nil, "", err
		}
	}
}

// fill reads more into the connection's buffer. What is in there already may move.
func (x *Exchange) fill() error {
	c := x.c
	if c.r == c.w {
		c.r, c.w = 0, 0
	}
	switch {
	case c.buf == nil:
		c.buf = make([]byte, readBuffer)
	case c.w < len(c.buf):
	case c.r > 0:
		c.w = copy(c.buf, c.buf[c.r:c.w])
		c.r = 0
	default:
		c.buf = append(c.buf, make([]byte, len(c.buf))...)
	}
	n, err := x.read(c.buf[c.w:])
	c.w += n
	return err
}

const versionPrefix = "HTTP/1."

// isPrefix tells whether text begins like prefix, as far as it goes.
func isPrefix(text []byte, prefix string) bool {
	n := min(len(text), len(prefix))
	return string(text[:n]) == prefix[:n]
}

// parseStatusLine takes "HTTP/1.1 200 OK". Without a reason phrase the space before that may
// be missing, which RFC 9112 does not allow and many do.
func (x *Exchange) parseStatusLine(line []byte) Fault {
	const digits = len(versionPrefix) + len("1 ")
	if len(line) < digits+3 || !isPrefix(line, versionPrefix) || line[digits-1] != ' ' {
		return BadStatusLine
	}
	minor, code := line[digits-2], line[digits:digits+3]
	if !isDigit(minor) || !isDigit(code[0]) || !isDigit(code[1]) || !isDigit(code[2]) || code[0] == '0' {
		return BadStatusLine
	}
	x.old = minor == '0'
	x.status = int(code[0]-'0')*100 + int(code[1]-'0')*10 + int(code[2]-'0')
	x.reason = fieldSpan{}
	if reason := line[digits+3:]; len(reason) > 0 {
		if reason[0] != ' ' || !isText(reason) {
			return BadStatusLine
		}
		x.reason = fieldSpan{from: uint32(digits + 4), to: uint32(len(line))}
	}
	return ""
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// parseField takes a line of a header that begins at bytes after its start, and makes its
// name canonical.
func parseField(line []byte, at int) (fieldSpan, Fault) {
	if line[0] == ' ' || line[0] == '\t' {
		return fieldSpan{}, ObsoleteFold
	}
	colon := bytes.IndexByte(line, ':')
	if colon < 0 || !canonicalize(line[:colon]) {
		return fieldSpan{}, BadFieldName
	}
	from, to := colon+1, len(line)
	for from < to && (line[from] == ' ' || line[from] == '\t') {
		from++
	}
	for to > from && (line[to-1] == ' ' || line[to-1] == '\t') {
		to--
	}
	if !isText(line[from:to]) {
		return fieldSpan{}, BadFieldValue
	}
	return fieldSpan{at: uint32(at), colon: uint32(at + colon), from: uint32(at + from), to: uint32(at + to)}, ""
}
