package awsshape

// Error says why a body could not be read: AWS answers with a
// SerializationException.
type Error struct {
	// Message is AWS's text for a value of the wrong type in JSON; what it says to
	// the same value in CBOR is not recorded. It is empty when the body is not
	// well-formed; AWS has no text for that.
	Message string
}

func (e *Error) Error() string {
	if e.Message == "" {
		return "malformed body"
	}
	return e.Message
}

// The errors of bodies in every encoding.
var (
	ErrMalformed  = &Error{}
	ErrList       = &Error{Message: "Start of list found where not expected"}
	ErrStructure  = &Error{Message: "Start of structure or map found where not expected."}
	ErrNoList     = &Error{Message: "Expected list or null"} // of a value without parts
	ErrNotNull    = &Error{Message: "Expected null"}         // of a value without parts, for a structure or map
	ErrOutOfRange = &Error{Message: "NUMBER_VALUE is out of range"}
)

// Mismatch is the error of a value without parts that can not be what is wanted:
// Mismatch("NUMBER_VALUE", "a String").
func Mismatch(found, wanted string) *Error {
	return &Error{Message: found + " can not be converted to " + wanted}
}
