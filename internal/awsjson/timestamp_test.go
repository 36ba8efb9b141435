package awsjson_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/awsjson"
)

type event struct {
	At   time.Time
	Then *time.Time
}

func TestTimestamps(t *testing.T) {
	for text, ms := range map[string]int64{
		"0":                   0,
		"1":                   1000,
		"-1":                  -1000,
		"-0.001":              -1,
		"1441215410.867":      1441215410867,
		"1.441215410867E9":    1441215410867,
		"1441215410.8674":     1441215410867,
		"1441215410.8676":     1441215410868,
		"1441215410.1":        1441215410100,
		"253402300799.999":    253402300799999,
		"-62135596800.000":    -62135596800000,
		"1441215410.00000001": 1441215410000,
	} {
		var got event
		require.NoError(t, awsjson.Decode([]byte(`{"At":`+text+`,"Then":`+text+`}`), &got), text)
		require.Equal(t, event{time.UnixMilli(ms).UTC(), new(time.UnixMilli(ms).UTC())}, got, text)
	}
	for _, c := range []struct {
		at   time.Time
		want string
	}{
		{time.Time{}, `{}`},
		{time.Unix(0, 0), `{"At":0}`},
		{time.UnixMilli(1), `{"At":0.001}`},
		{time.UnixMilli(-1), `{"At":-0.001}`},
		{time.UnixMilli(-1500), `{"At":-1.5}`},
		{time.UnixMilli(1441215410867).Add(999 * time.Microsecond), `{"At":1441215410.867}`},
		{time.UnixMilli(1441215410860), `{"At":1441215410.86}`},
		{time.UnixMilli(1441215410000), `{"At":1441215410}`},
	} {
		require.Equal(t, c.want, string(awsjson.Append(nil, event{At: c.at})))
	}
	require.Equal(t, `{"Then":5}`, string(awsjson.Append(nil, &event{Then: new(time.Unix(5, 0))})))
}

func TestTimestampsThatAreNone(t *testing.T) {
	for value, message := range map[string]string{
		`"1441215410"`: "STRING_VALUE can not be converted to a Timestamp",
		`true`:         "TRUE_VALUE can not be converted to a Timestamp",
		`[]`:           "Start of list found where not expected",
		`1e400`:        "NUMBER_VALUE is out of range",
		`1e17`:         "NUMBER_VALUE is out of range",
		`-1e17`:        "NUMBER_VALUE is out of range",
		`1.`:           "",
		`-`:            "",
	} {
		var got event
		var err *awsjson.Error
		require.ErrorAs(t, awsjson.Decode([]byte(`{"At":`+value+`}`), &got), &err, value)
		require.Equal(t, message, err.Message, value)
	}
}

// FuzzTimestamp: what is written is read again, to the millisecond.
func FuzzTimestamp(f *testing.F) {
	f.Add(int64(0))
	f.Add(int64(-1))
	f.Add(int64(1441215410867))
	f.Fuzz(func(t *testing.T, ms int64) {
		if ms %= 1 << 50; ms == time.Time.UnixMilli(time.Time{}) {
			return // the zero time is left out
		}
		want := event{At: time.UnixMilli(ms).UTC()}
		var got event
		require.NoError(t, awsjson.Decode(awsjson.Append(nil, want), &got))
		require.Equal(t, want, got)
	})
}

func TestDecodeTo(t *testing.T) {
	type piece struct{ Data []byte }
	type pieces struct {
		One  []byte
		Many []piece
	}
	body := []byte(`{"One":"AAEC","Many":[{"Data":"Aw=="},{},{"Data":""},{"Data":"BA\/\/"}]}`)
	want := pieces{[]byte{0, 1, 2}, []piece{{[]byte{3}}, {}, {[]byte{}}, {[]byte{4, 15, 255}}}}
	for _, room := range []int{0, 4, len(body)} {
		var got pieces
		blobs, err := awsjson.DecodeTo(make([]byte, 0, room), body, &got)
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.Equal(t, []byte{0, 1, 2, 3, 4, 15, 255}, blobs)
	}
	var got pieces
	blobs, err := awsjson.DecodeTo([]byte("before"), body, &got)
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.Equal(t, "before\x00\x01\x02\x03\x04\x0f\xff", string(blobs))

	buffer := make([]byte, 0, len(body)*3/4)
	blobs, err = awsjson.DecodeTo(buffer, body, &got)
	require.NoError(t, err)
	require.Same(t, &buffer[:1][0], &blobs[0], "it stays where it is")
	require.Same(t, &blobs[0], &got.One[0])
	require.Equal(t, 3, cap(got.One), "what is appended to one does not reach the next")

	_, err = awsjson.DecodeTo(nil, []byte(`{"One":"A"}`), &got)
	require.EqualError(t, err, "Invalid Base64 value")
	_, err = awsjson.DecodeTo(nil, []byte("{\"One\":\"\xff\"}"), &got)
	require.EqualError(t, err, "malformed body")
}
