package kinesishttp

import (
	"errors"

	"github.com/leat-go/leat/kinesis"
)

type putResourcePolicyInput struct {
	ResourceARN *string
	Policy      *string
}

type getResourcePolicyOutput struct{ Policy string }

func putResourcePolicy(c *call, in *putResourcePolicyInput) error {
	var v validation
	v.resource(in.ResourceARN)
	v.Text("policy", in.Policy).Required()
	if err := v.Err(); err != nil {
		return err
	}
	r, err := c.resource(*in.ResourceARN)
	if err != nil {
		return err
	}
	return r.PutPolicy(*in.Policy)
}

// noPolicy is the policy that AWS tells of what has none.
const noPolicy = "{}"

func getResourcePolicy(c *call, in *resourceInput) (*getResourcePolicyOutput, error) {
	r, err := c.validResource(in.ResourceARN)
	if err != nil {
		return nil, err
	}
	policy, err := r.Policy()
	if errors.Is(err, kinesis.ErrResourceNotFound) {
		policy, err = noPolicy, nil // the resource itself was there just now
	}
	if err != nil {
		return nil, err
	}
	return &getResourcePolicyOutput{policy}, nil
}

func deleteResourcePolicy(c *call, in *resourceInput) error {
	r, err := c.validResource(in.ResourceARN)
	if err != nil {
		return err
	}
	return r.DeletePolicy()
}
