// Package awserr has what the error types of leat's packages share. Each package has an
// Error of its own, with the operation, the name of what it was about, a sentinel, and
// AWS's text for the very case; the sentinels know AWS's code and default text.
package awserr

import "errors"

// Condition is a sentinel that knows AWS's code and default text.
type Condition interface {
	error
	Condition() (code, text string)
}

// Code returns AWS's code for an error: that of the condition which it wraps, else otherwise.
func Code(err error, otherwise string) string {
	if c, ok := errors.AsType[Condition](err); ok {
		code, _ := c.Condition()
		return code
	}
	return otherwise
}

// Message returns message, or if it is empty the text of the condition that err wraps, or
// what err says.
func Message(message string, err error) string {
	if message != "" {
		return message
	}
	if c, ok := errors.AsType[Condition](err); ok {
		_, text := c.Condition()
		return text
	}
	if err != nil {
		return err.Error()
	}
	return "unknown error"
}

// Text returns what an Error of a package says: "sqs: CreateQueue jobs: message". The
// resource may be empty.
func Text(pkg, op, resource, message string) string {
	if resource != "" {
		op += " " + resource
	}
	return pkg + ": " + op + ": " + message
}
