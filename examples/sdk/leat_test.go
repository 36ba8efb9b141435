package main

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat"
)

// newCloud returns an empty cloud of the test's own, and what config.LoadDefaultConfig would
// have returned on AWS: clients made from it reach the cloud without a socket.
func newCloud(t *testing.T, cfg leat.Config) (*leat.Cloud, aws.Config) {
	t.Helper()
	cloud, err := leat.New(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, cloud.Close()) })
	return cloud, aws.Config{
		Region:      "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		HTTPClient:  cloud.HTTPClient(),
	}
}
