package filter_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sns/internal/filter"
	"github.com/leat-go/leat/sqs"
)

func mustCompile(t testing.TB, policy string, scope filter.Scope) *filter.Policy {
	p, err := filter.Compile(policy, scope)
	require.NoError(t, err, policy)
	return p
}

func TestIndexKeepsOnePolicyPerKey(t *testing.T) {
	var x filter.Index[string]
	var m filter.Message
	m.Reset("", map[string]sqs.Attribute{"a": sqs.StringAttribute("1")})
	one, two := mustCompile(t, `{"a":["1"]}`, filter.Attributes), mustCompile(t, `{"a":["2"]}`, filter.Attributes)

	require.Zero(t, x.Len())
	require.Empty(t, x.AppendMatches(nil, &m))
	x.Remove("k", one)

	x.Add("k", one)
	x.Add("k", one)
	require.Equal(t, []string{"k"}, x.AppendMatches(nil, &m))
	require.Equal(t, []string{"before", "k"}, x.AppendMatches([]string{"before"}, &m))

	x.Add("k", two)
	require.Equal(t, 1, x.Len())
	require.Empty(t, x.AppendMatches(nil, &m))
	x.Remove("k", one)
	require.Equal(t, 1, x.Len(), "that is not the policy that it has")
	x.Remove("k", two)
	require.Zero(t, x.Len())

	x.Add("k", one)
	x.Add("other", one)
	require.ElementsMatch(t, []string{"k", "other"}, x.AppendMatches(nil, &m), "a policy may have several keys")
}

func TestIndexNamesAKeyOnce(t *testing.T) {
	var x filter.Index[string]
	x.Add("values", mustCompile(t, `{"a":["1","2","3"]}`, filter.Body))
	x.Add("or", mustCompile(t, `{"$or":[{"a":["1"]},{"a":["2"]},{"a":[{"prefix":"3"}]},{"b":[{"exists":false}]}]}`, filter.Body))
	x.Add("two fields", mustCompile(t, `{"a":["1","2"],"c.d":["1","2"]}`, filter.Body))
	x.Add("same value twice", mustCompile(t, `{"a":["1","1"]}`, filter.Body))
	var m filter.Message
	for range 3 {
		m.Reset(`{"a":["1","1","2","3",["1"]],"c":[{"d":"2"},{"d":["1","2"]}]}`, nil)
		require.ElementsMatch(t, []string{"values", "or", "two fields", "same value twice"}, x.AppendMatches(nil, &m))
	}
}

func TestInvalidMessages(t *testing.T) {
	var x filter.Index[string]
	x.Add("attributes", mustCompile(t, `{"a":[{"anything-but":"x"}]}`, filter.Attributes))
	var m filter.Message

	m.Reset("no JSON", map[string]sqs.Attribute{"a": {DataType: "String.Array", Value: "no JSON"}})
	require.False(t, m.AttributesInvalid(), "nobody has looked")
	require.Empty(t, x.AppendMatches(nil, &m))
	require.True(t, m.AttributesInvalid())
	require.False(t, m.BodyInvalid(), "no policy is about the body")

	m.Reset("no JSON", map[string]sqs.Attribute{"b": {DataType: "String.Array", Value: "no JSON"}})
	require.Empty(t, x.AppendMatches(nil, &m))
	require.False(t, m.AttributesInvalid(), "nobody asks for it")

	x.Add("every", mustCompile(t, `{}`, filter.Body))
	require.Equal(t, []string{"every"}, x.AppendMatches(nil, &m))
	require.False(t, m.BodyInvalid(), "a policy that takes everything does not ask for the body")

	body := mustCompile(t, `{"a":[{"exists":false}]}`, filter.Body)
	x.Add("body", body)
	require.Equal(t, []string{"every"}, x.AppendMatches(nil, &m))
	require.True(t, m.BodyInvalid())
	m.Reset("{}", nil)
	require.False(t, m.BodyInvalid())
	require.ElementsMatch(t, []string{"every", "body"}, x.AppendMatches(nil, &m))

	x.Remove("body", body)
	m.Reset("no JSON", nil)
	require.Equal(t, []string{"every"}, x.AppendMatches(nil, &m))
	require.False(t, m.BodyInvalid(), "nobody asks any more")
}

// stores adds n policies that have a common key before the one that tells them apart.
func stores(t testing.TB, x *filter.Index[int], n int, scope filter.Scope) (policies []*filter.Policy) {
	for i := range n {
		p := mustCompile(t, fmt.Sprintf(`{"event":["order","cancel"],"store":["s%d"]}`, i), scope)
		x.Add(i, p)
		policies = append(policies, p)
	}
	return policies
}

func order(store int) map[string]sqs.Attribute {
	return map[string]sqs.Attribute{"event": sqs.StringAttribute("order"), "store": sqs.StringAttribute(fmt.Sprint("s", store)), "price": sqs.NumberAttribute("210.75")}
}

func TestIndexDoesNotAllocate(t *testing.T) {
	var x filter.Index[int]
	stores(t, &x, 1000, filter.Attributes)
	var m filter.Message
	var dst []int
	attributes := order(7)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		m.Reset("body", attributes)
		dst = x.AppendMatches(dst[:0], &m)
	}))
	require.Equal(t, []int{7}, dst)

	var y filter.Index[int]
	stores(t, &y, 1000, filter.Body)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		m.Reset(`{"event":"order","store":"s8"}`, nil)
		dst = y.AppendMatches(dst[:0], &m)
	}))
	require.Equal(t, []int{8}, dst)
}

func TestIndexConcurrentReaders(t *testing.T) {
	var x filter.Index[int]
	policies := stores(t, &x, 100, filter.Attributes)
	x.Add(-1, mustCompile(t, `{"event":[{"prefix":"or"}]}`, filter.Attributes))
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			var m filter.Message
			for i := range 200 {
				s := (g*31 + i) % 100
				m.Reset("", order(s))
				got := x.AppendMatches(nil, &m)
				if len(got) != 2 || got[0] != s || got[1] != -1 || !policies[s].Match(&m) || policies[(s+1)%100].Match(&m) {
					t.Errorf("store %d: %v", s, got)
				}
			}
		})
	}
	wg.Wait()
}

// A body may hold as much nesting and as many elements as its size allows.
func TestLargeMessages(t *testing.T) {
	var x filter.Index[string]
	x.Add("deep", mustCompile(t, `{"a":["x"]}`, filter.Body))
	x.Add("pairs", mustCompile(t, `{"a":{"b":[1],"c":[1]}}`, filter.Body))
	var m filter.Message
	m.Reset(`{"a":`+strings.Repeat("[", 9_998)+`"x"`+strings.Repeat("]", 9_998)+`}`, nil)
	require.Equal(t, []string{"deep"}, x.AppendMatches(nil, &m))
	m.Reset(`{"a":`+strings.Repeat("[", 200_000), nil)
	require.Empty(t, x.AppendMatches(nil, &m))
	require.True(t, m.BodyInvalid())

	many := strings.Repeat(`{"b":1},{"c":1},`, 10_000)
	m.Reset(`{"a":[`+many+`"y"]}`, nil)
	require.Empty(t, x.AppendMatches(nil, &m))
	m.Reset(`{"a":[`+many+`{"b":1,"c":1}]}`, nil)
	require.Equal(t, []string{"pairs"}, x.AppendMatches(nil, &m))
	m.Reset(`{"a":[`+strings.Repeat(`"x",`, 50_000)+`"y"]}`, nil)
	require.Equal(t, []string{"deep"}, x.AppendMatches(nil, &m))
	m.Reset("", nil)
	require.True(t, json.Valid([]byte(`{"a":[`+many+`"y"]}`)), "these were JSON")
}

// A long list of what a value may not be costs no more than a short one.
func TestLongAnythingBut(t *testing.T) {
	for length := 15; length < 20; length++ {
		var texts, numbers []string
		for i := range length {
			texts = append(texts, fmt.Sprintf(`"%d"`, i))
			numbers = append(numbers, fmt.Sprintf("%d.0", i))
		}
		text := mustCompile(t, `{"a":[{"anything-but":[`+strings.Join(texts, ",")+`]}]}`, filter.Body)
		number := mustCompile(t, `{"a":[{"anything-but":[`+strings.Join(numbers, ",")+`]}]}`, filter.Body)
		var m filter.Message
		for i := range 25 {
			m.Reset(fmt.Sprintf(`{"a":"%d"}`, i), nil)
			require.Equal(t, i >= length, text.Match(&m))
			require.True(t, number.Match(&m))
			m.Reset(fmt.Sprintf(`{"a":%d}`, i), nil)
			require.Equal(t, i >= length, number.Match(&m))
			require.True(t, text.Match(&m))
		}
		m.Reset(`{"a":[null,"0"]}`, nil)
		require.True(t, text.Match(&m))
		m.Reset("", map[string]sqs.Attribute{"a": {DataType: "Number", Value: "x"}})
		malformed := mustCompile(t, `{"a":[{"anything-but":[`+strings.Join(texts, ",")+`]}]}`, filter.Attributes)
		require.False(t, malformed.Match(&m))
	}
}
