package sdktest

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sns/snshttp"
)

func TestTheSDKRetriesInjectedFaultsOfSNS(t *testing.T) {
	tests := map[string]snshttp.Fault{
		"server's fault": {Op: "Publish", Times: 2, Code: "InternalError"},
		"throttled":      {Op: "Publish", Times: 2, Code: "Throttling"},
	}
	for name, rule := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, sns.ServiceConfig{}, snshttp.Config{})
				c := s.client()
				topic := createTopic(t, c, "orders", nil)
				url, arn := s.queue(t, "orders", nil)
				subscribe(t, c, topic, "sqs", arn, map[string]string{"RawMessageDelivery": "true"})
				_, err := s.front.Faults().Add(rule)
				require.NoError(t, err)
				start := time.Now()
				publish(t, c, topic, "third time lucky")
				require.Equal(t, []string{"CreateTopic", "Subscribe", "Publish", "Publish", "Publish"}, s.asked)
				require.Positive(t, time.Since(start), "the SDK waits between its attempts")
				require.Equal(t, []string{"third time lucky"}, s.takeBodies(t, url))

				_, err = s.front.Faults().Add(rule)
				require.NoError(t, err)
				_, err = c.Publish(t.Context(), &awssns.PublishInput{TopicArn: topic, Message: aws.String("not tried again")},
					func(o *awssns.Options) { o.RetryMaxAttempts = 1 })
				var api smithy.APIError
				require.ErrorAs(t, err, &api)
				require.Equal(t, rule.Code, api.ErrorCode())
				s.front.Faults().Reset()
				publish(t, c, topic, "well again")
				require.Equal(t, []string{"well again"}, s.takeBodies(t, url))
			})
		})
	}
}

func TestAnInjectedDelayOfSNS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, sns.ServiceConfig{}, snshttp.Config{})
		c := s.client()
		topic := createTopic(t, c, "orders", nil)
		_, err := s.front.Faults().Add(snshttp.Fault{Op: "Publish", Delay: time.Minute})
		require.NoError(t, err)
		start := time.Now()
		publish(t, c, topic, "late")
		require.Equal(t, time.Minute, time.Since(start))
	})
}

func TestSignaturesForSNSAreChecked(t *testing.T) {
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
				s := newSite(t, sns.ServiceConfig{}, snshttp.Config{Keys: map[string]string{id: secret}})
				c := s.client(func(o *awssns.Options) { o.Credentials = test.credentials })
				created, err := c.CreateTopic(t.Context(), &awssns.CreateTopicInput{Name: aws.String("orders")})
				if test.code != "" {
					var api smithy.APIError
					require.ErrorAs(t, err, &api)
					require.Equal(t, test.code, api.ErrorCode())
					return
				}
				require.NoError(t, err)
				// A message with what canonical forms trip over, signed a year later.
				time.Sleep(365 * 24 * time.Hour)
				publish(t, c, created.TopicArn, "a+b %20 &=?/\u1234\n")
			})
		})
	}
}

func TestTopicsOfAccountsAndRegionsAreApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, sns.ServiceConfig{}, snshttp.Config{})
		as := func(account, region string) *awssns.Client {
			return s.client(func(o *awssns.Options) { o.Credentials, o.Region = keys(account, "any"), region })
		}
		mine := createTopic(t, as("111111111111", "eu-west-1"), "orders", nil)
		require.Equal(t, "arn:aws:sns:eu-west-1:111111111111:orders", *mine)
		for _, other := range []*awssns.Client{as("222222222222", "eu-west-1"), as("111111111111", "us-east-1"), s.client()} {
			require.Empty(t, call(t, other.ListTopics, &awssns.ListTopicsInput{}).Topics)
		}
		publish(t, as("222222222222", "eu-west-1"), mine, "from another account, by the ARN")
	})
}
