package filter

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var documents = []string{
	`{}`, `[]`, `null`, `"a"`, ` { "a" : [ 1 , -0.5e+7 , true , false , null , "b" ] , "c" : { } } `, `{"a":"\u00e9\n\"\\\/\ud83d\ude00\ud800"}`,
	`{"\u0061":"é"}`, "{\"a\":\"\xff\xc3\"}", "{\"\xff\":1}", `{"a":1,"a":2}`, `[[[1,[]],{}]]`, `"` + strings.Repeat("x", 100) + `"`, `1e400`, `-0`, `1E5`,
	``, ` `, `{`, `}`, `{]`, `[}`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{,}`, `[1,]`, `[,1]`, `[1 2]`, `{"a":1 "b":2}`, `{a:1}`, `{1:1}`, `'a'`, `"a`, `"\`, `"\x"`, `"\u12"`,
	`"\u12g4"`, `"\u`, "\"\x01\"", "\"\n\"", "\"\x7f\"", `01`, `-`, `1.`, `.5`, `1e`, `1e+`, `+1`, `0x1`, `tru`, `truee`, `nul`, `True`, `1 1`, `{} x`, "\ufeff{}", "{}\x00", `-a`, `1.e5`,
	strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000), strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001),
	strings.Repeat(`{"a":`, 9_999) + `{}` + strings.Repeat("}", 9_999), strings.Repeat(`{"a":`, 10_000) + `{}` + strings.Repeat("}", 10_000), strings.Repeat("[", 100_000),
}

// checkDocument compares a document with what encoding/json makes of the text.
func checkDocument(t *testing.T, d *document, text string) {
	require.Equal(t, json.Valid([]byte(text)), d.parse(text), "%.100q", text)
	if !json.Valid([]byte(text)) {
		return
	}
	tokens := json.NewDecoder(strings.NewReader(text))
	tokens.UseNumber()
	for i := int32(0); int(i) < len(d.nodes); i = compareValue(t, d, i, tokens) {
	}
	require.False(t, tokens.More())
}

func compareValue(t *testing.T, d *document, i int32, tokens *json.Decoder) int32 {
	token, err := tokens.Token()
	require.NoError(t, err)
	n := d.nodes[i]
	switch n.kind {
	case kindObject, kindArray:
		require.Equal(t, map[kind]json.Delim{kindObject: '{', kindArray: '['}[n.kind], token)
		for j := i + 1; j < n.next; j = compareValue(t, d, j, tokens) {
			if n.kind == kindObject {
				key, err := tokens.Token()
				require.NoError(t, err)
				require.Equal(t, key, d.keyOf(j))
			}
		}
		_, err = tokens.Token()
		require.NoError(t, err)
	case kindString:
		require.Equal(t, token, d.string(i))
	case kindNumber:
		require.Equal(t, token, json.Number(d.raw(i)))
	default:
		require.Equal(t, map[kind]any{kindTrue: true, kindFalse: false, kindNull: nil}[n.kind], token)
		require.Equal(t, n.kind, d.scalar(i).kind)
	}
	return n.next
}

func TestDocument(t *testing.T) {
	var d document
	for _, text := range documents {
		checkDocument(t, &d, text)
	}
}

func FuzzDocument(f *testing.F) {
	for _, text := range documents {
		if len(text) < 1000 {
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) { checkDocument(t, new(document), text) })
}

func TestNumbers(t *testing.T) {
	number := func(fixed int64) value { return value{kind: kindNumber, fixed: fixed} }
	for text, want := range map[string]value{
		"0": number(0), "-0": number(0), "+1": number(100_000), ".5": number(50_000), "1.": number(100_000), "0.1": number(10_000),
		"301.50": number(30_150_000), "3.015e2": number(30_150_000), "3015E-1": number(30_150_000), "0.000019": number(1),
		"-0.000019": number(-2), "-0.00001": number(-1), "-0.000010": number(-1), "0.0000000e30": number(0), "00001": number(100_000),
		"1e9": number(farthest), "-1000000000.00000": number(-farthest), "0.000000001e18": number(farthest),
		"1e-999999999999": number(0), "-1e-999999999999": number(-1), "0e999999999999": number(0),
		"1000000000.000001": {kind: kindFar, text: "1000000000000001e10"}, "-1e10": {kind: kindFar, text: "-1e11"}, "10000000000": {kind: kindFar, text: "1e11"},
		"0.1e11": {kind: kindFar, text: "1e11"}, "1000000000.00001": {kind: kindFar, text: "100000000000001e10"},
	} {
		got, ok := parseNumber(text)
		require.True(t, ok, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "-", ".", "+.", "e5", "1e", "1e+", "1e5.", "1 ", " 1", "0x1", "1_0", "Inf", "NaN", "1.2.3", "--1", "१"} {
		_, ok := parseNumber(text)
		require.False(t, ok, text)
	}
}

// A number is what math/big says, with the digits after the fifth decimal dropped.
func FuzzNumber(f *testing.F) {
	for _, s := range []string{"0.1", "-0.000001", "1e9", "1e10", "999999999.999999", "100e-2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 40 || strings.Trim(s, "0123456789.eE+-") != "" {
			return
		}
		got, ok := parseNumber(s)
		if _, exponent, found := strings.Cut(strings.ToLower(s), "e"); found && len(exponent) > 3 {
			return // much for math/big
		}
		want, valid := new(big.Rat).SetString(s)
		require.Equal(t, valid, ok, s)
		if !ok {
			return
		}
		if new(big.Rat).Abs(want).Cmp(big.NewRat(1_000_000_000, 1)) > 0 {
			require.Equal(t, kindFar, got.kind)
			digits, exponent, _ := strings.Cut(got.text, "e")
			sign := strings.TrimRight(digits, "0123456789")
			same, _ := new(big.Rat).SetString(sign + "0." + strings.TrimPrefix(digits, "-") + "e" + exponent)
			require.Zero(t, want.Cmp(same), "%s is %s", s, got.text)
			return
		}
		scaled := want.Mul(want, big.NewRat(100_000, 1))
		require.Equal(t, new(big.Int).Div(scaled.Num(), scaled.Denom()).Int64(), got.fixed, s)
	})
}
