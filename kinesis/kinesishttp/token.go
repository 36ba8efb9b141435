package kinesishttp

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"
)

// tokenKind says what a token is for, so that none does for another.
type tokenKind byte

const (
	iteratorToken  tokenKind = 1 + iota // of GetRecords
	shardsToken                         // NextToken of ListShards
	streamsToken                        // NextToken of ListStreams
	consumersToken                      // NextToken of ListStreamConsumers
)

const (
	tokenHead  = 1 + 8 // the kind and the issue
	tokenTag   = 16    // of HMAC-SHA-256, cut to 128 bits
	serialBits = 20    // of an issue; the others are its time in milliseconds

	// tokenLife is how long iterators and page tokens are good. (GetShardIterator,
	// ListShards: 300 seconds.)
	tokenLife = 5 * time.Minute
)

// seal makes a token that this handler, and nobody else, can have made. What is in
// it is not secret. No two are the same, as on AWS: a reader that has nothing to read
// gets another iterator, too.
func (h *Handler) seal(kind tokenKind, content []byte) string {
	b := make([]byte, tokenHead, tokenHead+len(content)+tokenTag)
	b[0] = byte(kind)
	binary.BigEndian.PutUint64(b[1:], uint64(time.Now().UnixMilli())<<serialBits|uint64(h.serial.Add(1))%(1<<serialBits))
	b = append(b, content...)
	return base64.StdEncoding.EncodeToString(h.tag(b, b))
}

// unseal returns what is in a token and when it was made. It reports false for one
// that this handler did not make for this.
func (h *Handler) unseal(kind tokenKind, token string) (content []byte, issued time.Time, ok bool) {
	b, err := base64.StdEncoding.DecodeString(token)
	if err != nil || len(b) < tokenHead+tokenTag || b[0] != byte(kind) {
		return nil, time.Time{}, false
	}
	signed, tag := b[:len(b)-tokenTag], b[len(b)-tokenTag:]
	if !hmac.Equal(tag, h.tag(nil, signed)) {
		return nil, time.Time{}, false
	}
	return signed[tokenHead:], time.UnixMilli(int64(binary.BigEndian.Uint64(signed[1:]) >> serialBits)), true
}

// expired tells whether a token is too old.
func expired(issued time.Time) bool { return time.Since(issued) > tokenLife }

// tag appends the tag that authenticates b to dst.
func (h *Handler) tag(dst, b []byte) []byte {
	mac := hmac.New(sha256.New, h.key[:])
	mac.Write(b)
	return append(dst, mac.Sum(nil)[:tokenTag]...)
}
