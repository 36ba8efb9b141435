package kinesis

import "github.com/leat-go/leat/kinesis/internal/shard"

// HashKey is a number of 128 bits by which a record finds its shard. The zero value
// is the smallest. HashKeys may be compared with ==.
type HashKey struct{ Hi, Lo uint64 }

// MaxHashKey is the greatest hash key, 2^128-1.
var MaxHashKey = HashKey(shard.MaxHashKey)

// HashKeyOf returns the hash key of a partition key: its MD5, the first byte the most
// significant.
func HashKeyOf(partitionKey string) HashKey { return HashKey(shard.KeyOf(partitionKey)) }

// ParseHashKey reads a hash key in decimal, without leading zeros. It fails with
// ErrInvalidArgument.
func ParseHashKey(decimal string) (HashKey, error) {
	k, err := shard.ParseHashKey(decimal)
	if err != nil {
		return HashKey{}, located("ParseHashKey", "", badHashKey(decimal))
	}
	return HashKey(k), nil
}

func badHashKey(decimal string) *Error {
	return invalid("Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was %.130s", decimal)
}

// Compare returns -1, 0 or 1 as k is less than, equal to or greater than other.
func (k HashKey) Compare(other HashKey) int { return shard.HashKey(k).Compare(shard.HashKey(other)) }

// String returns the key in decimal.
func (k HashKey) String() string { return shard.HashKey(k).String() }

// MarshalText returns what String returns; the error is nil.
func (k HashKey) MarshalText() ([]byte, error) { return shard.HashKey(k).AppendText(nil) }

// UnmarshalText reads what MarshalText writes. It fails as ParseHashKey does.
func (k *HashKey) UnmarshalText(text []byte) error {
	parsed, err := ParseHashKey(string(text))
	if err == nil {
		*k = parsed
	}
	return err
}

// HashKeyRange is the hash keys from Start to End, both included.
type HashKeyRange struct{ Start, End HashKey }

// Contains tells whether the range holds k.
func (r HashKeyRange) Contains(k HashKey) bool { return r.inner().Contains(shard.HashKey(k)) }

// Middle returns the key that splits the range in halves.
func (r HashKeyRange) Middle() HashKey { return HashKey(r.inner().Middle()) }

func (r HashKeyRange) inner() shard.Range {
	return shard.Range{Start: shard.HashKey(r.Start), End: shard.HashKey(r.End)}
}

func outer(r shard.Range) HashKeyRange { return HashKeyRange{HashKey(r.Start), HashKey(r.End)} }
