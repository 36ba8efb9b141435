package sigv4

import (
	"net/http"
	"strings"
)

// Error is why a request was refused. AWS gives the same condition different codes
// by protocol; both are here.
type Error struct {
	// Code is the code of the Query protocol: MissingAuthenticationToken,
	// IncompleteSignature, InvalidClientTokenId or SignatureDoesNotMatch. An
	// expired request is SignatureDoesNotMatch too: the RequestExpired of AWS's
	// "Common Errors" pages is not what SQS and SNS answer with.
	Code string
	// JSONCode is the code of the JSON and CBOR protocols, such as
	// InvalidSignatureException.
	JSONCode string
	Message  string
	// Status is the HTTP status of SQS and SNS, on either protocol. Services
	// that never spoke Query, such as Kinesis, answer 400 throughout.
	Status int
}

func (e *Error) Error() string { return "sigv4: " + e.Code + ": " + e.Message }

func missingToken() *Error {
	return &Error{
		Code:     "MissingAuthenticationToken",
		JSONCode: "MissingAuthenticationTokenException",
		Message:  "Request is missing Authentication Token",
		Status:   http.StatusForbidden,
	}
}

func incomplete(message string) *Error {
	return &Error{
		Code:     "IncompleteSignature",
		JSONCode: "IncompleteSignatureException",
		Message:  message,
		Status:   http.StatusBadRequest,
	}
}

func unknownKey() *Error {
	return &Error{
		Code:     "InvalidClientTokenId",
		JSONCode: "UnrecognizedClientException",
		Message:  "The security token included in the request is invalid.",
		Status:   http.StatusForbidden,
	}
}

func invalid(message ...string) *Error {
	return &Error{
		Code:     "SignatureDoesNotMatch",
		JSONCode: "InvalidSignatureException",
		Message:  strings.Join(message, ""),
		Status:   http.StatusForbidden,
	}
}

// mismatch tells the client what the server signed, as AWS does: it is the only way
// for the author of a client to find the difference, and holds no secret.
func mismatch(canonical, toSign string) *Error {
	return invalid("The request signature we calculated does not match the signature you provided. ",
		"Check your AWS Secret Access Key and signing method. Consult the service documentation for details.\n\n",
		"The Canonical String for this request should have been\n'", canonical, "'\n\n",
		"The String-to-Sign should have been\n'", toSign, "'\n")
}
