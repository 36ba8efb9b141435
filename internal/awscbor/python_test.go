package awscbor_test

import (
	"encoding/hex"
	"math"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/awscbor"
)

// TestCBOR2 has Python's cbor2 read what Append wrote and write it again, for Decode
// to read.
func TestCBOR2(t *testing.T) {
	if err := exec.Command("python3", "-c", "import cbor2").Run(); err != nil {
		t.Skip("no python3 here that has cbor2: pip install cbor2")
	}
	var bodies strings.Builder
	cases := []struct {
		value sample
		read  string
	}{
		{sample{}, `{"n": {}}`},
		{
			sample{Text: "é€😀", Small: math.MinInt32, Big: math.MinInt64, Flag: true, Blob: []byte{0, 255}, Optional: new(int32(0)), Switch: new(false), Nested: inner{Name: "x"}},
			`{"Optional": 0, "Switch": false, "b": {"bytes": "00ff"}, "f": true, "i": -2147483648, "l": -9223372036854775808, "n": {"Name": "x"}, "t": "é€😀"}`,
		},
		{
			sample{Big: math.MaxInt64, List: []inner{{Count: new(int32(256))}, {}}, Words: []string{"", "b"}, Map: map[string]string{"k": "v", "": ""}, Deep: map[string]inner{"d": {Name: "e"}}},
			`{"Deep": {"d": {"Name": "e"}}, "L": [{"Count": 256}, {}], "M": {"": "", "k": "v"}, "W": ["", "b"], "l": 9223372036854775807, "n": {}}`,
		},
		// What is 1,700,000 ms here is as many seconds there.
		{sample{At: time.UnixMilli(1_700_000).UTC()}, `{"a": {"seconds": 1700000.0}, "n": {}}`},
	}
	for _, c := range cases {
		bodies.WriteString(hex.EncodeToString(awscbor.Append(nil, c.value)) + "\n")
	}
	peer := exec.Command("python3", "testdata/peer.py")
	peer.Stdin = strings.NewReader(bodies.String())
	peer.Stderr = t.Output()
	out, err := peer.Output()
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	require.Len(t, lines, len(cases))
	for i, c := range cases {
		read, written, _ := strings.Cut(lines[i], "\t")
		require.Equal(t, c.read, read)
		var got sample
		require.NoError(t, awscbor.Decode(bytesOf(t, written), &got))
		require.Equal(t, c.value, got)
	}
}
