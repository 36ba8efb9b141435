package snshttp

import (
	"time"

	"github.com/leat-go/leat/sns"
)

type listOriginationNumbersOutput struct {
	PhoneNumbers *[]originationNumber
	NextToken    string
}

type originationNumber struct {
	CreatedAt          string
	PhoneNumber        string
	Status             string
	ISO2CountryCode    string `json:"Iso2CountryCode"`
	RouteType          string
	NumberCapabilities []string
}

func listOriginationNumbers(c *call, in *limitedPageInput) (*listOriginationNumbersOutput, error) {
	limit, err := maxResults(in.MaxResults)
	if err != nil {
		return nil, err
	}
	page, next, err := c.service.ListOriginationNumbers(limit, in.NextToken)
	if err != nil {
		return nil, err
	}
	return &listOriginationNumbersOutput{listOf(page, origination), next}, nil
}

func origination(n sns.OriginationNumber) originationNumber {
	created := ""
	if !n.CreatedAt.IsZero() {
		created = n.CreatedAt.UTC().Format(time.RFC3339)
	}
	return originationNumber{created, n.PhoneNumber, n.Status, n.ISO2CountryCode, n.RouteType, n.NumberCapabilities}
}
