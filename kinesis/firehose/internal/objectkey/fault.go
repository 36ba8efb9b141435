package objectkey

import (
	"errors"
	"fmt"
)

// What can be wrong with a partition key's value or with a key. They come wrapped in a
// [*KeyError].
var (
	// ErrNoPartitionKey: a partition key that the prefix names has no value, or an empty
	// one.
	ErrNoPartitionKey = errors.New("objectkey: a partition key is missing")
	// ErrCharacter: a value or an error type is not UTF-8, or has control characters.
	ErrCharacter = errors.New("objectkey: a character is not allowed in a key")
	// ErrNoErrorType: nothing says why the records failed.
	ErrNoErrorType = errors.New("objectkey: the error type is missing")
	// ErrTooLong: the prefix has more than 512 characters, the key more than 1,024 bytes,
	// or the error type more than 30.
	ErrTooLong = errors.New("objectkey: the key is too long")
)

// KeyError says why a key could not be made.
type KeyError struct {
	// Part is the expression that failed, without its braces; empty if it was no one in
	// particular.
	Part string
	// Err is one of this package's sentinels.
	Err error
}

func (e *KeyError) Error() string {
	if e.Part == "" {
		return e.Err.Error()
	}
	return fmt.Sprintf("%v: %s", e.Err, e.Part)
}

// Unwrap returns the sentinel.
func (e *KeyError) Unwrap() error { return e.Err }

// Fault is one fault of a [Config].
type Fault struct {
	// Field is the field's name.
	Field string
	// Message is AWS's text, where it is known.
	Message string
	// Detail says what the message leaves open; it may be empty.
	Detail string

	code string
}

func (e *Fault) Error() string {
	if e.Detail == "" {
		return "objectkey: " + e.Field + ": " + e.Message
	}
	return "objectkey: " + e.Field + ": " + e.Message + " (" + e.Detail + ")"
}

// ErrorCode returns the code that the API gives for such a fault: ValidationException
// if the shape of a parameter is wrong, otherwise InvalidArgumentException.
func (e *Fault) ErrorCode() string { return e.code }

// ErrorMessage returns AWS's text.
func (e *Fault) ErrorMessage() string { return e.Message }

// AWS's texts, as the service was seen to send them. The lead of a constraint is
// spelled like that.
const (
	constraint = "Ths supplied prefix(es) do not satisfy the following constraint: "

	textExpression    = constraint + "Invalid expression usage"
	textNamespace     = constraint + "Namespace to the left of colon (%s) is an invalid keyword!"
	textConversion    = constraint + "Invalid conversion character used in the value of the expression in %s"
	textNoErrorPrefix = constraint + "ErrorOutputPrefix cannot be null or empty when Prefix contains expressions"
	textNoErrorType   = constraint + "ErrorOutputPrefix must contain at least one occurrence of !{firehose:error-output-type}"
	textErrorType     = constraint + "Prefix must not contain any occurrence of !{firehose:error-output-type}"
	textLength        = constraint + "Length of evaluated %s cannot be greater than 512"

	textNotPartitioned = "Dynamic Partitioning Namespaces can only be part of a prefix expression when Dynamic Partitioning is enabled."
	textNoPartition    = "S3 Prefix should contain Dynamic Partitioning namespaces when Dynamic Partitioning is enabled"
	textErrorPartition = "Dynamic Partitioning Namespaces can't be part of an error prefix expression"
)

// faults collects what is wrong with a configuration.
type faults []error

func (f *faults) invalid(field, message, detail string) {
	*f = append(*f, &Fault{Field: field, Message: message, Detail: detail, code: "InvalidArgumentException"})
}

// shape adds a fault of a parameter's shape. The text is the one that AWS's services
// have for it, without the number of faults before it.
func (f *faults) shape(field, parameter, value, rule string) {
	*f = append(*f, &Fault{
		Field:   field,
		Message: fmt.Sprintf("Value '%.200s' at '%s' failed to satisfy constraint: Member must %s", value, parameter, rule),
		code:    "ValidationException",
	})
}
