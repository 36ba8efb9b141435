package webtest

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/elb"
)

// echo sends back every message until the client closes the connection.
func echo(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"echo"}, InsecureSkipVerify: true})
	if err != nil {
		return // it has answered
	}
	defer c.CloseNow()
	c.SetReadLimit(1 << 21)
	for {
		kind, message, err := c.Read(r.Context())
		if err != nil {
			return
		}
		if string(message) == "bye" {
			_ = c.Close(4321, "as you wish")
			return
		}
		if err := c.Write(r.Context(), kind, message); err != nil {
			return
		}
	}
}

func TestWebSocket(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(echo))
	t.Cleanup(s.Close)
	server, client := certificate(t)
	targets := map[string]*elb.Target{
		"by address":      {Address: strings.TrimPrefix(s.URL, "http://")},
		"in this process": {ID: "echo", Handler: http.HandlerFunc(echo)},
	}
	for name, target := range targets {
		for scheme, front := range map[string]*tls.Config{"ws": nil, "wss": server} {
			t.Run(name+", "+scheme, func(t *testing.T) {
				address := balance(t, elb.GroupConfig{HealthCheck: elb.HealthCheck{Disabled: true}}, front, target)
				c, response, err := websocket.Dial(t.Context(), scheme+"://"+address, &websocket.DialOptions{
					Subprotocols: []string{"echo"},
					HTTPClient:   &http.Client{Transport: &http.Transport{TLSClientConfig: client}},
				})
				require.NoError(t, err)
				defer c.CloseNow()
				require.Equal(t, "echo", c.Subprotocol())
				require.Equal(t, http.StatusSwitchingProtocols, response.StatusCode)
				for i := range 1000 {
					want := fmt.Sprint("message ", i)
					require.NoError(t, c.Write(t.Context(), websocket.MessageText, []byte(want)))
					_, got, err := c.Read(t.Context())
					require.NoError(t, err)
					require.Equal(t, want, string(got))
				}
				c.SetReadLimit(1 << 21)
				large := []byte(strings.Repeat("large ", 1<<18))
				require.NoError(t, c.Write(t.Context(), websocket.MessageBinary, large))
				_, got, err := c.Read(t.Context())
				require.NoError(t, err)
				require.Equal(t, large, got)

				require.NoError(t, c.Write(t.Context(), websocket.MessageText, []byte("bye")))
				_, _, err = c.Read(t.Context())
				closed := websocket.CloseError{}
				require.ErrorAs(t, err, &closed)
				require.Equal(t, websocket.CloseError{Code: 4321, Reason: "as you wish"}, closed)
			})
		}
	}
}
