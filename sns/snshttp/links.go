package snshttp

import (
	"net/http"

	"github.com/leat-go/leat/internal/awshttp"
)

// isLink tells whether an action is one that messages have links to, which need no
// credentials.
func isLink(action string) bool {
	return action == "ConfirmSubscription" || action == "Unsubscribe"
}

// certificatePrefix begins the paths of certificates, as on AWS.
const certificatePrefix = "/SimpleNotificationService-"

// serveCertificate answers with the certificate that envelopes are signed with.
func (h *Handler) serveCertificate(w http.ResponseWriter, r *http.Request, id string) {
	key, err := h.service.SigningKey()
	switch {
	case err != nil:
		e := conditions.Explain(err)
		awshttp.Send(w, e.Status, xmlType, id, queryXML.AppendError(nil, e.Fault(), e.Query, e.Message, id))
	case r.URL.Path != key.CertificatePath() || r.Method != http.MethodGet && r.Method != http.MethodHead:
		awshttp.Send(w, http.StatusNotFound, xmlType, id, []byte("<UnknownOperationException/>"))
	default:
		awshttp.Send(w, http.StatusOK, "application/x-pem-file", id, key.CertificatePEM())
	}
}
