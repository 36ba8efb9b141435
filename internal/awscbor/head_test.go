package awscbor

import (
	"encoding/hex"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// The floats of RFC 8949 appendix A.
func TestFloats(t *testing.T) {
	for bits, want := range map[string]float64{
		"f90000": 0, "f98000": math.Copysign(0, -1), "f93c00": 1, "fb3ff199999999999a": 1.1, "f93e00": 1.5, "f97bff": 65504,
		"fa47c35000": 100000, "fa7f7fffff": 3.4028234663852886e+38, "fb7e37e43c8800759c": 1e300, "f90001": 5.960464477539063e-8,
		"f90400": 0.00006103515625, "f9c400": -4, "fbc010666666666666": -4.1, "f97c00": math.Inf(1), "f97e00": math.NaN(), "f9fc00": math.Inf(-1),
		"fa7f800000": math.Inf(1), "fa7fc00000": math.NaN(), "faff800000": math.Inf(-1),
		"fb7ff0000000000000": math.Inf(1), "fb7ff8000000000000": math.NaN(), "fbfff0000000000000": math.Inf(-1),
	} {
		data, err := hex.DecodeString(bits)
		require.NoError(t, err)
		d := decoder{data: data}
		h, err := d.item()
		require.NoError(t, err)
		require.True(t, h.isFloat())
		got := h.float()
		if math.IsNaN(want) {
			require.True(t, math.IsNaN(got), bits)
			continue
		}
		require.Equal(t, math.Float64bits(want), math.Float64bits(got), bits)
	}
}

// Every normal half is a single with the exponent moved, and every subnormal one is
// so many times the smallest.
func TestEveryHalf(t *testing.T) {
	for half := range uint32(1 << 16) {
		sign, rest := half&0x8000<<16, half&0x7fff
		var want float32
		switch {
		case rest < 0x400:
			want = math.Float32frombits(sign | math.Float32bits(float32(rest)*0x1p-24))
		case rest < 0x7c00:
			want = math.Float32frombits(sign | (rest<<13 + 112<<23))
		default:
			want = math.Float32frombits(sign | rest<<13 | 0x7f800000)
		}
		got := head{major: majorSimple, info: info16, arg: uint64(half)}.float()
		if want != want {
			require.True(t, math.IsNaN(got))
			continue
		}
		require.Equal(t, math.Float64bits(float64(want)), math.Float64bits(got), "%#x", half)
	}
}
