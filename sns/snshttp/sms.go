package snshttp

// The names of these actions' parameters begin with small letters in AWS's model,
// unlike all others.

type phoneNumberInput struct {
	PhoneNumber string `json:"phoneNumber"`
}

type checkIfPhoneNumberIsOptedOutOutput struct {
	IsOptedOut *bool `json:"isOptedOut"`
}

type listPhoneNumbersOptedOutInput struct {
	NextToken string `json:"nextToken"`
}

type listPhoneNumbersOptedOutOutput struct {
	PhoneNumbers *[]string `json:"phoneNumbers"`
	NextToken    string    `json:"nextToken"`
}

type setSMSAttributesInput struct {
	Attributes map[string]string `json:"attributes"`
}

type getSMSAttributesInput struct {
	Attributes []string `json:"attributes"`
}

type getSMSAttributesOutput struct {
	Attributes *map[string]string `json:"attributes"`
}

func checkIfPhoneNumberIsOptedOut(c *call, in *phoneNumberInput) (*checkIfPhoneNumberIsOptedOutOutput, error) {
	optedOut, err := c.service.CheckIfPhoneNumberIsOptedOut(in.PhoneNumber)
	if err != nil {
		return nil, err
	}
	return &checkIfPhoneNumberIsOptedOutOutput{&optedOut}, nil
}

func optInPhoneNumber(c *call, in *phoneNumberInput) (*noFields, error) {
	return &noFields{}, c.service.OptInPhoneNumber(in.PhoneNumber)
}

func listPhoneNumbersOptedOut(c *call, in *listPhoneNumbersOptedOutInput) (*listPhoneNumbersOptedOutOutput, error) {
	page, next, err := c.service.ListPhoneNumbersOptedOut(in.NextToken)
	if err != nil {
		return nil, err
	}
	return &listPhoneNumbersOptedOutOutput{&page, next}, nil
}

func setSMSAttributes(c *call, in *setSMSAttributesInput) (*noFields, error) {
	return &noFields{}, c.service.SetSMSAttributes(in.Attributes)
}

func getSMSAttributes(c *call, in *getSMSAttributesInput) (*getSMSAttributesOutput, error) {
	attributes, err := c.service.SMSAttributes(in.Attributes...)
	if err != nil {
		return nil, err
	}
	return &getSMSAttributesOutput{&attributes}, nil
}
