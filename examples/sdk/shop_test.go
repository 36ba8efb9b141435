package main

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat"
	leatkinesis "github.com/leat-go/leat/kinesis"
	leatsqs "github.com/leat-go/leat/sqs"
)

// shop is a cloud with what the service needs, and the service itself at work.
type shop struct {
	cloud   *leat.Cloud
	account aws.Config
	cfg     Config
}

// newShop sets a cloud up and runs the service until the test ends.
func newShop(t *testing.T, check func(context.Context, Order) error) *shop {
	t.Helper()
	cloud, account := newCloud(t, leat.Config{})
	s := &shop{cloud: cloud, account: account, cfg: setUp(t, account)}
	s.cfg.Check = check
	s.run(t)
	return s
}

func setUp(t *testing.T, account aws.Config) Config {
	t.Helper()
	cfg, err := setup(t.Context(), account)
	require.NoError(t, err)
	return cfg
}

// run runs the service until the test ends.
func (s *shop) run(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		New(sqs.NewFromConfig(s.account), sns.NewFromConfig(s.account), kinesis.NewFromConfig(s.account), s.cfg).Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
}

// order sends an order as a customer's program does.
func (s *shop) order(t *testing.T, body string) {
	t.Helper()
	_, err := sqs.NewFromConfig(s.account).SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &s.cfg.QueueURL, MessageBody: &body})
	require.NoError(t, err)
}

// queue returns a queue for a look into it.
func (s *shop) queue(t *testing.T, name string) *leatsqs.LocalQueue {
	t.Helper()
	q, err := s.cloud.SQS().Queue(name)
	require.NoError(t, err)
	return q
}

// bodies returns what is in a queue, without receiving it.
func (s *shop) bodies(t *testing.T, name string) (bodies []string) {
	t.Helper()
	for _, m := range s.queue(t, name).Peek(100) {
		bodies = append(bodies, m.Body)
	}
	return bodies
}

// audited returns the records that are in the stream.
func (s *shop) audited(t *testing.T) (records []Record) {
	t.Helper()
	stream, err := s.cloud.Kinesis().Stream(s.cfg.Stream)
	require.NoError(t, err)
	shards, err := stream.Shards(t.Context())
	require.NoError(t, err)
	for _, shard := range shards {
		batch, err := stream.Peek(shard.ID, leatkinesis.Position{}, 0)
		require.NoError(t, err)
		for _, r := range batch.Records {
			var record Record
			require.NoError(t, json.Unmarshal(r.Data, &record))
			records = append(records, record)
		}
	}
	return records
}
