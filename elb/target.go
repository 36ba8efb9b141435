package elb

import "net/http"

// Target is where requests can go. Its fields are set before it is registered and not
// changed afterwards; a Target is known by its pointer.
type Target struct {
	// ID names the target in its group. Empty means the Address.
	ID string
	// Address is a host and a port, "10.0.0.1:8080". Empty for a target in this
	// process.
	Address string
	// Handler is a target in this process, in place of an Address.
	Handler http.Handler
	// Function is a target in this process that speaks as a Lambda function does, in place
	// of an Address.
	Function Function
	// Zone is the availability zone that the target is in; it may be empty.
	Zone string
	// Weight is the share of requests that a weighted algorithm sends to the target, in
	// proportion to the others', 1 to 65,535. Zero means 1.
	Weight int
}

// Name returns the target's ID, or its Address if it has none.
func (t *Target) Name() string {
	if t.ID != "" {
		return t.ID
	}
	return t.Address
}

func (t *Target) weight() int { return max(t.Weight, 1) }
