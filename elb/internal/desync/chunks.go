package desync

import "errors"

// errChunks ends a stream in which a chunked body is malformed.
var errChunks = errors.New("desync: malformed chunked body")

// The limits of net/http on a chunk's line and on all trailer fields, in bytes.
const (
	chunkLineLimit = 4000
	trailerLimit   = 4000
)

// chunks follows a chunked body (RFC 9112, 7.1), whatever pieces it comes in. It takes
// nothing that net/http does not take: lines end in CRLF, a size has at most 16 digits,
// only spaces and tabs stand between it and the line's end or, if an extension follows,
// nothing; and trailer fields are names that are tokens, colons and values without control
// characters. The zero value is ready.
type chunks struct {
	state  chunkState
	size   int64 // what is left of a chunk's data, or its size while that is read
	digits int
	line   int // bytes of the line, or of all trailer fields, so far
}

type chunkState uint8

const (
	chunkSize chunkState = iota
	chunkSpace
	chunkExtension
	chunkSizeLF
	chunkData
	chunkDataCR
	chunkDataLF
	trailerStart
	trailerName
	trailerValue
	trailerLF
	trailerEndLF
	chunksDone
)

// follow returns how much of data belongs to the body, up to its end or the first fault.
func (c *chunks) follow(data []byte) (int, error) {
	for i := 0; i < len(data); {
		if c.state == chunkData {
			n := int(min(int64(len(data)-i), c.size))
			i += n
			if c.size -= int64(n); c.size > 0 {
				break
			}
			c.state = chunkDataCR
			continue
		}
		if !c.step(data[i]) {
			return i, errChunks
		}
		i++
		if c.state == chunksDone {
			return i, nil
		}
	}
	return len(data), nil
}

// step takes a byte that is not data; false if it can not be there.
func (c *chunks) step(b byte) bool {
	was := c.state
	c.line++
	switch was {
	case chunkSize:
		if d, ok := hexDigit(b); ok {
			c.digits++
			c.size = c.size<<4 | int64(d)
			return c.digits <= 16 && c.size >= 0
		}
		if c.digits == 0 {
			return false
		}
		switch b {
		case ';':
			c.state = chunkExtension
		case ' ', '\t':
			c.state = chunkSpace
		case '\r':
			c.state = chunkSizeLF
		}
	case chunkSpace:
		if b == '\r' {
			c.state = chunkSizeLF
		}
		return (b == '\r' || b == ' ' || b == '\t') && c.line < chunkLineLimit
	case chunkExtension:
		if b == '\r' {
			c.state = chunkSizeLF
			return true
		}
		return isText(b) && c.line < chunkLineLimit
	case chunkSizeLF:
		c.state = chunkData
		if c.size == 0 {
			c.state = trailerStart
		}
		c.digits, c.line = 0, 0
		return b == '\n'
	case chunkDataCR:
		c.state = chunkDataLF
		return b == '\r'
	case chunkDataLF:
		c.state, c.line = chunkSize, 0
		return b == '\n'
	case trailerStart:
		if b == '\r' {
			c.state = trailerEndLF
			return true
		}
		c.state = trailerName
		return octets[b]&octToken != 0
	case trailerName:
		if b == ':' {
			c.state = trailerValue
			return true
		}
		return octets[b]&octToken != 0 && c.line < trailerLimit
	case trailerValue:
		if b == '\r' {
			c.state = trailerLF
			return true
		}
		return isText(b) && c.line < trailerLimit
	case trailerLF:
		c.state = trailerStart
		return b == '\n'
	case trailerEndLF:
		c.state = chunksDone
		return b == '\n'
	}
	return c.state != was
}

func isText(b byte) bool { return b >= ' ' && b != 0x7f || b == '\t' }

func hexDigit(b byte) (int, bool) {
	switch {
	case isDigit(b):
		return int(b - '0'), true
	case 'a' <= b|0x20 && b|0x20 <= 'f':
		return int(b|0x20-'a') + 10, true
	default:
		return 0, false
	}
}
