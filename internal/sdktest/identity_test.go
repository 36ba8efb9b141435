package sdktest

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sqs"
	"github.com/leat-go/leat/sqs/sqshttp"
)

func TestSignaturesAreChecked(t *testing.T) {
	const id, secret = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	tests := map[string]struct {
		credentials aws.CredentialsProvider
		code        string // empty: accepted
	}{
		"right":        {keys(id, secret), ""},
		"wrong secret": {keys(id, "wrong"), "SignatureDoesNotMatch"},
		"unknown key":  {keys("AKIAOTHER", secret), "InvalidClientTokenId"},
		"anonymous":    {aws.AnonymousCredentials{}, "MissingAuthenticationToken"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEndpointWith(t, sqs.ServiceConfig{}, sqshttp.Config{Keys: map[string]string{id: secret}})
				c := e.client(func(o *awssqs.Options) { o.Credentials = test.credentials })
				created, err := c.CreateQueue(t.Context(), &awssqs.CreateQueueInput{QueueName: aws.String("orders")})
				if test.code != "" {
					var api smithy.APIError
					require.ErrorAs(t, err, &api)
					require.Equal(t, test.code, api.ErrorCode())
					return
				}
				require.NoError(t, err)
				// A message with what canonical forms trip over, signed a year later.
				time.Sleep(365 * 24 * time.Hour)
				send(t, c, created.QueueUrl, "a+b %20 &=?/\u1234\n")
				require.Equal(t, []string{"a+b %20 &=?/\u1234\n"}, bodies(t, c, created.QueueUrl, 0))
			})
		})
	}
}

func TestAccountsAndRegionsAreApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint(t, sqs.ServiceConfig{})
		as := func(account, region string) *awssqs.Client {
			return e.client(func(o *awssqs.Options) { o.Credentials, o.Region = keys(account, "any"), region })
		}
		mine := createQueue(t, as("111111111111", "eu-west-1"), "orders", nil)
		require.Equal(t, "http://sqs.memory.test/111111111111/orders", *mine)
		require.Equal(t, "arn:aws:sqs:eu-west-1:111111111111:orders", arnOf(t, as("111111111111", "eu-west-1"), mine))

		for _, other := range []*awssqs.Client{as("222222222222", "eu-west-1"), as("111111111111", "us-east-1"), e.client()} {
			_, err := other.GetQueueUrl(t.Context(), &awssqs.GetQueueUrlInput{QueueName: aws.String("orders")})
			var missing *types.QueueDoesNotExist
			require.ErrorAs(t, err, &missing)
		}
		owner, err := as("222222222222", "eu-west-1").GetQueueUrl(t.Context(), &awssqs.GetQueueUrlInput{
			QueueName: aws.String("orders"), QueueOwnerAWSAccountId: aws.String("111111111111"),
		})
		require.NoError(t, err)
		require.Equal(t, mine, owner.QueueUrl)
	})
}
