package snshttp

import "github.com/leat-go/leat/sns"

type createPlatformEndpointInput struct {
	ApplicationARN string `json:"PlatformApplicationArn"`
	Token          string
	CustomUserData string
	Attributes     map[string]string
}

// platformEndpoint is what platformApplication is, for endpoints.
type platformEndpoint struct {
	ARN        string             `json:"EndpointArn"`
	Attributes *map[string]string // in lists only
}

type setEndpointAttributesInput struct {
	ARN        string `json:"EndpointArn"`
	Attributes map[string]string
}

type listEndpointsByPlatformApplicationInput struct {
	ApplicationARN string `json:"PlatformApplicationArn"`
	NextToken      string
}

type listEndpointsByPlatformApplicationOutput struct {
	Endpoints *[]platformEndpoint
	NextToken string
}

func createPlatformEndpoint(c *call, in *createPlatformEndpointInput) (*platformEndpoint, error) {
	arn, err := c.service.CreatePlatformEndpoint(in.ApplicationARN, in.Token, in.CustomUserData, in.Attributes)
	if err != nil {
		return nil, err
	}
	return &platformEndpoint{ARN: arn}, nil
}

func deleteEndpoint(c *call, in *platformEndpoint) error {
	return c.service.DeleteEndpoint(in.ARN)
}

func getEndpointAttributes(c *call, in *platformEndpoint) (*attributesOutput, error) {
	return attributesOrError(c.service.EndpointAttributes(in.ARN))
}

func setEndpointAttributes(c *call, in *setEndpointAttributesInput) error {
	return c.service.SetEndpointAttributes(in.ARN, in.Attributes)
}

func listEndpointsByPlatformApplication(c *call, in *listEndpointsByPlatformApplicationInput) (*listEndpointsByPlatformApplicationOutput, error) {
	page, next, err := c.service.ListEndpointsByPlatformApplication(in.ApplicationARN, in.NextToken)
	if err != nil {
		return nil, err
	}
	list := listOf(page, func(e sns.PlatformEndpoint) platformEndpoint { return platformEndpoint{e.ARN, &e.Attributes} })
	return &listEndpointsByPlatformApplicationOutput{list, next}, nil
}
