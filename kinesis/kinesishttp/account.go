package kinesishttp

import (
	"time"

	"github.com/leat-go/leat/kinesis"
)

type updateAccountSettingsInput struct {
	MinimumThroughputBillingCommitment *struct{ Status *string }
}

type accountSettingsOutput struct {
	MinimumThroughputBillingCommitment billingCommitment
}

type billingCommitment struct {
	Status               string
	StartedAt            time.Time
	EndedAt              time.Time
	EarliestAllowedEndAt time.Time
}

func describeAccountSettings(c *call, _ *struct{}) (*accountSettingsOutput, error) {
	return c.accountSettings(), nil
}

func updateAccountSettings(c *call, in *updateAccountSettingsInput) (*accountSettingsOutput, error) {
	const name = "minimumThroughputBillingCommitment"
	var v validation
	commitment := in.MinimumThroughputBillingCommitment
	if commitment == nil {
		v.Text(name, nil).Required()
	} else {
		v.Text(name+".status", commitment.Status).Required().OneOf("ENABLED", "DISABLED")
	}
	if err := v.Err(); err != nil {
		return nil, err
	}
	if err := c.service.UpdateAccountSettings(kinesis.AccountSettings{CommitmentStatus: *commitment.Status}); err != nil {
		return nil, err
	}
	return c.accountSettings(), nil
}

func (c *call) accountSettings() *accountSettingsOutput {
	s := c.service.AccountSettings()
	return &accountSettingsOutput{billingCommitment{
		Status: s.CommitmentStatus, StartedAt: s.StartedAt, EndedAt: s.EndedAt, EarliestAllowedEndAt: s.EarliestAllowedEndAt,
	}}
}
