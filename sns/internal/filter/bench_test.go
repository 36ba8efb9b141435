package filter_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sns/internal/filter"
)

// BenchmarkAttributes finds the one of n policies that a message matches.
func BenchmarkAttributes(b *testing.B) {
	for _, n := range []int{1, 200, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var x filter.Index[int]
			stores(b, &x, n, filter.Attributes)
			var m filter.Message
			var dst []int
			attributes := order(n / 2)
			b.ReportAllocs()
			for b.Loop() {
				m.Reset("", attributes)
				dst = x.AppendMatches(dst[:0], &m)
			}
			require.Equal(b, []int{n / 2}, dst)
		})
	}
}

// orderBody is a body of 1 KiB.
func orderBody(store int) string {
	body := fmt.Sprintf(`{"id":"5f0c7a51-9f38-4c4a-8a57-0d8f6a1c2b3e","event":"order","customer":{"id":48151,"name":"José Pérez","address":{"street":"12 Mill Lane","city":"Exeter","postcode":"EX1 2AB"}},"store":"s%d",
  "items":[{"sku":"A-1001","title":"Flour, strong white, 1.5 kg","price":1.85,"count":2},{"sku":"B-2040","title":"Yeast, dried","price":0.95,"count":1},{"sku":"C-0007","title":"Tin, 2 lb","price":7.5,"count":1,"tags":["kitchen","steel"]}],
  "total":12.15,"currency":"GBP","paid":true,"coupon":null,"note":"`, store)
	return body + strings.Repeat("x", 1024-len(body)-2) + `"}`
}

// BenchmarkBody finds the one of 200 policies that a body of 1 KiB matches, beside
// decoding it alone.
func BenchmarkBody(b *testing.B) {
	body := orderBody(100)
	b.Run("json.Unmarshal", func(b *testing.B) {
		data := []byte(body)
		b.ReportAllocs()
		for b.Loop() {
			var v any
			if err := json.Unmarshal(data, &v); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("200", func(b *testing.B) {
		var x filter.Index[int]
		stores(b, &x, 200, filter.Body)
		var m filter.Message
		var dst []int
		b.ReportAllocs()
		for b.Loop() {
			m.Reset(body, nil)
			dst = x.AppendMatches(dst[:0], &m)
		}
		require.Equal(b, []int{100}, dst)
	})
}

// BenchmarkAlways evaluates 200 policies that have nothing to be found by.
func BenchmarkAlways(b *testing.B) {
	var x filter.Index[int]
	for i := range 200 {
		x.Add(i, mustCompile(b, fmt.Sprintf(`{"event":[{"prefix":"o"}],"price":[{"numeric":[">=",%d,"<",%d]}]}`, i, i+1), filter.Attributes))
	}
	var m filter.Message
	var dst []int
	attributes := order(1)
	b.ReportAllocs()
	for b.Loop() {
		m.Reset("", attributes)
		dst = x.AppendMatches(dst[:0], &m)
	}
	require.Empty(b, dst, "the price is 210.75")
}

// BenchmarkAdd adds and removes a policy beside 10,000.
func BenchmarkAdd(b *testing.B) {
	var x filter.Index[int]
	stores(b, &x, 10_000, filter.Attributes)
	p := mustCompile(b, `{"event":["order","cancel"],"store":["new"]}`, filter.Attributes)
	b.ReportAllocs()
	for b.Loop() {
		x.Add(-1, p)
		x.Remove(-1, p)
	}
}

func BenchmarkCompile(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_, _ = filter.Compile(`{"event":["order","cancel"],"store":["s1"]}`, filter.Attributes)
	}
}
