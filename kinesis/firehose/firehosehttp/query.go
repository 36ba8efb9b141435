package firehosehttp

import (
	"encoding/json"
	"strings"
)

// parseQuery reads the query of a MetadataExtraction processor: a jq expression that
// makes an object, {customer: .customer.id, "a b": .items[0], type}. It returns the
// paths by the names; whether they are paths is the engine's to say. A name alone stands
// for the field of that name.
func parseQuery(query string) (paths map[string]string, err error) {
	fault := invalidArgument("leat understands a MetadataExtractionQuery of the form {name: .path, name: .path}, and no other jq.")
	body := strings.TrimSpace(query)
	if !strings.HasPrefix(body, "{") || !strings.HasSuffix(body, "}") || len(body) < 2 {
		return nil, fault
	}
	rest := strings.TrimSpace(body[1 : len(body)-1])
	paths = map[string]string{}
	for rest != "" {
		var name, path string
		var ok bool
		if name, rest, ok = cutName(rest); !ok {
			return nil, fault
		}
		rest = strings.TrimSpace(rest)
		if value, found := strings.CutPrefix(rest, ":"); found {
			end := endOfPath(value)
			path, rest = strings.TrimSpace(value[:end]), value[end:]
		} else {
			quoted, _ := json.Marshal(name)
			path = "." + string(quoted)
		}
		if _, twice := paths[name]; twice || path == "" {
			return nil, fault
		}
		paths[name] = path
		if rest == "" {
			break
		}
		after, comma := strings.CutPrefix(rest, ",")
		if rest = strings.TrimSpace(after); !comma || rest == "" {
			return nil, fault
		}
	}
	if len(paths) == 0 {
		return nil, fault
	}
	return paths, nil
}

// cutName cuts the name of a field off, an identifier or a string.
func cutName(s string) (name, rest string, ok bool) {
	if strings.HasPrefix(s, `"`) {
		d := json.NewDecoder(strings.NewReader(s))
		if d.Decode(&name) != nil {
			return "", "", false
		}
		return name, s[d.InputOffset():], name != ""
	}
	end := strings.IndexFunc(s, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
	if end < 0 {
		end = len(s)
	}
	return s[:end], s[end:], end > 0 && (s[0] < '0' || s[0] > '9')
}

// endOfPath returns where the path that s begins with ends: at a comma that is in no
// string.
func endOfPath(s string) int {
	for i, quoted := 0, false; i < len(s); i++ {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case s[i] == '\\' && quoted:
			i++
		case s[i] == ',' && !quoted:
			return i
		}
	}
	return len(s)
}
