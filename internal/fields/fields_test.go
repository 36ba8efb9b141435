package fields_test

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/fields"
)

func written() []byte {
	b := fields.AppendUints(nil, 0, 127, 128, 1<<32-1, 1<<64-1)
	b = binary.AppendVarint(b, -5)
	b = fields.AppendText(b, "text")
	b = fields.AppendText(b, "")
	b = fields.AppendBool(fields.AppendBool(b, true), false)
	b = fields.AppendTexts(b, map[string]string{"b": "2", "a": ""})
	b = fields.AppendTexts(b, nil)
	return append(b, 1, 2, 3)
}

func TestRoundTrip(t *testing.T) {
	r := fields.Reader{Rest: written()}
	require.Equal(t, []uint64{0, 127, 128}, []uint64{r.Uint(), r.Uint(), r.Uint()})
	require.Equal(t, uint32(1<<32-1), r.Uint32())
	require.Equal(t, uint64(1<<64-1), r.Uint())
	require.Equal(t, int64(-5), r.Int())
	require.Equal(t, "text", r.Text())
	require.Empty(t, r.Text())
	require.True(t, r.Bool())
	require.False(t, r.Bool())
	require.Equal(t, map[string]string{"a": "", "b": "2"}, r.Texts())
	require.Nil(t, r.Texts())
	require.False(t, r.Done())
	require.Equal(t, []byte{1, 2, 3}, r.Fixed(3))
	require.True(t, r.Done())
	require.Zero(t, r.Byte())
	require.True(t, r.Bad)
	require.False(t, r.Done())
}

// What is cut off, too large or not true is found, and then nothing more is read.
func TestBad(t *testing.T) {
	for name, read := range map[string]func(*fields.Reader){
		"uint":  func(r *fields.Reader) { r.Uint() },
		"int":   func(r *fields.Reader) { r.Int() },
		"byte":  func(r *fields.Reader) { r.Byte() },
		"bool":  func(r *fields.Reader) { r.Bool() },
		"text":  func(r *fields.Reader) { r.Text() },
		"texts": func(r *fields.Reader) { r.Texts() },
	} {
		r := fields.Reader{}
		read(&r)
		require.True(t, r.Bad, name)
	}
	for name, b := range map[string][]byte{
		"a number over 64 bits": {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1},
		"a count over the rest": {200, 1, 'x'},
		"a map without values":  {3, 1, 'a', 0, 1},
	} {
		r := fields.Reader{Rest: b}
		require.Empty(t, r.Texts(), name)
		require.True(t, r.Bad, name)
		require.Zero(t, r.Uint(), name)
	}
	r := fields.Reader{Rest: fields.AppendUints(nil, 1<<32)}
	require.Zero(t, r.Uint32())
	require.True(t, r.Bad)
	r = fields.Reader{Rest: []byte{2}}
	require.False(t, r.Bool())
	require.True(t, r.Bad)
}
