package awsjson_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/awsjson"
)

// digits knows how to write itself.
type digits struct{ n int }

func (d digits) AppendText(dst []byte) ([]byte, error) {
	return append(dst, strings.Repeat(strconv.Itoa(d.n), d.n)...), nil
}

func TestTextsThatWriteThemselves(t *testing.T) {
	type numbers struct {
		One, None, Long digits
		Many            []digits
		Name            string
	}
	type texts struct {
		One, None, Long string
		Many            []string
		Name            string
	}
	long := strings.Repeat("300", 300)
	value := numbers{One: digits{1}, Long: digits{300}, Many: []digits{{2}, {30}}, Name: "n"}
	want := awsjson.Append(nil, texts{One: "1", Long: long, Many: []string{"22", strings.Repeat("30", 30)}, Name: "n"})
	require.Equal(t, want, awsjson.Append(nil, value))
	require.Equal(t, want, awsjson.Append(nil, &value), "also where it can be addressed")
}
