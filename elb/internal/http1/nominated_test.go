package http1_test

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/leat-go/leat/elb/internal/http1"
	"github.com/stretchr/testify/require"
)

// Thousands of fields and thousands of names in Connection, which both sides have room for, cost
// what each costs, and not their product.
func TestNominatedIsLinear(t *testing.T) {
	const fields, names = 4000, 15000
	took := func(option string) time.Duration {
		connection := strings.Repeat(option+",", names)
		answer := strings.Builder{}
		answer.WriteString("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: " + connection + "\r\n")
		h := http.Header{"Connection": {connection}}
		for i := range fields {
			name := fmt.Sprintf("%x", 0x1000+i)
			h[http.CanonicalHeaderKey(name)] = []string{""}
			answer.WriteString(name + ":\r\n")
		}
		answer.WriteString("\r\n")
		least := time.Hour
		for range 3 {
			pool := http1.NewPool(http1.Config{Dial: dialOnce(func() net.Conn { return &canned{text: answer.String(), piece: 4 << 10} }), MaxHeaderBytes: 1 << 20})
			began := time.Now()
			_, _, err := fetch(t, pool, &http1.Request{Method: "GET", Target: "/", Header: h})
			least = min(least, time.Since(began))
			require.NoError(t, err)
			pool.Close()
		}
		return least
	}
	plain, nominating := took("upgrade"), took("a")
	require.Less(t, nominating, 20*plain)
	t.Logf("%v, and %v with names", plain, nominating)
}
