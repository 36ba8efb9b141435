package snshttp

import "github.com/leat-go/leat/sns"

type createPlatformApplicationInput struct {
	Name       string
	Platform   string
	Attributes map[string]string
}

// platformApplication is the result of creating a platform application, the input of
// the actions that need no more than one, and an element of the list of all.
type platformApplication struct {
	ARN        string             `json:"PlatformApplicationArn"`
	Attributes *map[string]string // in lists only
}

type setPlatformApplicationAttributesInput struct {
	ARN        string `json:"PlatformApplicationArn"`
	Attributes map[string]string
}

type listPlatformApplicationsOutput struct {
	PlatformApplications *[]platformApplication
	NextToken            string
}

func createPlatformApplication(c *call, in *createPlatformApplicationInput) (*platformApplication, error) {
	arn, err := c.service.CreatePlatformApplication(in.Name, in.Platform, in.Attributes)
	if err != nil {
		return nil, err
	}
	return &platformApplication{ARN: arn}, nil
}

func deletePlatformApplication(c *call, in *platformApplication) error {
	return c.service.DeletePlatformApplication(in.ARN)
}

func getPlatformApplicationAttributes(c *call, in *platformApplication) (*attributesOutput, error) {
	return attributesOrError(c.service.PlatformApplicationAttributes(in.ARN))
}

func setPlatformApplicationAttributes(c *call, in *setPlatformApplicationAttributesInput) error {
	return c.service.SetPlatformApplicationAttributes(in.ARN, in.Attributes)
}

func listPlatformApplications(c *call, in *pageInput) (*listPlatformApplicationsOutput, error) {
	page, next, err := c.service.ListPlatformApplications(in.NextToken)
	if err != nil {
		return nil, err
	}
	list := listOf(page, func(a sns.PlatformApplication) platformApplication { return platformApplication{a.ARN, &a.Attributes} })
	return &listPlatformApplicationsOutput{list, next}, nil
}
