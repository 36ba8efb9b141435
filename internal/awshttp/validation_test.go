package awshttp_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/awshttp"
)

func TestValidation(t *testing.T) {
	letters := awshttp.NewPattern(`[a-z]+`)
	short := awshttp.NewPatternFunc(`(?!...).+`, func(s string) bool { return len(s) < 3 })
	for want, check := range map[string]func(v *awshttp.Validation){
		"": func(v *awshttp.Validation) {
			v.Text("a", new("abc")).Required().Pattern(letters).Lengths(3, 3).OneOf("x", "abc")
			v.Text("a", nil).Pattern(letters).Lengths(3, 3).OneOf("x").Sensitive()
			v.Integer("a", new(int32(3))).Required().Between(3, 3)
			v.Integer("a", nil).Between(3, 3)
			v.Blob("a", []byte{}).Required().Lengths(0, 0)
			v.Texts("a", []string{"x"}).Required().Lengths(1, 1)
			v.Map("a", map[string]string{}).Required().Lengths(0, 0)
			v.Present("a", false).Required()
		},
		"Value null at 'a' failed to satisfy constraint: Member must not be null":                                    func(v *awshttp.Validation) { v.Text("a", nil).Required().Sensitive() },
		"Value null at 'b' failed to satisfy constraint: Member must not be null":                                    func(v *awshttp.Validation) { v.Present("b", true).Required() },
		"Value 'aB' at 'a' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-z]+":     func(v *awshttp.Validation) { v.Text("a", new("aB")).Pattern(letters) },
		"Value 'abc' at 'a' failed to satisfy constraint: Member must satisfy regular expression pattern: (?!...).+": func(v *awshttp.Validation) { v.Text("a", new("abc")).Pattern(short) },
		"Value at 'a' failed to satisfy constraint: Member must have length less than or equal to 2":                 func(v *awshttp.Validation) { v.Text("a", new("äöü")).Sensitive().Lengths(0, 2) },
		"Value '' at 'a' failed to satisfy constraint: Member must have length greater than or equal to 1":           func(v *awshttp.Validation) { v.Text("a", new("")).Lengths(1, 2) },
		"Value '-1' at 'a' failed to satisfy constraint: Member must have value greater than or equal to 0":          func(v *awshttp.Validation) { v.Integer("a", new(int32(-1))).Between(0, 2) },
		"Value '3' at 'a' failed to satisfy constraint: Member must have value less than or equal to 2":              func(v *awshttp.Validation) { v.Integer("a", new(int32(3))).Between(0, 2) },
		"Value 'c' at 'a' failed to satisfy constraint: Member must satisfy enum value set: [a, b]":                  func(v *awshttp.Validation) { v.Text("a", new("c")).OneOf("a", "b") },
		"Value '[x, y]' at 'a' failed to satisfy constraint: Member must have length less than or equal to 1":        func(v *awshttp.Validation) { v.Texts("a", []string{"x", "y"}).Lengths(1, 1) },
		"Value '{x=1, y=2}' at 'a' failed to satisfy constraint: Member must have length less than or equal to 1":    func(v *awshttp.Validation) { v.Map("a", map[string]string{"y": "2", "x": "1"}).Lengths(1, 1) },
		"Value 'java.nio.HeapByteBuffer[pos=0 lim=2 cap=2]' at 'a' failed to satisfy constraint: Member must have length less than or equal to 1": func(v *awshttp.Validation) {
			v.Blob("a", []byte("xy")).Lengths(0, 1)
		},
	} {
		var v awshttp.Validation
		check(&v)
		if want == "" {
			require.NoError(t, v.Err())
			continue
		}
		require.EqualError(t, v.Err(), "ValidationException: 1 validation error detected: "+want)
	}
}

func TestValidationTellsTenFaults(t *testing.T) {
	var v awshttp.Validation
	for range 12 {
		v.Text("a", nil).Required()
	}
	text := v.Err().Error()
	require.True(t, strings.HasPrefix(text, "ValidationException: 10 validation errors detected: Value null at 'a' failed to satisfy constraint: Member must not be null; Value"))
	require.Equal(t, 10, strings.Count(text, "Value null"))
}
