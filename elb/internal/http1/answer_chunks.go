package http1

import (
	"bytes"
	"net/http"
)

// chunkState is what comes next in a body in chunks (RFC 9112, section 7.1).
type chunkState int

const (
	chunkSize    chunkState = iota // a line with a size
	chunkData                      // x.rest bytes
	chunkEnd                       // the line end after them
	chunkTrailer                   // a field of the trailer, or its end
)

// maxChunkLine is how long the line with a chunk's size, and with extensions that nobody
// knows, may be.
const maxChunkLine = 1 << 10

// readChunks reads from as many chunks as it can without waiting.
func (x *Exchange) readChunks(p []byte) (n int, err error) {
	err = x.nextChunk(true)
	for err == nil && !x.ended && n < len(p) && x.rest > 0 && (n == 0 || x.c.r < x.c.w) {
		part := p[n:]
		if int64(len(part)) > x.rest {
			part = part[:x.rest]
		}
		var m int
		m, err = x.take(part)
		n += m
		if x.rest -= int64(m); x.rest == 0 {
			x.chunk = chunkEnd
			if err == nil {
				err = x.nextChunk(false)
			}
		}
	}
	return n, err
}

// nextChunk goes on to the data of the next chunk or the end of the body. If it must not
// wait it goes as far as the buffer does.
func (x *Exchange) nextChunk(wait bool) error {
	c := x.c
	for x.chunk != chunkData && !x.ended {
		limit := maxChunkLine
		switch x.chunk {
		case chunkEnd:
			limit = len("\r\n")
		case chunkTrailer:
			limit = x.pool.config.MaxHeaderBytes - x.trailed
		}
		text := c.buf[c.r:c.w]
		if len(text) > limit {
			text = text[:max(limit, 0)]
		}
		i := bytes.IndexByte(text, '\n')
		switch {
		case i > 0 && text[i-1] == '\r':
			c.r += i + 1
			if fault := x.chunkLine(text[:i-1]); fault != "" {
				return x.fail(AnswerBody, fault)
			}
			continue
		case i >= 0:
			return x.fail(AnswerBody, BadLineEnd)
		case x.chunk == chunkTrailer && len(text) >= limit:
			return x.fail(AnswerBody, HeaderTooLarge)
		case len(text) >= limit:
			return x.fail(AnswerBody, BadChunk)
		case x.chunk == chunkEnd && len(text) == 1 && text[0] != '\r':
			return x.fail(AnswerBody, BadChunk)
		case !wait:
			return nil
		}
		if err := x.fill(); err != nil {
			return err
		}
	}
	return nil
}

// chunkLine takes a line between chunks.
func (x *Exchange) chunkLine(line []byte) Fault {
	switch x.chunk {
	case chunkEnd:
		x.chunk = chunkSize
		if len(line) > 0 {
			return BadChunk
		}
	case chunkSize:
		size, ok := parseChunkSize(line)
		if !ok {
			return BadChunk
		}
		x.rest = size
		x.chunk = chunkData
		if size == 0 {
			x.chunk = chunkTrailer
		}
	case chunkTrailer:
		x.trailed += len(line) + len("\r\n")
		if len(line) == 0 {
			x.ended = true
			return ""
		}
		f, fault := parseField(line, 0)
		if fault != "" {
			return fault
		}
		text := string(line)
		// RFC 9110, section 6.5.1: a trailer has no say in how the message is understood.
		if name := f.name(text); !isFraming(name) {
			if x.trailer == nil {
				x.trailer = make(http.Header)
			}
			x.trailer[name] = append(x.trailer[name], f.value(text))
		}
	}
	return ""
}

// parseChunkSize takes a chunk's size and leaves out its extensions. Space between the two,
// which senders must not generate and recipients differ about, is refused.
func parseChunkSize(line []byte) (size int64, ok bool) {
	i := 0
	for ; i < len(line); i++ {
		d := hexDigit(line[i])
		if d < 0 {
			break
		}
		if size >= 1<<56 {
			return 0, false
		}
		size = size<<4 | d
	}
	if i == 0 {
		return 0, false
	}
	rest := line[i:]
	return size, len(rest) == 0 || rest[0] == ';' && isText(rest)
}

func hexDigit(c byte) int64 {
	switch {
	case isDigit(c):
		return int64(c - '0')
	case c >= 'a' && c <= 'f', c >= 'A' && c <= 'F':
		return int64(c|0x20-'a') + 10
	}
	return -1
}
