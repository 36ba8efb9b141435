package elb

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// Go's client does not send such requests, and its server takes them.
func TestMalformedHTTP2(t *testing.T) {
	tests := map[string]struct {
		lengths []string
		length  int64
		want    bool
	}{
		"none":             {nil, -1, false},
		"right":            {[]string{"5"}, 5, false},
		"nothing":          {[]string{"0"}, 0, false},
		"no number":        {[]string{"abc"}, 0, true},
		"a sign":           {[]string{"+3"}, 0, true},
		"a longer number":  {[]string{"005"}, 5, true},
		"of no body":       {[]string{"5"}, 0, true},
		"two that differ":  {[]string{"5", "6"}, 5, true},
		"the same as well": {[]string{"5", "5"}, 5, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := &http.Request{Header: http.Header{}, ContentLength: test.length, Host: "a.test"}
			if test.lengths != nil {
				r.Header["Content-Length"] = test.lengths
			}
			require.Equal(t, test.want, isMalformed(r))
			for _, host := range []string{"a/b?c#d", "a,\xff", "a b"} {
				r.Host = host
				require.True(t, isMalformed(r))
			}
		})
	}
}
