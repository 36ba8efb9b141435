package main

import (
	"net/http"
	"strings"
)

// dispatch has each request answered by the service that it is for.
func dispatch(queues, topics http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isForSNS(r) {
			topics.ServeHTTP(w, r)
		} else {
			queues.ServeHTTP(w, r)
		}
	})
}

// isForSNS goes by the scope of the credentials, which every SDK sends. What has none
// is for SNS if it is one of the links in its messages, or names its version in the URL.
func isForSNS(r *http.Request) bool {
	query := r.URL.Query()
	for _, credential := range []string{r.Header.Get("Authorization"), query.Get("X-Amz-Credential")} {
		if strings.Contains(credential, "/aws4_request") {
			return strings.Contains(credential, "/sns/aws4_request")
		}
	}
	action := query.Get("Action")
	return action == "ConfirmSubscription" || action == "Unsubscribe" || query.Get("Version") == "2010-03-31" ||
		strings.HasPrefix(r.URL.Path, "/SimpleNotificationService-")
}
