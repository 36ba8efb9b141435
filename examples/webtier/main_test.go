package main

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"regexp"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The program is about connections that break, so these tests use real ones and real time.

func TestStory(t *testing.T) {
	want, err := os.ReadFile("testdata/want.txt")
	require.NoError(t, err)
	noneLeft(t)
	var stdout, stderr bytes.Buffer
	status := run(t.Context(), nil, &stdout, &stderr)
	require.Equal(t, string(want), stdout.String(), stderr.String())
	require.Zero(t, status, stderr.String())
	require.Contains(t, stderr.String(), "web-2: unhealthy, was healthy. Health checks failed")
	require.Regexp(t, `(?m)^ +web-2 +\d+ +[1-9]\d* +healthy$`, stderr.String(), "some request is broken off")
	t.Log(stderr.String())
}

// An interruption ends in an account that adds up: nothing is broken off by it.
func TestInterruption(t *testing.T) {
	noneLeft(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stdout := &onText{text: "crashes in the middle of a request", do: cancel}
	var stderr bytes.Buffer
	require.Equal(t, 1, run(ctx, nil, stdout, &stderr))
	require.Contains(t, stderr.String(), "web-2 is not unhealthy: context canceled")
	require.NotContains(t, stderr.String(), "accounted for")
	require.Regexp(t, `failed +0\n$`, stdout.all.String())
}

// With -wait the status page is there until the end, which is none by an error.
func TestWait(t *testing.T) {
	noneLeft(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var stdout bytes.Buffer
	stderr := &onText{text: "Ctrl-C ends the program"}
	stderr.do = func() {
		defer cancel()
		page := regexp.MustCompile(`the status page: (\S+)`).FindStringSubmatch(stderr.all.String())
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		answer, err := client.Get(page[1] + "?format=json")
		if err != nil {
			t.Error(err)
			return
		}
		defer answer.Body.Close()
		var status struct {
			Groups []struct {
				Name    string
				Targets []struct{ ID, State string }
			}
		}
		if err := json.NewDecoder(answer.Body).Decode(&status); err != nil {
			t.Error(err)
		}
		states := map[string]string{}
		for _, g := range status.Groups {
			for _, target := range g.Targets {
				states[g.Name+" "+target.ID] = target.State
			}
		}
		want := map[string]string{"api api-2": "healthy", "api api-3": "healthy", "web web-1": "healthy", "web web-2": "healthy", "web web-3": "healthy"}
		if !maps.Equal(want, states) {
			t.Errorf("the page has %v", states)
		}
	}
	require.Zero(t, run(ctx, []string{"-wait"}, &stdout, stderr))
}

// A visitor who gets an error, or an answer by the wrong server, is what the program must
// notice above all.
func TestErrorsAreNoticed(t *testing.T) {
	noneLeft(t)
	var stdout, stderr bytes.Buffer
	s, err := newStory(&stdout, &stderr)
	require.NoError(t, err)
	require.NoError(t, s.web.Register(targets(s.apis)...)) // not the web servers
	s.visitors.come(t.Context(), int64(len(visits)))()
	require.ErrorContains(t, check(s.account()), "answers received: 8 failed")
	require.Contains(t, stderr.String(), "GET http://shop.example/: answered by api servers, not by web servers")
	require.Contains(t, stderr.String(), "POST http://shop.example/api/orders: status 503 Service Unavailable")
	require.NoError(t, s.close())
}

func TestCheck(t *testing.T) {
	right := block{"apples", 3, []part{{"red", 1}, {"green", 2}, {failures, 0}}}
	lost := block{"pears", 3, []part{{"eaten", 2}}}
	bad := block{"plums", 2, []part{{"blue", 1}, {failures, 1}}}
	require.NoError(t, check([]block{right}))
	require.EqualError(t, check([]block{lost, right, bad}), "pears: 3, but 2 are accounted for\nplums: 1 failed")
}

func TestBadUsage(t *testing.T) {
	for _, args := range [][]string{{"-x"}, {"file"}} {
		var stdout, stderr bytes.Buffer
		require.Equal(t, 2, run(t.Context(), args, &stdout, &stderr))
		require.Empty(t, stdout.String())
		require.Contains(t, stderr.String(), "-wait")
	}
}

// onText is a writer that calls a function once when a text was written to it.
type onText struct {
	all  bytes.Buffer
	text string
	do   func()
}

func (w *onText) Write(p []byte) (int, error) {
	n, err := w.all.Write(p)
	if do := w.do; do != nil && bytes.Contains(w.all.Bytes(), []byte(w.text)) {
		w.do = nil
		do()
	}
	return n, err
}

// noneLeft has the test fail if it leaves goroutines behind.
func noneLeft(t *testing.T) {
	t.Helper()
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		for limit := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
			if time.Now().After(limit) {
				stacks := make([]byte, 1<<20)
				t.Errorf("goroutines are left:\n%s", stacks[:runtime.Stack(stacks, true)])
				return
			}
		}
	})
}
