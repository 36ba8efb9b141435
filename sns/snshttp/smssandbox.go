package snshttp

import "github.com/leat-go/leat/sns"

type createSMSSandboxPhoneNumberInput struct {
	PhoneNumber  string
	LanguageCode string
}

type deleteSMSSandboxPhoneNumberInput struct {
	PhoneNumber string
}

type verifySMSSandboxPhoneNumberInput struct {
	PhoneNumber     string
	OneTimePassword string
}

type getSMSSandboxAccountStatusOutput struct {
	IsInSandbox *bool
}

type limitedPageInput struct {
	MaxResults *int32
	NextToken  string
}

type listSMSSandboxPhoneNumbersOutput struct {
	PhoneNumbers *[]sandboxPhoneNumber
	NextToken    string
}

type sandboxPhoneNumber struct {
	PhoneNumber string
	Status      string
}

func createSMSSandboxPhoneNumber(c *call, in *createSMSSandboxPhoneNumberInput) (*noFields, error) {
	return &noFields{}, c.service.CreateSMSSandboxPhoneNumber(in.PhoneNumber, in.LanguageCode)
}

func deleteSMSSandboxPhoneNumber(c *call, in *deleteSMSSandboxPhoneNumberInput) (*noFields, error) {
	return &noFields{}, c.service.DeleteSMSSandboxPhoneNumber(in.PhoneNumber)
}

func verifySMSSandboxPhoneNumber(c *call, in *verifySMSSandboxPhoneNumberInput) (*noFields, error) {
	return &noFields{}, c.service.VerifySMSSandboxPhoneNumber(in.PhoneNumber, in.OneTimePassword)
}

func getSMSSandboxAccountStatus(c *call, _ *noFields) (*getSMSSandboxAccountStatusOutput, error) {
	return &getSMSSandboxAccountStatusOutput{new(c.service.SMSSandbox())}, nil
}

func listSMSSandboxPhoneNumbers(c *call, in *limitedPageInput) (*listSMSSandboxPhoneNumbersOutput, error) {
	limit, err := maxResults(in.MaxResults)
	if err != nil {
		return nil, err
	}
	page, next, err := c.service.ListSMSSandboxPhoneNumbers(limit, in.NextToken)
	if err != nil {
		return nil, err
	}
	list := listOf(page, func(n sns.SMSSandboxPhoneNumber) sandboxPhoneNumber {
		return sandboxPhoneNumber{n.PhoneNumber, n.Status}
	})
	return &listSMSSandboxPhoneNumbersOutput{list, next}, nil
}
