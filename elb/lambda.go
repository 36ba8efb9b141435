package elb

import "context"

// Function is a target that is called with an event for each request, and returns the
// answer, both JSON of the shape that AWS Lambda has for them. The event must not be
// changed or kept. It may be called concurrently.
type Function func(ctx context.Context, event []byte) (response []byte, err error)
