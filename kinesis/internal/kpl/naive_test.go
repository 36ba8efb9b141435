package kpl_test

import (
	"bytes"
	"crypto/md5"
	"math/big"
	"math/rand/v2"

	"github.com/leat-go/leat/kinesis/internal/kpl"
)

// seal makes an aggregated record of a message.
func seal(message []byte) []byte {
	sum := md5.Sum(message)
	return append(append([]byte("\xf3\x89\x9a\xc2"), message...), sum[:]...)
}

// A node is a field of a message, in the tree that naiveParse makes of it.
type node struct {
	number  int64
	kind    string // varint, fixed, bytes, group or end
	integer *big.Int
	bytes   []byte
}

// naiveVarint cuts a varint off b. It adds up digits to the base of 128.
func naiveVarint(b []byte) (v *big.Int, rest []byte, ok bool) {
	v = new(big.Int)
	place := big.NewInt(1)
	for i, c := range b {
		v.Add(v, new(big.Int).Mul(big.NewInt(int64(c%128)), place))
		place.Mul(place, big.NewInt(128))
		if c < 128 {
			return v, b[i+1:], i < 10 && v.BitLen() <= 64
		}
	}
	return nil, nil, false
}

// naiveNode cuts a field off b. Groups are nodes within nodes, whose content is lost.
func naiveNode(b []byte, depth int) (n node, rest []byte, ok bool) {
	tag, b, ok := naiveVarint(b)
	if !ok || tag.BitLen() > 32 || tag.Int64() < 8 {
		return n, nil, false
	}
	n.number = tag.Int64() / 8
	size := new(big.Int)
	switch tag.Int64() % 8 {
	case 0:
		n.kind = "varint"
		n.integer, b, ok = naiveVarint(b)
		return n, b, ok
	case 1:
		n.kind, size = "fixed", big.NewInt(8)
	case 2:
		n.kind = "bytes"
		if size, b, ok = naiveVarint(b); !ok {
			return n, nil, false
		}
	case 3:
		n.kind = "group"
		if depth == 100 {
			return n, nil, false
		}
		for {
			var child node
			if child, b, ok = naiveNode(b, depth+1); !ok {
				return n, nil, false
			}
			if child.kind == "end" {
				return n, b, child.number == n.number
			}
		}
	case 4:
		n.kind = "end"
		return n, b, true
	case 5:
		n.kind, size = "fixed", big.NewInt(4)
	default:
		return n, nil, false
	}
	if size.Cmp(big.NewInt(int64(len(b)))) > 0 {
		return n, nil, false
	}
	at := size.Int64()
	n.bytes = b[:at]
	return n, b[at:], true
}

func naiveParse(b []byte) (nodes []node, ok bool) {
	for len(b) > 0 {
		var n node
		if n, b, ok = naiveNode(b, 0); !ok || n.kind == "end" {
			return nil, false
		}
		nodes = append(nodes, n)
	}
	return nodes, true
}

// all returns the fields of a number and kind.
func all(nodes []node, number int64, kind string) (found []node) {
	for _, n := range nodes {
		if n.number == number && n.kind == kind {
			found = append(found, n)
		}
	}
	return found
}

// naiveUnpack says what Unpack should.
func naiveUnpack(data []byte) ([]kpl.User, error) {
	if len(data) < 4+1+16 || !bytes.HasPrefix(data, []byte{0xF3, 0x89, 0x9A, 0xC2}) {
		return nil, kpl.ErrPlain
	}
	message := data[4 : len(data)-16]
	if !bytes.Equal(seal(message), data) {
		return nil, kpl.ErrChecksum
	}
	fields, ok := naiveParse(message)
	if !ok {
		return nil, kpl.ErrMalformed
	}
	var users []kpl.User
	var fault error
	for _, n := range all(fields, 3, "bytes") {
		parts, ok := naiveParse(n.bytes)
		keys, hashes, data := all(parts, 1, "varint"), all(parts, 2, "varint"), all(parts, 3, "bytes")
		if !ok || len(keys) == 0 || len(data) == 0 {
			return nil, kpl.ErrMalformed
		}
		for _, tag := range all(parts, 4, "bytes") {
			if parts, ok := naiveParse(tag.bytes); !ok || len(all(parts, 1, "bytes")) == 0 {
				return nil, kpl.ErrMalformed
			}
		}
		user := kpl.User{Data: data[len(data)-1].bytes}
		if user.PartitionKey, ok = naiveKey(all(fields, 1, "bytes"), keys); !ok {
			fault = kpl.ErrIndex
		}
		if len(hashes) > 0 {
			if user.ExplicitHashKey, ok = naiveKey(all(fields, 2, "bytes"), hashes); !ok {
				fault = kpl.ErrIndex
			}
		}
		users = append(users, user)
	}
	if fault != nil {
		return nil, fault
	}
	return users, nil
}

func naiveKey(table, indexes []node) (string, bool) {
	index := indexes[len(indexes)-1].integer
	if index.Cmp(big.NewInt(int64(len(table)))) >= 0 {
		return "", false
	}
	return string(table[index.Int64()].bytes), true
}

// naivePack says what Packer should make of records.
func naivePack(users []kpl.User) []byte {
	var keys, hashes []string
	find := func(table *[]string, key string) uint64 {
		for i, k := range *table {
			if k == key {
				return uint64(i)
			}
		}
		*table = append(*table, key)
		return uint64(len(*table) - 1)
	}
	var records []byte
	for _, u := range users {
		r := integer(1, find(&keys, u.PartitionKey))
		if u.ExplicitHashKey != "" {
			r = append(r, integer(2, find(&hashes, u.ExplicitHashKey))...)
		}
		records = append(records, text(3, string(append(r, text(3, string(u.Data))...)))...)
	}
	var message []byte
	for _, k := range keys {
		message = append(message, text(1, k)...)
	}
	for _, k := range hashes {
		message = append(message, text(2, k)...)
	}
	return seal(append(message, records...))
}

// varint, integer, text and concat write parts of messages.
func varint(v uint64) (b []byte) {
	for ; v > 127; v /= 128 {
		b = append(b, byte(v%128+128))
	}
	return append(b, byte(v))
}

func integer(number, v uint64) []byte { return concat(varint(number*8), varint(v)) }

func text(number uint64, s string) []byte {
	return concat(varint(number*8+2), varint(uint64(len(s))), []byte(s))
}

func concat(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// randomMessage makes a message that often is in order, and often is not quite.
func randomMessage(r *rand.Rand) []byte {
	strange := func(fields [][]byte) [][]byte {
		for r.IntN(8) == 0 {
			odd := [][]byte{
				integer(1, r.Uint64()>>r.IntN(64)), integer(3, 5), integer(1<<29-1, 1), integer(1<<29, 1), text(1, ""), text(5, "x"),
				{9, 1, 2, 3, 4, 5, 6, 7, 8}, {13, 1, 2, 3, 4}, {0x0b, 0x0c}, {0x0b, 0x08, 0x80, 0x00, 0x13, 0x14, 0x0c}, {0x0b, 0x14}, {0x0c}, {0x0f},
				{0x88, 0x00, 0x80, 0x80, 0x80, 0x00}, {0x1a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01},
				bytes.Repeat([]byte{0x0b}, 100), concat(bytes.Repeat([]byte{0x2b}, 100), bytes.Repeat([]byte{0x2c}, 100)),
			}
			fields = append(fields, odd[r.IntN(len(odd))])
		}
		return fields
	}
	var fields [][]byte
	keys, hashes := 1+r.IntN(20), r.IntN(5)
	for i := range keys {
		fields = append(fields, text(1, string(varint(uint64(i)))))
	}
	for range hashes {
		fields = append(fields, text(2, "7"))
	}
	for range r.IntN(10) {
		index := uint64(r.IntN(keys))
		if r.IntN(40) == 0 {
			index = uint64(keys) + r.Uint64()>>r.IntN(64)
		}
		parts := [][]byte{integer(1, index), text(3, string(make([]byte, r.IntN(200))))}
		if r.IntN(2) == 0 && hashes > 0 {
			parts = append(parts, integer(2, uint64(r.IntN(hashes))))
		}
		if r.IntN(4) == 0 {
			parts = append(parts, text(4, string(concat(text(1, "k"), text(2, "v")))))
		}
		parts = strange(parts)
		r.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		if r.IntN(100) == 0 {
			parts = parts[1:]
		}
		fields = append(fields, text(3, string(concat(parts...))))
	}
	fields = strange(fields)
	if r.IntN(2) == 0 {
		r.Shuffle(len(fields), func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
	}
	message := concat(fields...)
	if r.IntN(8) == 0 {
		message[r.IntN(len(message))] = byte(r.Uint32())
	}
	return message
}
