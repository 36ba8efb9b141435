package awshttp

import (
	"net/http"
	"time"

	"github.com/leat-go/leat/internal/sigv4"
	"github.com/leat-go/leat/internal/syntax"
)

// Authenticate checks that r, with its body, is signed with one of the keys for a
// service, which is named as credential scopes name it. Nil keys let everybody in.
func (t Conditions) Authenticate(r *http.Request, body []byte, keys map[string]string, service string) error {
	if keys == nil {
		return nil
	}
	secretOf := func(id string) (string, bool) {
		secret, ok := keys[id]
		return secret, ok
	}
	if err := sigv4.Verify(r, body, secretOf, time.Now()); err != nil {
		return err
	}
	if _, _, scope, _ := sigv4.ParseCredential(r); scope != service {
		return t.badScope("Credential should be scoped to correct service: '" + service + "'.")
	}
	return nil
}

// A Service is a set of resources as one account sees it in one region.
type Service[S any] interface {
	Account() string
	As(account, region string) (S, error)
}

// View returns a service as the account and in the region that r's credentials
// name. An access key id that is no account means the service's own.
func View[S Service[S]](t Conditions, r *http.Request, service S) (S, error) {
	key, region, _, ok := sigv4.ParseCredential(r)
	if !ok {
		return service, nil
	}
	account := service.Account()
	if syntax.IsAccount(key) {
		account = key
	}
	view, err := service.As(account, region)
	if err != nil {
		return view, t.badScope("Credential should be scoped to a valid region.")
	}
	return view, nil
}

func (t Conditions) badScope(message string) error {
	return t.New("InvalidSignatureException", message)
}
