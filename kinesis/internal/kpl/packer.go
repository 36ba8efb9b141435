package kpl

import (
	"crypto/md5"
	"encoding/binary"
	"math/big"
	"math/bits"
)

// DefaultLimit is the default of the producer library's AggregationMaxSize, in bytes.
// (default_config.properties in awslabs/amazon-kinesis-producer.)
const DefaultLimit = 51200

// PartitionKey is the partition key of every aggregated record. As there always is an explicit
// hash key, it decides nothing, and is as short as a key can be.
const PartitionKey = "a"

// A Packer aggregates records. The zero Packer is ready for use. It keeps its memory over Reset,
// so that aggregating again allocates little. A Packer must not be used concurrently.
type Packer struct {
	// Limit is the most bytes that the aggregated record may have, without its keys; 0 means
	// DefaultLimit. Nothing fits in a negative one. The producer library takes 64 to 1,048,576.
	Limit int

	keys, hashes keyTable
	records      []byte // encoded, with their tags
	n            int
	first        User // without its data
	out          []byte
}

// Add adds a record and tells whether it fits; if not, nothing has changed. One that does not
// even fit into an empty Packer can only be put plain. An empty explicit hash key means that
// there is none. The data is copied, the keys are kept until Reset. Neither is checked against the
// rules for keys.
func (p *Packer) Add(partitionKey, explicitHashKey string, data []byte) (fits bool) {
	key, added := p.keys.find(partitionKey)
	inner := 1 + sizeVarint(key) + sizeBytes(len(data))
	var hash uint64
	if explicitHashKey != "" {
		var more int
		hash, more = p.hashes.find(explicitHashKey)
		added += more
		inner += 1 + sizeVarint(hash)
	}
	limit := p.Limit
	if limit == 0 {
		limit = DefaultLimit
	}
	if p.size()+added+sizeBytes(inner) > limit {
		return false
	}

	if p.n == 0 {
		p.first = User{PartitionKey: partitionKey, ExplicitHashKey: explicitHashKey}
	}
	p.n++
	p.keys.add(partitionKey, 1, key)
	b := appendTag(p.records, 3, wireBytes)
	b = binary.AppendUvarint(b, uint64(inner))
	b = appendTag(b, 1, wireVarint)
	b = binary.AppendUvarint(b, key)
	if explicitHashKey != "" {
		p.hashes.add(explicitHashKey, 2, hash)
		b = appendTag(b, 2, wireVarint)
		b = binary.AppendUvarint(b, hash)
	}
	b = appendTag(b, 3, wireBytes)
	b = binary.AppendUvarint(b, uint64(len(data)))
	p.records = append(b, data...)
	return true
}

// Len returns the number of records added since Reset. One alone is better put plain, as the
// package comment says.
func (p *Packer) Len() int { return p.n }

// Size returns the number of bytes that Bytes will return: exactly, and at no cost.
func (p *Packer) Size() int {
	if p.n == 0 {
		return 0
	}
	return p.size()
}

// ExplicitHashKey returns the explicit hash key to put the aggregated record under: the hash key
// of the first record in it, in decimal, which is its explicit one or the MD5 of its partition
// key. It is empty if there is no record.
func (p *Packer) ExplicitHashKey() string {
	if p.n == 0 || p.first.ExplicitHashKey != "" {
		return p.first.ExplicitHashKey
	}
	sum := md5.Sum([]byte(p.first.PartitionKey))
	return new(big.Int).SetBytes(sum[:]).String()
}

// Bytes returns the aggregated record, nil if there is no record in it. It belongs to the Packer
// and is valid until the next call of Bytes or Reset.
func (p *Packer) Bytes() []byte {
	if p.n == 0 {
		return nil
	}
	if size := p.size(); cap(p.out) < size {
		p.out = make([]byte, 0, size)
	}
	b := append(p.out[:0], magic...)
	b = append(b, p.keys.wire...)
	b = append(b, p.hashes.wire...)
	b = append(b, p.records...)
	sum := md5.Sum(b[len(magic):])
	p.out = append(b, sum[:]...)
	return p.out
}

// Reset removes all records. The bytes that Bytes returned are no longer valid.
func (p *Packer) Reset() {
	p.keys.reset()
	p.hashes.reset()
	p.records = p.records[:0]
	p.n = 0
	p.first = User{}
}

func (p *Packer) size() int {
	return len(magic) + len(p.keys.wire) + len(p.hashes.wire) + len(p.records) + md5.Size
}

// A keyTable is a table of keys and its encoding.
type keyTable struct {
	index map[string]uint64
	wire  []byte
}

// find returns the index of a key and how many bytes it adds, 0 if it is in the table already.
func (t *keyTable) find(key string) (index uint64, added int) {
	if index, ok := t.index[key]; ok {
		return index, 0
	}
	return uint64(len(t.index)), sizeBytes(len(key))
}

// add adds a key for which find returned index, unless it is in the table.
func (t *keyTable) add(key string, number, index uint64) {
	if index < uint64(len(t.index)) {
		return
	}
	if t.index == nil {
		t.index = make(map[string]uint64)
	}
	t.index[key] = index
	t.wire = appendTag(t.wire, number, wireBytes)
	t.wire = binary.AppendUvarint(t.wire, uint64(len(key)))
	t.wire = append(t.wire, key...)
}

func (t *keyTable) reset() {
	clear(t.index)
	t.wire = t.wire[:0]
}

// appendTag appends the tag of a field with a number below 16.
func appendTag(b []byte, number uint64, wire uint8) []byte {
	return append(b, uint8(number)<<3|wire)
}

// sizeBytes is the size of a field of n bytes whose number is below 16.
func sizeBytes(n int) int { return 1 + sizeVarint(uint64(n)) + n }

func sizeVarint(v uint64) int { return (bits.Len64(v|1) + 6) / 7 }
