package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseLine(t *testing.T) {
	for text, want := range map[string]line{
		`192.0.2.7 - - [14/Mar/2026:09:26:02 +0100] "GET /cart HTTP/1.1" 200 6394`:                           {"192.0.2.7", "2026-03-14 09:26", "/cart"},
		`host.example - anna [01/Jan/2026:00:00:59 -0530] "GET /a?b=c HTTP/2.0" 304 -`:                       {"host.example", "2026-01-01 00:00", "/a"},
		`2001:db8::1 - - [14/Mar/2026:09:26:02 +0000] "POST / HTTP/1.0" 200 1 "http://a.example/" "Agent/1"`: {"2001:db8::1", "2026-03-14 09:26", "/"},
	} {
		got, ok := parseLine(text)
		require.True(t, ok, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{
		"",
		" - - [14/Mar/2026:09:26:02 +0100] \"GET / HTTP/1.1\" 200 1",
		`192.0.2.7 [14/Mar/2026:09:26:02 +0100] "GET / HTTP/1.1" 200 1`,
		`192.0.2.7 - - [14/Mar/2026 09:26:02] "GET / HTTP/1.1" 200 1`,
		`192.0.2.7 - - [14/Mar/2026:09:26:02 +0100] "-" 408 -`,
		`192.0.2.7 - - [14/Mar/2026:09:26:02 +0100] "CONNECT a.example:443 HTTP/1.1" 400 -`,
		`192.0.2.7 - - [14/Mar/2026:09:26:02 +0100]`,
	} {
		_, ok := parseLine(text)
		require.False(t, ok, text)
	}
}
