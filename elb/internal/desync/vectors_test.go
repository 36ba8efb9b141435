package desync_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/elb/internal/desync"
)

// TestVectors classifies the example requests in the folder DESYNC_VECTORS or, without
// that, in shared/vectors/desync of this folder's parents.
func TestVectors(t *testing.T) {
	dir := vectorsDir(t)
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	require.NoError(t, err)
	require.NotEmpty(t, files, dir)
	counts := map[string]int{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		vectors, err := parseVectors(string(text))
		require.NoError(t, err, file)
		require.Len(t, vectors, strings.Count("\n"+string(text), "\n- name:"), file)
		for _, v := range vectors {
			t.Run(filepath.Base(file)+"/"+v.name, func(t *testing.T) {
				head := desync.Head{Method: []byte(v.method), Target: []byte(v.uri), Version: []byte(v.version)}
				for _, f := range v.fields {
					head.Fields = append(head.Fields, desync.Field{Name: []byte(f["name"]), Value: []byte(f["value"])})
				}
				class, reason := desync.Classify(&head)
				require.Equal(t, v.expected["tier"]+" "+v.expected["reason"], class.String()+" "+string(reason))
				for i, f := range v.fields {
					require.Equal(t, f["tier"], head.Fields[i].Tier.String(), "field %q", f["name"])
				}
				counts[class.String()+" "+string(reason)]++
			})
		}
	}
	total := 0
	for _, key := range slices.Sorted(maps.Keys(counts)) {
		t.Logf("%3d %s", counts[key], key)
		total += counts[key]
	}
	t.Logf("%3d in all, of %d files", total, len(files))
}

func vectorsDir(t *testing.T) string {
	if dir := os.Getenv("DESYNC_VECTORS"); dir != "" {
		return dir
	}
	at, err := os.Getwd()
	require.NoError(t, err)
	for {
		dir := filepath.Join(at, "shared", "vectors", "desync")
		if _, err := os.Stat(dir); err == nil {
			return dir
		}
		parent := filepath.Dir(at)
		if parent == at {
			t.Skip("there is no folder shared/vectors/desync above this one, and DESYNC_VECTORS is not set")
		}
		at = parent
	}
}

type vector struct {
	name, uri, method, version string
	fields                     []map[string]string
	expected                   map[string]string
}

// parseVectors reads as much of YAML as the vectors use: lists of maps by indentation,
// comments on lines of their own, and scalars on one line.
func parseVectors(text string) (vectors []vector, err error) {
	section := ""
	for i, line := range strings.Split(text, "\n") {
		rest := strings.TrimLeft(line, " ")
		if rest == "" || rest[0] == '#' {
			continue
		}
		fail := func(why string) ([]vector, error) { return nil, fmt.Errorf("line %d: %s: %s", i+1, why, line) }
		indent := len(line) - len(rest)
		item := strings.HasPrefix(rest, "- ")
		if item {
			rest = strings.TrimLeft(rest[2:], " ")
		}
		if indent == 6 && item && section == "required_message_items" {
			continue
		}
		key, value, ok := strings.Cut(rest, ":")
		if !ok {
			return fail("no key")
		}
		if value, err = scalar(strings.TrimSpace(value)); err != nil {
			return fail(err.Error())
		}
		if indent == 0 && item && key == "name" {
			vectors = append(vectors, vector{name: value, expected: map[string]string{}})
			section = ""
			continue
		}
		if len(vectors) == 0 {
			return fail("outside of a list")
		}
		v := &vectors[len(vectors)-1]
		switch {
		case indent == 2 && key == "uri":
			v.uri = value
		case indent == 2 && key == "method":
			v.method = value
		case indent == 2 && key == "version":
			v.version = value
		case indent == 2 && (key == "headers" || key == "expected"):
			section = key
		case indent == 4 && item && section == "headers" && key == "name":
			v.fields = append(v.fields, map[string]string{"name": value})
		case indent == 6 && section == "headers" && (key == "value" || key == "tier"):
			v.fields[len(v.fields)-1][key] = value
		case indent == 4 && section == "expected" && (key == "tier" || key == "reason"):
			v.expected[key] = value
		case indent == 4 && section == "expected" && key == "required_message_items":
			section = key
		default:
			return fail("unexpected")
		}
	}
	return vectors, nil
}

// scalar reads a plain scalar, or one in single or double quotes. Of the escapes it knows
// those for single characters and \x, which stands for a code point.
func scalar(s string) (string, error) {
	switch {
	case s == "" || s[0] != '\'' && s[0] != '"':
		return s, nil
	case len(s) < 2 || s[len(s)-1] != s[0]:
		return "", fmt.Errorf("open quote")
	case s[0] == '\'':
		s = s[1 : len(s)-1]
		if strings.Contains(strings.ReplaceAll(s, "''", ""), "'") {
			return "", fmt.Errorf("stray quote")
		}
		return strings.ReplaceAll(s, "''", "'"), nil
	}
	var b strings.Builder
	for s = s[1 : len(s)-1]; s != ""; {
		c := s[0]
		s = s[1:]
		if c == '"' {
			return "", fmt.Errorf("stray quote")
		}
		if c != '\\' {
			b.WriteByte(c)
			continue
		}
		if s == "" {
			return "", fmt.Errorf("open escape")
		}
		c, s = s[0], s[1:]
		switch i := strings.IndexByte(`0abtnvfre"\/ `, c); {
		case i >= 0:
			b.WriteByte("\x00\a\b\t\n\v\f\r\x1b\"\\/ "[i])
		case c == 'x' && len(s) >= 2:
			n, err := strconv.ParseUint(s[:2], 16, 8)
			if err != nil {
				return "", err
			}
			b.WriteRune(rune(n))
			s = s[2:]
		default:
			return "", fmt.Errorf("unknown escape \\%c", c)
		}
	}
	return b.String(), nil
}

func TestScalar(t *testing.T) {
	for in, want := range map[string]string{
		``: ``, `1000 1000`: `1000 1000`, `a\tb`: `a\tb`,
		`''`: ``, `'it''s \x01'`: `it's \x01`,
		`""`: ``, `"\x01\t\\\"\r\n\0é"`: "\x01\t\\\"\r\n\x00é", `"\xff"`: "\u00ff",
	} {
		got, err := scalar(in)
		require.NoError(t, err, in)
		require.Equal(t, want, got, in)
	}
	for _, in := range []string{`'a`, `"a`, `"`, `'a'b'`, `"a"b"`, `"\q"`, `"\x0"`, `"\"`} {
		_, err := scalar(in)
		require.Error(t, err, in)
	}
}
