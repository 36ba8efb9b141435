package console

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"net/http"
	"strconv"
	"sync"
	"time"
)

//go:embed assets
var assets embed.FS

// templates are parsed when a page is shown for the first time: most programs show none.
var templates = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("").Funcs(template.FuncMap{
		"count":   func(n any) string { return countAny(n) },
		"bytes":   func(n any) string { return bytesText(float64(whole(n))) },
		"perSec":  rateText,
		"rateOf":  bytesText,
		"percent": percent,
		"short":   shortDuration,
		"number":  func(f float64) string { return strconv.FormatFloat(f, 'f', 3, 64) },
		"stamp":   func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") },
		"machine": func(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) },
	}).ParseFS(assets, "assets/*.html"))
})

// assetVersion changes with the files that pages load besides, so that browsers may keep
// them.
var assetVersion = sync.OnceValue(func() string {
	hash := sha256.New()
	for _, name := range []string{"console.css", "console.js"} {
		data, err := assets.ReadFile("assets/" + name)
		if err != nil {
			panic("console: " + err.Error()) // it is embedded
		}
		hash.Write(data)
	}
	return hex.EncodeToString(hash.Sum(nil)[:6])
})

func serveAsset(w http.ResponseWriter, r *http.Request, name string) {
	kind := map[string]string{"console.css": "text/css; charset=utf-8", "console.js": "text/javascript; charset=utf-8"}[name]
	data, err := assets.ReadFile("assets/" + name)
	if kind == "" || err != nil {
		http.NotFound(w, r)
		return
	}
	if r.URL.Query().Get("v") == assetVersion() {
		w.Header().Set("Cache-Control", "max-age=31536000, immutable")
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	if r.Method != http.MethodHead {
		w.Write(data)
	}
}

func whole(n any) int64 {
	switch n := n.(type) {
	case int:
		return int64(n)
	case int64:
		return n
	default:
		return 0
	}
}

func countAny(n any) string { return count(whole(n)) }
