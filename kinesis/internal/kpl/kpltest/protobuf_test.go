package kpltest

import (
	"crypto/md5"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/leat-go/leat/kinesis/internal/kpl"
)

// schema is the message of aggregation-format.md.
const schema = `
name: "kpl.proto" syntax: "proto2"
message_type {
  name: "AggregatedRecord"
  field { name: "partition_key_table" number: 1 label: LABEL_REPEATED type: TYPE_STRING }
  field { name: "explicit_hash_key_table" number: 2 label: LABEL_REPEATED type: TYPE_STRING }
  field { name: "records" number: 3 label: LABEL_REPEATED type: TYPE_MESSAGE type_name: ".Record" }
}
message_type {
  name: "Tag"
  field { name: "key" number: 1 label: LABEL_REQUIRED type: TYPE_STRING }
  field { name: "value" number: 2 label: LABEL_OPTIONAL type: TYPE_STRING }
}
message_type {
  name: "Record"
  field { name: "partition_key_index" number: 1 label: LABEL_REQUIRED type: TYPE_UINT64 }
  field { name: "explicit_hash_key_index" number: 2 label: LABEL_OPTIONAL type: TYPE_UINT64 }
  field { name: "data" number: 3 label: LABEL_REQUIRED type: TYPE_BYTES }
  field { name: "tags" number: 4 label: LABEL_REPEATED type: TYPE_MESSAGE type_name: ".Tag" }
}`

var aggregated = func() protoreflect.MessageDescriptor {
	var file descriptorpb.FileDescriptorProto
	if err := prototext.Unmarshal([]byte(schema), &file); err != nil {
		panic(err)
	}
	built, err := protodesc.NewFile(&file, nil)
	if err != nil {
		panic(err)
	}
	return built.Messages().ByName("AggregatedRecord")
}()

func get(m protoreflect.Message, name protoreflect.Name) protoreflect.Value {
	return m.Get(m.Descriptor().Fields().ByName(name))
}

// unpack unpacks a message as the protocol buffers' implementation reads it.
func unpack(message []byte) ([]kpl.User, error) {
	m := dynamicpb.NewMessage(aggregated)
	if proto.Unmarshal(message, m) != nil {
		return nil, kpl.ErrMalformed
	}
	key := func(table protoreflect.Name, index uint64) (string, bool) {
		keys := get(m, table).List()
		if index >= uint64(keys.Len()) {
			return "", false
		}
		return keys.Get(int(index)).String(), true
	}
	var users []kpl.User
	records := get(m, "records").List()
	for i := range records.Len() {
		r := records.Get(i).Message()
		u := kpl.User{Data: get(r, "data").Bytes()}
		var ok bool
		if u.PartitionKey, ok = key("partition_key_table", get(r, "partition_key_index").Uint()); !ok {
			return nil, kpl.ErrIndex
		}
		if r.Has(r.Descriptor().Fields().ByName("explicit_hash_key_index")) {
			if u.ExplicitHashKey, ok = key("explicit_hash_key_table", get(r, "explicit_hash_key_index").Uint()); !ok {
				return nil, kpl.ErrIndex
			}
		}
		users = append(users, u)
	}
	return users, nil
}

// check compares the two on a message.
func check(t require.TestingT, message []byte) error {
	sum := md5.Sum(message)
	got, err := kpl.Unpack(append(append([]byte("\xf3\x89\x9a\xc2"), message...), sum[:]...))
	if len(message) == 0 {
		require.ErrorIs(t, err, kpl.ErrPlain)
		return err
	}
	want, wantErr := unpack(message)
	require.ErrorIs(t, err, wantErr, "%x", message)
	require.Len(t, got, len(want))
	for i, u := range got {
		require.Equal(t, want[i].PartitionKey, u.PartitionKey)
		require.Equal(t, want[i].ExplicitHashKey, u.ExplicitHashKey)
		require.Equal(t, string(want[i].Data), string(u.Data))
	}
	return wantErr
}

// random makes fields, of the numbers and types of a message, of those of one within it, or
// of no known ones.
func random(r *rand.Rand, depth int) (b []byte) {
	if depth == 0 {
		for range 1 + r.IntN(3) {
			b = protowire.AppendString(protowire.AppendTag(b, 1, protowire.BytesType), "key")
			b = protowire.AppendString(protowire.AppendTag(b, 2, protowire.BytesType), "7")
		}
	}
	for range 1 + r.IntN(4) {
		switch number := protowire.Number(1 + r.IntN(5)); {
		case r.IntN(60) == 0:
			b = protowire.AppendTag(b, number, protowire.Type(r.IntN(8)))
		case r.IntN(20) == 0:
			b = protowire.AppendVarint(protowire.AppendTag(b, number, protowire.VarintType), r.Uint64()>>r.IntN(64))
		case r.IntN(20) == 0:
			b = protowire.AppendGroup(protowire.AppendTag(b, number, protowire.StartGroupType), number, random(r, 2))
		case depth == 0:
			b = protowire.AppendBytes(protowire.AppendTag(b, 3, protowire.BytesType), random(r, 1))
		case depth == 1:
			b = protowire.AppendVarint(protowire.AppendTag(b, 1, protowire.VarintType), uint64(r.IntN(4)&r.IntN(4)))
			if r.IntN(3) == 0 {
				b = protowire.AppendVarint(protowire.AppendTag(b, 2, protowire.VarintType), uint64(r.IntN(4)&r.IntN(4)))
			}
			if r.IntN(3) == 0 {
				b = protowire.AppendBytes(protowire.AppendTag(b, 4, protowire.BytesType), random(r, 2))
			}
			b = protowire.AppendString(protowire.AppendTag(b, 3, protowire.BytesType), "data")
		default:
			b = protowire.AppendString(protowire.AppendTag(b, protowire.Number(1+r.IntN(2)), protowire.BytesType), "x")
		}
	}
	return b
}

func TestUnpackAgrees(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	outcomes := map[error]int{}
	for range 5000 {
		message := random(r, 0)
		if r.IntN(10) == 0 {
			message[r.IntN(len(message))] = byte(r.Uint32())
		}
		outcomes[check(t, message)]++
	}
	t.Log(outcomes)
	for _, err := range []error{nil, kpl.ErrMalformed, kpl.ErrIndex} {
		require.Greater(t, outcomes[err], 200, err)
	}
}

func FuzzUnpackAgrees(f *testing.F) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 50 {
		f.Add(random(r, 0))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		if len(message) > 200 {
			return // it may have more than 100 groups within groups, of which only Go's approves
		}
		_ = check(t, message)
	})
}

// TestPackerAgrees lets both write the same records, and compares the bytes.
func TestPackerAgrees(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	var p kpl.Packer
	for range 200 {
		p.Reset()
		for range 1 + r.IntN(300) {
			hash := []string{"", "0", "7"}[r.IntN(3)]
			if !p.Add(string(protowire.AppendVarint(nil, r.Uint64N(200))), hash, make([]byte, r.IntN(300))) {
				break
			}
		}
		packed := p.Bytes()
		message := packed[4 : len(packed)-md5.Size]
		require.NoError(t, check(t, message))
		m := dynamicpb.NewMessage(aggregated)
		require.NoError(t, proto.Unmarshal(message, m))
		again, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
		require.NoError(t, err)
		require.Equal(t, again, message)
	}
}
