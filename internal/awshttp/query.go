package awshttp

import (
	"mime"
	"net/http"
	"net/url"
	"strings"
)

const formType = "application/x-www-form-urlencoded"

// MediaType returns the type of a request's body without its parameters; empty if
// there is none or it is malformed.
func MediaType(r *http.Request) string {
	contentType := r.Header.Get("Content-Type")
	if strings.IndexByte(contentType, ';') >= 0 {
		contentType, _, _ = mime.ParseMediaType(contentType)
		return contentType
	}
	return strings.ToLower(strings.TrimSpace(contentType))
}

// IsQuery tells whether a request with a body of that type speaks the Query
// protocol: a form by POST, or an action in the URL. With form the body has
// parameters, too.
func IsQuery(r *http.Request, mediaType string) (form, ok bool) {
	post := r.Method == http.MethodPost
	if post && mediaType == formType {
		return true, true
	}
	return false, (post || r.Method == http.MethodGet) && strings.Contains(r.URL.RawQuery, "Action=")
}

// OpenQuery reads the parameters of a request in the Query protocol, the form's
// before those of the URL, and its action.
func (t Conditions) OpenQuery(r *http.Request, body []byte, form bool) (action string, params url.Values, err error) {
	params, err = url.ParseQuery(r.URL.RawQuery)
	if err == nil && form {
		var inBody url.Values
		inBody, err = url.ParseQuery(string(body))
		for name, values := range params {
			inBody[name] = append(inBody[name], values...)
		}
		params = inBody
	}
	if err != nil {
		return "", nil, t.New("MalformedQueryString", "The query string contains a syntax error.")
	}
	if action = params.Get("Action"); action == "" {
		return "", nil, t.New("MissingAction", "The request must contain the parameter Action.")
	}
	return action, params, nil
}
