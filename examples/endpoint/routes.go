package main

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/leat-go/leat"
	"github.com/leat-go/leat/cloudwatch"
	"github.com/leat-go/leat/console"
)

const consolePath = "/_leat/console/"

// routes puts what is for people and programs that watch beside what is for SDKs, at
// paths that no queue has.
func routes(cloud *leat.Cloud, o options) http.Handler {
	aws, aside := cloud.Handler(), http.NewServeMux()
	aside.HandleFunc("GET /_leat/health", health)
	aside.HandleFunc("GET /_leat/metrics", func(w http.ResponseWriter, r *http.Request) {
		cloudwatch.Prometheus(cloud.Metrics()).ServeHTTP(w, r)
	})
	aside.Handle(consolePath, cloud.Console(console.Config{BasePath: consolePath, Write: !o.readOnly, Hosts: o.hosts}))
	aside.Handle("GET /_leat/{$}", http.RedirectHandler(consolePath, http.StatusFound))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/_leat/") {
			aside.ServeHTTP(w, r)
		} else {
			aws.ServeHTTP(w, r) // not through a mux, which would redirect odd paths
		}
	})
}

// health says that the program serves; there is nothing in it that could be ill by itself.
func health(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"status":   "running",
		"services": map[string]string{"sqs": "running", "sns": "running", "kinesis": "running", "firehose": "running"},
	})
}
