package kpl_test

import (
	"crypto/md5"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis/internal/kpl"
)

// records are what fits into an aggregated record of the default size.
func records(b *testing.B, p *kpl.Packer, size int) []kpl.User {
	var users []kpl.User
	for {
		u := kpl.User{PartitionKey: fmt.Sprint("user-", len(users)%20), Data: make([]byte, size)}
		if !p.Add(u.PartitionKey, "", u.Data) {
			require.Greater(b, len(users), 20)
			return users
		}
		users = append(users, u)
	}
}

// baselines measure what is to be compared with: copying the same bytes, and the MD5 of them,
// which neither direction can do without.
func baselines(b *testing.B, data []byte) {
	b.Run("copy", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		var dst []byte
		for b.Loop() {
			dst = append(dst[:0], data...)
		}
	})
	b.Run("MD5", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			md5.Sum(data)
		}
	})
}

func BenchmarkUnpack(b *testing.B) {
	for _, size := range []int{100, 1024} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			var p kpl.Packer
			users := records(b, &p, size)
			data := p.Bytes()
			baselines(b, data)
			b.Run("Unpack", func(b *testing.B) {
				b.SetBytes(int64(len(data)))
				b.ReportAllocs()
				for b.Loop() {
					got, err := kpl.Unpack(data)
					if err != nil || len(got) != len(users) {
						b.Fatal(err)
					}
				}
			})
			b.Run("AppendUsers", func(b *testing.B) {
				b.SetBytes(int64(len(data)))
				b.ReportAllocs()
				var got []kpl.User
				for b.Loop() {
					var err error
					if got, err = kpl.AppendUsers(got[:0], data); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}

func BenchmarkPack(b *testing.B) {
	for _, size := range []int{100, 1024} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			var p kpl.Packer
			users := records(b, &p, size)
			data := p.Bytes()
			baselines(b, data)
			b.Run("Packer", func(b *testing.B) {
				b.SetBytes(int64(len(data)))
				b.ReportAllocs()
				for b.Loop() {
					p.Reset()
					for _, u := range users {
						p.Add(u.PartitionKey, u.ExplicitHashKey, u.Data)
					}
					p.Bytes()
				}
			})
		})
	}
}

// BenchmarkPlain is what the records cost that are not aggregated.
func BenchmarkPlain(b *testing.B) {
	data := make([]byte, 1024)
	for b.Loop() {
		if kpl.IsAggregated(data) {
			b.Fatal("it is not")
		}
	}
}
