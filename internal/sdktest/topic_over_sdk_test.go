package sdktest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/leat-go/leat/sns"
)

// topicOverSDK is a topic behind SNS's wire protocol as an sns.Topic: a batch of any
// length in tens. What the wire has no word for, MaxBacklog, InOrder and TraceHeader, it
// leaves out.
type topicOverSDK struct {
	client    *awssns.Client
	arn       string
	functions *functions // where endpoints that are Go code are; nil if they can not be
}

var _ sns.Topic = (*topicOverSDK)(nil)

const maxPublishBytes = 262_144 // of all entries of a batch

func (t *topicOverSDK) Publish(ctx context.Context, batch ...sns.Entry) ([]sns.Published, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	published := make([]sns.Published, len(batch))
	var failed []sns.EntryError
	fail := func(i int, err error) { failed = append(failed, sns.EntryError{Index: i, Err: err}) }
	err := inParts(len(batch), maxEntries, maxPublishBytes, func(i int) int { return batch[i].Size() }, aboutAMessage, func(from, to int) error {
		in := &awssns.PublishBatchInput{TopicArn: &t.arn}
		for i := from; i < to; i++ {
			in.PublishBatchRequestEntries = append(in.PublishBatchRequestEntries, wireMessage(strconv.Itoa(i), batch[i]))
		}
		out, err := t.client.PublishBatch(ctx, in)
		if err != nil {
			return err
		}
		for _, p := range out.Successful {
			i, err := strconv.Atoi(*p.Id)
			if err != nil || i < from || i >= to {
				return errors.New("sdktest: the answer names an unknown entry " + *p.Id)
			}
			published[i] = sns.Published{MessageID: *p.MessageId, SequenceNumber: aws.ToString(p.SequenceNumber)}
		}
		for _, e := range out.Failed {
			i, err := strconv.Atoi(*e.Id)
			if err != nil {
				return err
			}
			fail(i, topicWireError("Publish", *e.Code, aws.ToString(e.Message)))
		}
		return nil
	}, func(i int, err error) { fail(i, topicErrorOf("Publish", err)) })
	if err != nil {
		return nil, topicErrorOf("Publish", err)
	}
	if failed != nil {
		slices.SortFunc(failed, func(a, b sns.EntryError) int { return a.Index - b.Index })
		return published, &sns.BatchError{Failed: failed}
	}
	return published, nil
}

func (t *topicOverSDK) Subscribe(ctx context.Context, sub sns.Subscription) (sns.SubscriptionID, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if sub.Endpoint != nil {
		if t.functions == nil {
			return "", &sns.Error{Op: "Subscribe", Err: sns.ErrInvalidParameter, Message: "Go code is no endpoint of SNS."}
		}
		t.functions.place(&sub)
	}
	out, err := t.client.Subscribe(ctx, &awssns.SubscribeInput{
		TopicArn: &t.arn, Protocol: aws.String(string(sub.Protocol)), Endpoint: &sub.Address,
		Attributes: attributesOfSubscription(&sub), ReturnSubscriptionArn: true,
	})
	if err != nil {
		return "", topicErrorOf("Subscribe", err)
	}
	return sns.SubscriptionID(*out.SubscriptionArn), nil
}

func (t *topicOverSDK) Unsubscribe(ctx context.Context, id sns.SubscriptionID) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	_, err := t.client.Unsubscribe(ctx, &awssns.UnsubscribeInput{SubscriptionArn: aws.String(string(id))})
	if err != nil {
		return topicErrorOf("Unsubscribe", err)
	}
	return nil
}

// functions holds Go code under the ARNs by which a subscription over the wire can name
// it, as AWS Lambda does. What wants messages raw, which Lambda does not get, is a
// delivery stream.
type functions struct {
	mu        sync.Mutex
	endpoints map[string]sns.Endpoint // guarded by mu
}

// place gives sub the protocol and the address of its endpoint.
func (f *functions) place(sub *sns.Subscription) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.endpoints == nil {
		f.endpoints = make(map[string]sns.Endpoint)
	}
	sub.Protocol, sub.Address = sns.ProtocolLambda, fmt.Sprintf("arn:aws:lambda:us-east-1:000000000000:function:f-%d", len(f.endpoints))
	if sub.RawMessageDelivery {
		sub.Protocol, sub.Address = sns.ProtocolFirehose, fmt.Sprintf("arn:aws:firehose:us-east-1:000000000000:deliverystream/f-%d", len(f.endpoints))
		sub.SubscriptionRoleARN = "arn:aws:iam::000000000000:role/stream"
	}
	f.endpoints[sub.Address] = sub.Endpoint
}

// resolve is for sns.ServiceConfig.Resolve.
func (f *functions) resolve(_ sns.Protocol, address string) (sns.Endpoint, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.endpoints[address], nil
}

func wireMessage(id string, e sns.Entry) types.PublishBatchRequestEntry {
	optional := func(s string) *string {
		if s == "" {
			return nil
		}
		return &s
	}
	w := types.PublishBatchRequestEntry{
		Id: &id, Message: &e.Message, Subject: optional(e.Subject), MessageStructure: optional(e.MessageStructure),
		MessageGroupId: optional(e.GroupID), MessageDeduplicationId: optional(e.DeduplicationID),
	}
	for name, a := range e.Attributes {
		if w.MessageAttributes == nil {
			w.MessageAttributes = make(map[string]types.MessageAttributeValue, len(e.Attributes))
		}
		value := types.MessageAttributeValue{DataType: &a.DataType}
		if isBinary(a.DataType) {
			value.BinaryValue = []byte(a.Value)
		} else {
			value.StringValue = &a.Value
		}
		w.MessageAttributes[name] = value
	}
	return w
}
