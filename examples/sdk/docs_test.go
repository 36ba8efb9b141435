package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSnippetsOfTheGuide: each Go snippet of docs/testing.md is in this package, so that
// it compiles and passes, but for its indentation and empty lines.
func TestSnippetsOfTheGuide(t *testing.T) {
	guide, err := os.ReadFile("../../docs/testing.md")
	require.NoError(t, err)
	snippets := regexp.MustCompile("(?ms)^```go\n(.*?)^```$").FindAllStringSubmatch(string(guide), -1)
	require.NotEmpty(t, snippets)
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	var sources [][]string
	for _, name := range files {
		source, err := os.ReadFile(name)
		require.NoError(t, err)
		sources = append(sources, linesOf(string(source)))
	}
	for _, snippet := range snippets {
		require.True(t, slices.ContainsFunc(sources, func(source []string) bool { return contains(source, linesOf(snippet[1])) }), "%s", snippet[1])
	}
}

// linesOf returns the lines of a text that are not empty, without indentation.
func linesOf(text string) (lines []string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// contains tells whether part is in lines, in one piece.
func contains(lines, part []string) bool {
	for i := 0; i+len(part) <= len(lines); i++ {
		if slices.Equal(lines[i:i+len(part)], part) {
			return true
		}
	}
	return false
}

func TestContains(t *testing.T) {
	source := linesOf("a\n\n\tb\nc\n")
	require.True(t, contains(source, []string{"b", "c"}))
	require.False(t, contains(source, []string{"a", "c"}))
	require.False(t, contains(source, []string{"c", "d"}))
}
