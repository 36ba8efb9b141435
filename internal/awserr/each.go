package awserr

// Each calls do with err if that is an E, or with each E among those that it joins. It
// does not look into errors that wrap a single one.
func Each[E error](err error, do func(E)) {
	switch e := err.(type) {
	case E:
		do(e)
	case interface{ Unwrap() []error }:
		for _, each := range e.Unwrap() {
			Each(each, do)
		}
	}
}
