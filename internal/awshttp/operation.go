package awshttp

// Call is one request on its way through a front end.
type Call interface {
	// Decode reads the input of the action into a struct.
	Decode(input any) error
}

// Operation decodes the input of an action and runs it. The result is nil for the
// actions that have none.
type Operation[C Call] func(c C) (result any, err error)

// WithResult is the operation of an action that answers with a result.
func WithResult[C Call, In, Out any](run func(C, *In) (*Out, error)) Operation[C] {
	return func(c C) (any, error) {
		in := new(In)
		if err := c.Decode(in); err != nil {
			return nil, err
		}
		out, err := run(c, in)
		if err != nil {
			return nil, err
		}
		return out, nil
	}
}

// WithoutResult is the operation of an action that does not.
func WithoutResult[C Call, In any](run func(C, *In) error) Operation[C] {
	return func(c C) (any, error) {
		in := new(In)
		if err := c.Decode(in); err != nil {
			return nil, err
		}
		return nil, run(c, in)
	}
}
