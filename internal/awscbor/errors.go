package awscbor

// Error says why a body could not be read: AWS answers with a
// SerializationException.
type Error struct {
	// Message is the text that AWS has for a value of the wrong type in JSON. What
	// it says to the same value in CBOR is not recorded. It is empty when the body
	// is not well-formed, is no map, or has a member whose name is no text.
	Message string
}

func (e *Error) Error() string {
	if e.Message == "" {
		return "awscbor: malformed CBOR"
	}
	return "awscbor: " + e.Message
}

var (
	errMalformed  = &Error{}
	errList       = &Error{Message: "Start of list found where not expected"}
	errStructure  = &Error{Message: "Start of structure or map found where not expected."}
	errNoList     = &Error{Message: "Expected list or null"}
	errNotNull    = &Error{Message: "Expected null"}
	errOutOfRange = &Error{Message: "NUMBER_VALUE is out of range"}
)

// unexpected is the error of a value that is not the list, structure or map that is
// wanted; scalar is that for one without parts.
func unexpected(h head, scalar *Error) error {
	switch h.major {
	case majorArray:
		return errList
	case majorMap:
		return errStructure
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
	return &Error{Message: found + " can not be converted to " + wanted}
}
