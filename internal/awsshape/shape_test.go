package awsshape_test

import (
	"reflect"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/awsshape"
)

type label string

// digits knows how to write itself.
type digits struct{ n int64 }

func (d digits) AppendText(dst []byte) ([]byte, error) { return strconv.AppendInt(dst, d.n, 10), nil }

type example struct {
	Plain    string
	Renamed  int32 `json:"other,omitempty"`
	Both     int64 `json:"inJSON" query:"InQuery"`
	List     []bool
	FlatList [][]byte            `query:"Item,flat"`
	Map      map[label]*int32    `query:",key=Name"`
	FlatMap  map[string]struct{} `query:"Tag,flat,key=Key,value=Value"`
	At       time.Time
	Digits   digits
	Then     *time.Time
	hidden   string
}

func TestOf(t *testing.T) {
	s := awsshape.Of(reflect.TypeFor[example]())
	require.Equal(t, awsshape.Structure, s.Kind)
	require.Same(t, s, awsshape.Of(reflect.TypeFor[example]()))
	type wanted struct {
		name  string
		kind  awsshape.Kind
		query awsshape.Layout
	}
	var got []wanted
	for _, f := range s.Fields {
		got = append(got, wanted{f.Name, f.Shape.Kind, f.Query})
	}
	require.Equal(t, []wanted{
		{"Plain", awsshape.String, awsshape.Layout{Name: "Plain", Key: "key", Value: "value"}},
		{"other", awsshape.Integer, awsshape.Layout{Name: "other", Key: "key", Value: "value"}},
		{"inJSON", awsshape.Long, awsshape.Layout{Name: "InQuery", Key: "key", Value: "value"}},
		{"List", awsshape.List, awsshape.Layout{Name: "List", Key: "key", Value: "value"}},
		{"FlatList", awsshape.List, awsshape.Layout{Name: "Item", Flat: true, Key: "key", Value: "value"}},
		{"Map", awsshape.Map, awsshape.Layout{Name: "Map", Key: "Name", Value: "value"}},
		{"FlatMap", awsshape.Map, awsshape.Layout{Name: "Tag", Flat: true, Key: "Key", Value: "Value"}},
		{"At", awsshape.Timestamp, awsshape.Layout{Name: "At", Key: "key", Value: "value"}},
		{"Digits", awsshape.Text, awsshape.Layout{Name: "Digits", Key: "key", Value: "value"}},
		{"Then", awsshape.Pointer, awsshape.Layout{Name: "Then", Key: "key", Value: "value"}},
	}, got)
	require.Equal(t, awsshape.Boolean, s.Fields[3].Shape.Elem.Kind)
	require.Equal(t, awsshape.Blob, s.Fields[4].Shape.Elem.Kind)
	require.Equal(t, awsshape.Pointer, s.Fields[5].Shape.Elem.Kind)
	require.Equal(t, awsshape.Structure, s.Fields[6].Shape.Elem.Kind)
}

func TestOmits(t *testing.T) {
	full := example{
		Plain: "a", Renamed: 1, Both: 1, List: []bool{false}, FlatList: [][]byte{nil},
		Map: map[label]*int32{"": nil}, FlatMap: map[string]struct{}{"": {}}, At: time.Unix(0, 0), Digits: digits{7}, Then: &time.Time{}, hidden: "a",
	}
	empty := example{List: []bool{}, FlatList: [][]byte{}, Map: map[label]*int32{}, FlatMap: map[string]struct{}{}}
	for _, f := range awsshape.Of(reflect.TypeFor[example]()).Fields {
		require.False(t, f.Shape.Omits(reflect.ValueOf(full).Field(f.Index)), f.Name)
		require.True(t, f.Shape.Omits(reflect.ValueOf(empty).Field(f.Index)), f.Name)
		require.True(t, f.Shape.Omits(reflect.ValueOf(example{}).Field(f.Index)), f.Name)
	}
	for _, shown := range []any{new(int32(0)), new(false), new(""), struct{}{}} {
		v := reflect.ValueOf(shown)
		require.False(t, awsshape.Of(v.Type()).Omits(v), "%T", shown)
	}
}

func TestTypesWithoutAShape(t *testing.T) {
	for _, none := range []any{1.5, 1, uint8(1), [1]string{}, map[int]string{}, func() {}, []any{nil}, struct{ F float32 }{}} {
		require.Panics(t, func() { awsshape.Of(reflect.TypeOf(none)) }, "%T", none)
	}
}
