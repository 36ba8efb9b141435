package shard

import (
	"math"
	"strconv"
	"strings"
)

// MaxIndex is the greatest index of a shard.
const MaxIndex = math.MaxInt32

const (
	idPrefix  = "shardId-"
	idNumeral = 12 // digits
)

// ID returns the id of the shard with an index, which counts from 0 in the order in
// which the shards of a stream were created: shardId-000000000000. The index is at most
// [MaxIndex].
func ID(index int) string {
	id := []byte(idPrefix + "000000000000")
	for at := len(id) - 1; index > 0 && at >= len(idPrefix); at-- {
		id[at] = byte('0' + index%10)
		index /= 10
	}
	return string(id)
}

// ParseID returns the index of a shard id. AWS is liberal: what comes before the last
// hyphen does not count, nor do leading zeros, so that shard-7 and 7 are shards too. It
// returns an [*Error] with [ErrSyntax] if that is no number and with [ErrTooLarge] if it
// is greater than [MaxIndex]. Whether the id has no more than 128 characters, and only
// such as AWS allows, is for the decoder of the request to check.
func ParseID(id string) (int, error) {
	numeral := id[strings.LastIndexByte(id, '-')+1:]
	if numeral == "" || strings.Trim(numeral, "0123456789") != "" {
		return 0, &Error{What: "shard id", Text: id, Err: ErrSyntax}
	}
	index, err := strconv.ParseUint(numeral, 10, 31)
	if err != nil {
		return 0, &Error{What: "shard id", Text: id, Err: ErrTooLarge}
	}
	return int(index), nil
}
