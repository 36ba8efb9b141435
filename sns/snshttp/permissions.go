package snshttp

type addPermissionInput struct {
	TopicARN      string `json:"TopicArn"`
	Label         string
	AWSAccountIDs []string `query:"AWSAccountId"`
	Actions       []string `query:"ActionName"`
}

type removePermissionInput struct {
	TopicARN string `json:"TopicArn"`
	Label    string
}

type dataProtectionPolicyOutput struct {
	DataProtectionPolicy string
}

type putDataProtectionPolicyInput struct {
	ResourceARN          string `json:"ResourceArn"`
	DataProtectionPolicy string
}

func addPermission(c *call, in *addPermissionInput) error {
	t, err := c.topic(in.TopicARN)
	if err != nil {
		return err
	}
	return t.AddPermission(in.Label, in.AWSAccountIDs, in.Actions)
}

func removePermission(c *call, in *removePermissionInput) error {
	t, err := c.topic(in.TopicARN)
	if err != nil {
		return err
	}
	return t.RemovePermission(in.Label)
}

func getDataProtectionPolicy(c *call, in *resourceInput) (*dataProtectionPolicyOutput, error) {
	t, err := c.topicOf("ResourceArn", in.ResourceARN)
	if err != nil {
		return nil, err
	}
	return &dataProtectionPolicyOutput{t.Config().DataProtectionPolicy}, nil
}

func putDataProtectionPolicy(c *call, in *putDataProtectionPolicyInput) error {
	t, err := c.topicOf("ResourceArn", in.ResourceARN)
	if err != nil {
		return err
	}
	return t.PutDataProtectionPolicy(in.DataProtectionPolicy)
}
