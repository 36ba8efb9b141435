package awshttp

import (
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/leat-go/leat/internal/awsjson"
)

// JSON11 is the type of a body in AWS JSON 1.1. The action is in a header then, and
// the path means nothing.
const JSON11 = "application/x-amz-json-1.1"

// Action returns the action that the header X-Amz-Target of a request is for, without
// the service's prefix; empty for none of the service's.
func Action(r *http.Request, prefix string) string {
	action, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), prefix)
	if !ok {
		return ""
	}
	return action
}

// DecodeJSON reads the input of an action into a struct. All its binary data is in the
// scratch buffer, which has room for what Base64 can make of the body.
func DecodeJSON(body []byte, scratch *Buffer, input any) (err error) {
	scratch.Data = slices.Grow(scratch.Data[:0], len(body)/4*3)
	scratch.Data, err = awsjson.DecodeTo(scratch.Data, body, input)
	return err
}

// AppendError11 appends the body that tells an error in JSON 1.1. The
// SerializationException is the one whose text AWS calls Message.
func AppendError11(dst []byte, e *Error) []byte {
	dst = append(dst, `{"__type":`...)
	dst = awsjson.AppendString(dst, e.Kind)
	if e.Message != "" {
		name := `,"message":`
		if e.Kind == "SerializationException" {
			name = `,"Message":`
		}
		dst = append(dst, name...)
		dst = awsjson.AppendString(dst, e.Message)
	}
	return append(dst, '}')
}

// Refuse answers a request in no protocol that a service of JSON 1.1 speaks. AWS has
// XML for that, whether or not anybody can read it.
func Refuse(w http.ResponseWriter, r *http.Request, id string) {
	if r.Method == http.MethodPost && r.Header.Get("X-Amz-Target") != "" {
		Send(w, http.StatusNotFound, "text/xml", id, []byte("<UnknownOperationException/>\n"))
		return
	}
	if r.Body != nil {
		_, _ = io.CopyN(io.Discard, r.Body, 4<<10) // so that a connection stays usable after a small body
	}
	Send(w, http.StatusForbidden, "text/xml", id, []byte("<AccessDeniedException>\n"+
		"  <Message>Unable to determine service/operation name to be authorized</Message>\n"+
		"</AccessDeniedException>\n"))
}

// Conditions11 lists the errors whose status a service of JSON 1.1 has other than AWS's
// services at large: one that never spoke Query answers 400 wherever it is the
// caller's fault.
var Conditions11 = Conditions{
	{Kind: "InvalidSignatureException", Query: "SignatureDoesNotMatch", Status: 400, Common: true},
	{Kind: "IncompleteSignatureException", Query: "IncompleteSignature", Status: 400, Common: true},
	{Kind: "MissingAuthenticationTokenException", Query: "MissingAuthenticationToken", Status: 400, Common: true},
	{Kind: "UnrecognizedClientException", Query: "InvalidClientTokenId", Status: 400, Common: true},
	{Kind: "AccessDeniedException", Query: "AccessDenied", Status: 400, Common: true},
}
