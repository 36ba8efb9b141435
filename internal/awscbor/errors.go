package awscbor

import "github.com/leat-go/leat/internal/awsshape"

// Error says why a body could not be read. Its Message is empty when the body is not
// well-formed, is no map, or has a member whose name is no text.
type Error = awsshape.Error

// unexpected is the error of a value that is not the list, structure or map that is
// wanted; scalar is that for one without parts.
func unexpected(h head, scalar *Error) error {
	switch h.major {
	case majorArray:
		return awsshape.ErrList
	case majorMap:
		return awsshape.ErrStructure
	default:
		return scalar
	}
}

// mismatch is the error of a value that can not be what is wanted.
func mismatch(h head, wanted string) error {
	var found string
	switch {
	case h.major == majorArray || h.major == majorMap:
		return unexpected(h, nil)
	case h.major == majorText:
		found = "STRING_VALUE"
	case h.major == majorBytes:
		found = "BLOB_VALUE"
	case h.major != majorSimple || h.isFloat():
		found = "NUMBER_VALUE"
	case h.info == simpleTrue&31:
		found = "TRUE_VALUE"
	case h.info == simpleFalse&31:
		found = "FALSE_VALUE"
	default:
		found = "SIMPLE_VALUE"
	}
	return awsshape.Mismatch(found, wanted)
}
