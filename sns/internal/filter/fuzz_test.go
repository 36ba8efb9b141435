package filter_test

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sns/internal/filter"
	"github.com/leat-go/leat/sqs"
)

func randomBytes(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// A tally counts what the comparisons were about.
type tally struct {
	matched, not map[string]int // by what the policies are made of
	elsewhere    int            // conditions met, but in different elements of an array
}

// checkMatch compares Match with naiveMatch, for a policy and messages made of bytes.
func checkMatch(t require.TestingT, input []byte, counts *tally) {
	d := &dice{bytes: input, used: map[string]int{}}
	scope, pairs := d.scope(), d.roll(4) == 3
	if pairs {
		scope = filter.Body
	}
	policy := d.policy(scope)
	if pairs {
		policy = d.pairs()
	}
	compiled, err := filter.Compile(policy, scope)
	if err != nil {
		var refused *filter.Error
		require.ErrorAs(t, err, &refused)
		require.Contains(t, []string{"Filter policy is too complex", "Filter policy can not have more than 5 keys"}, refused.Text, policy)
		return
	}
	if pairs {
		clear(d.used)
	}
	d.use(map[filter.Scope]string{filter.Attributes: "attributes", filter.Body: "body"}[scope])
	var m filter.Message
	for range 4 {
		var sent message
		if pairs {
			text, _ := json.Marshal(d.grid(1))
			sent.body = string(text)
		} else {
			sent = d.message()
		}
		want, elsewhere, err := naiveMatch(policy, scope, sent)
		if errors.Is(err, errAmbiguous) {
			return
		}
		m.Reset(sent.body, sent.attributes)
		require.Equal(t, want, compiled.Match(&m), "policy %s, scope %d, body %s, attributes %v", policy, scope, sent.body, sent.attributes)
		require.Equal(t, want, compiled.Match(&m), "the second time")
		if scope == filter.Body {
			var object map[string]any
			invalid := json.Unmarshal([]byte(sent.body), &object) != nil || object == nil
			require.Equal(t, invalid, m.BodyInvalid(), sent.body)
		} else {
			require.False(t, m.BodyInvalid(), "nobody asked")
		}
		for what := range d.used {
			if want {
				counts.matched[what]++
			} else {
				counts.not[what]++
			}
		}
		if elsewhere {
			counts.elsewhere++
		}
	}
}

func TestMatchAgainstNaive(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	counts := tally{matched: map[string]int{}, not: map[string]int{}}
	for range 20_000 {
		checkMatch(t, randomBytes(r, 100+r.IntN(400)), &counts)
	}
	for _, what := range []string{"attributes", "body", "nesting", "$or", "string", "number", "literal", "equals-ignore-case", "prefix", "suffix",
		"cidr", "exists", "numeric", "anything-but", "anything-but list", "anything-but prefix"} {
		t.Logf("policies with %-20s %6d matched, %6d did not", what+":", counts.matched[what], counts.not[what])
		require.Greater(t, counts.matched[what], 300, what)
		require.Greater(t, counts.not[what], 300, what)
	}
	t.Logf("met only by different elements: %d", counts.elsewhere)
	require.Greater(t, counts.elsewhere, 150)
}

func FuzzMatch(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		f.Add(randomBytes(r, 300))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		checkMatch(t, input[:min(len(input), 500)], &tally{matched: map[string]int{}, not: map[string]int{}})
	})
}

// checkIndex compares an Index, in which policies come and go, with evaluating the
// policies one by one.
func checkIndex(t require.TestingT, input []byte) (matches, misses int) {
	d := &dice{bytes: input, used: map[string]int{}}
	var x filter.Index[int]
	policies := map[int]*filter.Policy{}
	texts := map[int]string{}
	var m filter.Message
	for len(d.bytes) > 0 {
		key := d.roll(40)
		switch d.roll(8) {
		case 0:
			x.Remove(key, policies[key])
			delete(policies, key)
		case 1, 2:
			sent := d.message()
			m.Reset(sent.body, sent.attributes)
			got := x.AppendMatches(nil, &m)
			var want []int
			var alone filter.Message
			for key, p := range policies {
				alone.Reset(sent.body, sent.attributes)
				if p.Match(&alone) {
					want = append(want, key)
				}
			}
			require.ElementsMatch(t, want, got, "body %s, attributes %v, policies %v", sent.body, sent.attributes, texts)
			matches += len(want)
			misses += len(policies) - len(want)
		default:
			scope := d.scope()
			text := d.policy(scope)
			p, err := filter.Compile(text, scope)
			if err != nil {
				continue
			}
			x.Remove(key, p) // it is not the one that is there
			x.Add(key, p)
			policies[key], texts[key] = p, text
		}
		require.Equal(t, len(policies), x.Len())
	}
	for key, p := range policies {
		x.Remove(key, p)
	}
	require.Zero(t, x.Len())
	return matches, misses
}

func TestIndexAgainstPolicies(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	var matches, misses int
	for range 300 {
		a, b := checkIndex(t, randomBytes(r, 4000))
		matches, misses = matches+a, misses+b
	}
	t.Logf("%d matches, %d misses", matches, misses)
	require.Greater(t, matches, 10_000)
	require.Greater(t, misses, 20_000)
}

func FuzzIndex(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 10 {
		f.Add(randomBytes(r, 2000))
	}
	f.Fuzz(func(t *testing.T, input []byte) { checkIndex(t, input[:min(len(input), 4000)]) })
}

// No text makes Compile or Match panic.
func FuzzCompile(f *testing.F) {
	for _, c := range errorCases {
		f.Add(c.policy, `{"a": 1}`)
	}
	for _, c := range matchCases {
		f.Add(c.policy, strings.Join(c.matches, ""))
	}
	f.Fuzz(func(t *testing.T, policy, body string) {
		for _, scope := range []filter.Scope{filter.Attributes, filter.Body} {
			p, err := filter.Compile(policy, scope)
			if err != nil {
				require.NotEmpty(t, err.Error())
				continue
			}
			var m filter.Message
			m.Reset(body, map[string]sqs.Attribute{"a": sqs.StringAttribute(body), "key": {DataType: "String.Array", Value: body}, "n": sqs.NumberAttribute(body)})
			want := p.Match(&m)
			var x filter.Index[string]
			x.Add("it", p)
			require.Equal(t, want, len(x.AppendMatches(nil, &m)) == 1)
		}
	})
}
