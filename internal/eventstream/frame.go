package eventstream

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
)

// ContentType is the type of a body of frames.
const ContentType = "application/vnd.amazon.eventstream"

// The limits of the specification. Decoders refuse what is longer.
const (
	MaxHeaders = 128 << 10 // bytes of all headers
	MaxPayload = 16 << 20  // bytes
)

// ErrTooLong is the error of a frame that decoders refuse: with a name of none or more
// than 255 bytes, a value of more than 32,767 bytes, or more than MaxHeaders or
// MaxPayload.
var ErrTooLong = errors.New("eventstream: the frame is beyond the format's limits")

// Header is a header of a frame, a string.
type Header struct{ Name, Value string }

// Event returns the headers of an event.
func Event(kind, contentType string) []Header {
	return []Header{{":message-type", "event"}, {":event-type", kind}, {":content-type", contentType}}
}

// Exception returns the headers of an exception, which ends a stream. Its kind is one
// that the service's model has for the stream.
func Exception(kind, contentType string) []Header {
	return []Header{{":message-type", "exception"}, {":exception-type", kind}, {":content-type", contentType}}
}

const (
	preludeSize = 12
	checksum    = 4
	stringType  = 7
)

// Append appends a frame to dst and returns the extended buffer. On ErrTooLong dst is as
// it was.
func Append(dst []byte, headers []Header, payload []byte) ([]byte, error) {
	size := 0
	for _, h := range headers {
		if len(h.Name) == 0 || len(h.Name) > math.MaxUint8 || len(h.Value) > math.MaxInt16 {
			return dst, ErrTooLong
		}
		size += 1 + len(h.Name) + 1 + 2 + len(h.Value)
	}
	if size > MaxHeaders || len(payload) > MaxPayload {
		return dst, ErrTooLong
	}
	start := len(dst)
	dst = binary.BigEndian.AppendUint32(dst, uint32(preludeSize+size+len(payload)+checksum))
	dst = binary.BigEndian.AppendUint32(dst, uint32(size))
	dst = binary.BigEndian.AppendUint32(dst, crc32.ChecksumIEEE(dst[start:]))
	for _, h := range headers {
		dst = append(append(dst, byte(len(h.Name))), h.Name...)
		dst = binary.BigEndian.AppendUint16(append(dst, stringType), uint16(len(h.Value)))
		dst = append(dst, h.Value...)
	}
	dst = append(dst, payload...)
	return binary.BigEndian.AppendUint32(dst, crc32.ChecksumIEEE(dst[start:])), nil
}
