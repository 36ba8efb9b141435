package memhttp_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/internal/memhttp"
)

func client(handler http.HandlerFunc) *http.Client {
	return &http.Client{Transport: &memhttp.Transport{Handler: handler}}
}

// overBoth runs test against the handler in memory and behind a real server: what it
// asserts is how HTTP behaves, not how this package does.
func overBoth(t *testing.T, handler http.HandlerFunc, test func(t *testing.T, c *http.Client, base string)) {
	t.Helper()
	t.Run("memory", func(t *testing.T) { test(t, client(handler), "http://memory.test:80") })
	t.Run("socket", func(t *testing.T) {
		server := httptest.NewUnstartedServer(handler)
		server.Config.ErrorLog = log.New(io.Discard, "", 0) // of what some handlers do wrong on purpose
		server.Start()
		defer server.Close()
		test(t, server.Client(), server.URL)
	})
}

func TestWhatTheHandlerSees(t *testing.T) {
	type seen struct {
		method, path, rawPath, query, uri, host, body string
		length                                        int64
		header                                        http.Header
		chunked, tls                                  bool
	}
	var got seen
	handler := func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = seen{
			r.Method, r.URL.Path, r.URL.RawPath, r.URL.RawQuery, r.RequestURI, r.Host, string(body),
			r.ContentLength, r.Header.Clone(), len(r.TransferEncoding) > 0, r.TLS != nil,
		}
		got.header.Del("Accept-Encoding") // compression is a matter of the socket's client
		r.Header.Set("Changed", "by the handler")
	}
	tests := map[string]struct {
		method, target string
		body           io.Reader
		header         http.Header
		want           seen
	}{
		"get": {
			method: "GET", target: "/a%2Fb/c?x=1&y=%20#fragment",
			want: seen{method: "GET", path: "/a/b/c", rawPath: "/a%2Fb/c", query: "x=1&y=%20", uri: "/a%2Fb/c?x=1&y=%20",
				header: http.Header{"User-Agent": {"Go-http-client/1.1"}}},
		},
		"post": {
			method: "POST", target: "/", body: strings.NewReader("hello"),
			header: http.Header{"User-Agent": {"me"}, "x-lower": {"1", "2"}},
			want: seen{method: "POST", path: "/", uri: "/", body: "hello", length: 5,
				header: http.Header{"User-Agent": {"me"}, "X-Lower": {"1", "2"}, "Content-Length": {"5"}}},
		},
		"post without a body": {
			method: "POST", target: "",
			want: seen{method: "POST", path: "/", uri: "/",
				header: http.Header{"User-Agent": {"Go-http-client/1.1"}, "Content-Length": {"0"}}},
		},
		"unknown length": {
			method: "PUT", target: "/", body: io.MultiReader(strings.NewReader("hel"), strings.NewReader("lo")),
			want: seen{method: "PUT", path: "/", uri: "/", body: "hello", length: -1, chunked: true,
				header: http.Header{"User-Agent": {"Go-http-client/1.1"}}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			overBoth(t, handler, func(t *testing.T, c *http.Client, base string) {
				body := test.body
				if seeker, ok := body.(io.Seeker); ok {
					_, err := seeker.Seek(0, io.SeekStart)
					require.NoError(t, err)
				} else if body != nil {
					body = io.MultiReader(strings.NewReader("hel"), strings.NewReader("lo"))
				}
				r, err := http.NewRequest(test.method, base+test.target, body)
				require.NoError(t, err)
				if test.header != nil {
					r.Header = test.header.Clone()
				}
				response, err := c.Do(r)
				require.NoError(t, err)
				require.NoError(t, response.Body.Close())
				want := test.want
				want.host = strings.TrimPrefix(base, "http://")
				require.Equal(t, want, got)
				require.Empty(t, r.Header.Get("Changed"))
			})
		})
	}
	t.Run("https, with a Host of its own", func(t *testing.T) {
		r := httptest.NewRequest("GET", "https://memory.test/", nil)
		r.Host, r.RequestURI = "other.test", ""
		_, err := client(handler).Do(r)
		require.NoError(t, err)
		require.True(t, got.tls)
		require.Equal(t, "other.test", got.host)
	})
}

func TestWhatTheClientSees(t *testing.T) {
	big := strings.Repeat("x", 5000)
	type seen struct {
		status      int
		text        string
		body        string
		length      int64
		chunked     bool
		contentType string
		header      string // of Content-Length
		note        string // of X-Note
	}
	tests := map[string]struct {
		method  string // "GET" if empty
		handler http.HandlerFunc
		want    seen
	}{
		"nothing": {
			handler: func(http.ResponseWriter, *http.Request) {},
			want:    seen{status: 200, text: "200 OK", header: "0"},
		},
		"small": {
			handler: func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") },
			want:    seen{status: 200, text: "200 OK", body: "hello", length: 5, header: "5", contentType: "text/plain; charset=utf-8"},
		},
		"large, of unknown length": {
			handler: func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, big) },
			want:    seen{status: 200, text: "200 OK", body: big, length: -1, chunked: true, contentType: "text/plain; charset=utf-8"},
		},
		"large, of known length": {
			handler: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "5000")
				w.Header().Set("Content-Type", "application/x-amz-json-1.0")
				io.WriteString(w, big)
			},
			want: seen{status: 200, text: "200 OK", body: big, length: 5000, header: "5000", contentType: "application/x-amz-json-1.0"},
		},
		"status, and headers set too late": {
			handler: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("X-Note", "in time")
				w.WriteHeader(http.StatusTeapot)
				w.Header().Set("X-Note", "too late")
				w.WriteHeader(http.StatusOK)
			},
			want: seen{status: 418, text: "418 I'm a teapot", header: "0", note: "in time"},
		},
		"no content": {
			handler: func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusNoContent)
				if _, err := io.WriteString(w, "x"); !errors.Is(err, http.ErrBodyNotAllowed) {
					panic("written")
				}
			},
			want: seen{status: 204, text: "204 No Content"},
		},
		"head": {
			method: "HEAD",
			handler: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "5")
				w.Header().Set("Content-Type", "text/css")
				io.WriteString(w, "hello")
			},
			want: seen{status: 200, text: "200 OK", length: 5, header: "5", contentType: "text/css"},
		},
		"more than declared": {
			handler: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "5")
				io.WriteString(w, "hello")
				if _, err := io.WriteString(w, "!"); !errors.Is(err, http.ErrContentLength) {
					panic("written")
				}
			},
			want: seen{status: 200, text: "200 OK", body: "hello", length: 5, header: "5", contentType: "text/plain; charset=utf-8"},
		},
		"flushed": {
			handler: func(w http.ResponseWriter, _ *http.Request) {
				io.WriteString(w, "hel")
				w.(http.Flusher).Flush()
				io.WriteString(w, "lo")
				w.(http.Flusher).Flush()
			},
			want: seen{status: 200, text: "200 OK", body: "hello", length: -1, chunked: true, contentType: "text/plain; charset=utf-8"},
		},
		"flushed, of known length": {
			handler: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "5")
				io.WriteString(w, "hel")
				w.(http.Flusher).Flush()
				io.WriteString(w, "lo")
			},
			want: seen{status: 200, text: "200 OK", body: "hello", length: 5, header: "5", contentType: "text/plain; charset=utf-8"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			overBoth(t, test.handler, func(t *testing.T, c *http.Client, base string) {
				r, err := http.NewRequest(test.method, base, nil)
				require.NoError(t, err)
				response, err := c.Do(r)
				require.NoError(t, err)
				body, err := io.ReadAll(response.Body)
				require.NoError(t, err)
				require.NoError(t, response.Body.Close())
				require.Equal(t, test.want, seen{
					response.StatusCode, response.Status, string(body), response.ContentLength,
					len(response.TransferEncoding) > 0, response.Header.Get("Content-Type"),
					response.Header.Get("Content-Length"), response.Header.Get("X-Note"),
				})
				_, err = http.ParseTime(response.Header.Get("Date"))
				require.NoError(t, err)
				require.Same(t, r, response.Request)
			})
		})
	}
}

func TestAHandlerThatDoesNotFinish(t *testing.T) {
	tests := map[string]struct {
		handler http.HandlerFunc
		text    string
	}{
		"aborts":                  {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "aborted the response"},
		"panics":                  {func(http.ResponseWriter, *http.Request) { panic("the reason") }, "the reason"},
		"panics in a bad status":  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(99) }, "invalid WriteHeader code 99"},
		"aborts after writing":    {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "x"); panic(http.ErrAbortHandler) }, "aborted the response"},
		"declares more than that": {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "5") }, "wrote 0 of the 5 bytes"},
		"aborts while streaming": {
			func(w http.ResponseWriter, _ *http.Request) { w.(http.Flusher).Flush(); panic(http.ErrAbortHandler) },
			"aborted the response",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			response, err := client(test.handler).Get("http://memory.test")
			if err == nil {
				defer response.Body.Close()
				_, err = io.ReadAll(response.Body)
			}
			require.ErrorIs(t, err, io.ErrUnexpectedEOF)
			require.ErrorContains(t, err, test.text)
		})
	}
}

func TestBadRequests(t *testing.T) {
	cancelled, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("cancelled by the test"))
	request := func(ctx context.Context, u *url.URL) *http.Request {
		return (&http.Request{Method: "POST", URL: u}).WithContext(ctx)
	}
	handler := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("served") })
	u := &url.URL{Scheme: "http", Host: "memory.test", Path: "/"}
	tests := map[string]struct {
		handler http.Handler
		request *http.Request
		text    string
	}{
		"no handler":      {nil, request(t.Context(), u), "no handler"},
		"no URL":          {handler, request(t.Context(), nil), "without a URL"},
		"bad target":      {handler, request(t.Context(), &url.URL{Scheme: "http", Opaque: "%zz"}), "request target"},
		"cancelled early": {handler, request(cancelled, u), "cancelled by the test"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			body := &closeCounter{Reader: strings.NewReader("x")}
			test.request.Body = body
			_, err := (&memhttp.Transport{Handler: test.handler}).RoundTrip(test.request)
			require.ErrorContains(t, err, test.text)
			require.EqualValues(t, 1, body.closed.Load(), "a round trip closes the request's body")
		})
	}
}

type closeCounter struct {
	io.Reader
	closed atomic.Int32
}

func (c *closeCounter) Close() error { c.closed.Add(1); return nil }

func TestTheRequestBodyIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		body := &closeCounter{Reader: strings.NewReader("x")}
		r := httptest.NewRequest("POST", "http://memory.test/", body)
		_, err := (&memhttp.Transport{Handler: http.NotFoundHandler()}).RoundTrip(r)
		require.NoError(t, err)
		synctest.Wait()
		require.EqualValues(t, 1, body.closed.Load())
	})
}

func TestTheHandlerDoesNotSeeTheClientsContextValues(t *testing.T) {
	type key struct{}
	var got any = "not served"
	c := client(func(_ http.ResponseWriter, r *http.Request) { got = r.Context().Value(key{}) })
	r, err := http.NewRequestWithContext(context.WithValue(t.Context(), key{}, "secret"), "GET", "http://memory.test", nil)
	require.NoError(t, err)
	_, err = c.Do(r)
	require.NoError(t, err)
	require.Nil(t, got)
}
