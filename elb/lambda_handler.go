package elb

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"
)

// maxFunctionBody is how many bytes a request's body may have that a function gets, and
// the JSON of its response.
const maxFunctionBody = 1 << 20

// functionHandler calls a function for requests. It may be used concurrently. ("Lambda
// functions as targets" in the User Guide for Application Load Balancers.)
type functionHandler struct {
	arn      string // of the target group
	multi    bool   // values are lists
	function Function
}

// newFunctionHandler returns the handler of a function in the target group of an ARN.
// With multi, headers and query parameters have lists of values.
func newFunctionHandler(arn string, multi bool, f Function) *functionHandler {
	return &functionHandler{arn, multi, f}
}

// Why a function does not answer: reason codes of AWS's access log, all of which count as
// LambdaUserError. ("Access log entries" in the same guide, "Lambda error reason codes".)
const (
	lambdaBadRequest       = "LambdaBadRequest"       // the request is not UTF-8
	lambdaRequestTooLarge  = "LambdaRequestTooLarge"  // its body has more than 1 MB
	lambdaInvalidResponse  = "LambdaInvalidResponse"  // what the function returned is malformed
	lambdaResponseTooLarge = "LambdaResponseTooLarge" // it has more than 1 MB
	lambdaUnhandled        = "LambdaUnhandled"        // the function failed
)

// functionError is why a request is not answered by a function.
type functionError struct {
	status int    // to answer with instead
	reason string // one of those above; empty if it is not about the function
	err    error
}

func (e *functionError) Error() string { return "elb: " + e.err.Error() }
func (e *functionError) Unwrap() error { return e.err }

// serve calls the function for a request, which is as a target would get it, and writes
// its answer. If it fails it has not written anything; errors of writing are w's. Once the
// request's context is over a failure may come from that.
func (h *functionHandler) serve(w http.ResponseWriter, r *http.Request) *functionError {
	event, failed := h.event(r)
	if failed != nil {
		return failed
	}
	response, err := h.call(r.Context(), event)
	if err != nil {
		return &functionError{http.StatusBadGateway, lambdaUnhandled, err}
	}
	answer, failed := h.answer(response)
	if failed != nil {
		return failed
	}
	answer.write(w, r.Method)
	return nil
}

// call makes an error of a panic.
func (h *functionHandler) call(ctx context.Context, event []byte) (response []byte, err error) {
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("the function panicked: %v\n%s", value, debug.Stack())
		}
	}()
	return h.function(ctx, event)
}

// ServeHTTP implements [http.Handler], for health checks: they do not come through
// a balancer, so there is no trace in their header, and their event has no host.
func (h *functionHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if len(r.Header[traceHeader]) == 0 {
		check := *r
		check.Host = ""
		r = &check
	}
	if failed := h.serve(w, r); failed != nil {
		w.WriteHeader(failed.status)
	}
}
