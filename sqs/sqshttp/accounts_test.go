package sqshttp_test

import (
	"crypto/tls"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sqs"
	"github.com/leat-go/leat/sqs/sqshttp"
)

const (
	alice = "111122223333"
	bob   = "444455556666"
)

func TestTheAccessKeyNamesTheAccount(t *testing.T) {
	handler, service := newHandler(t)
	for key, account := range map[string]string{
		alice:           alice,
		"":              "000000000000",
		"test":          "000000000000",
		"AKIAEXAMPLE12": "000000000000",
		"11112222333":   "000000000000",
		"11112222333x":  "000000000000",
		"1111222233334": "000000000000",
	} {
		r := jsonRequest("CreateQueue", `{"QueueName":"mine"}`)
		if key != "" {
			as(r, key, "us-east-1")
		}
		require.Equal(t, host+"/"+account+"/mine", askFor(t, handler, r)["QueueUrl"], "key %q", key)
	}
	for _, account := range []string{alice, "000000000000"} {
		view, err := service.As(account, "us-east-1")
		require.NoError(t, err)
		_, err = view.Queue("mine")
		require.NoError(t, err)
	}
}

func TestTheServiceSaysWhereQueuesAreByDefault(t *testing.T) {
	service, err := sqs.NewService(sqs.ServiceConfig{Account: bob, Region: "eu-north-1"})
	require.NoError(t, err)
	handler := sqshttp.NewHandler(service, sqshttp.Config{})
	require.Equal(t, host+"/"+bob+"/mine", ask(t, handler, "CreateQueue", `{"QueueName":"mine"}`)["QueueUrl"])
	q, err := service.Queue("mine")
	require.NoError(t, err)
	require.Equal(t, "arn:aws:sqs:eu-north-1:"+bob+":mine", q.ARN())
}

func TestAccountsShareQueuesButNotNames(t *testing.T) {
	handler, _ := newHandler(t)
	asAlice := func(action, body string) *http.Request {
		return as(jsonRequest(action, body), alice, "us-east-1")
	}
	asBob := func(action, body string) *http.Request { return as(jsonRequest(action, body), bob, "us-east-1") }
	url := askFor(t, handler, asAlice("CreateQueue", `{"QueueName":"shared"}`))["QueueUrl"].(string)

	require.Empty(t, askFor(t, handler, asBob("ListQueues", `{}`)))
	require.Equal(t, noSuchQueue.code, problemOf(t, serve(t, handler, asBob("GetQueueUrl", `{"QueueName":"shared"}`))).code)
	require.Equal(t, noSuchQueue.code, problemOf(t, serve(t, handler, asBob("SendMessage", `{"QueueUrl":"shared","MessageBody":"a"}`))).code)
	require.Equal(t, url, askFor(t, handler, asBob("GetQueueUrl", `{"QueueName":"shared","QueueOwnerAWSAccountId":"`+alice+`"}`))["QueueUrl"])
	malformedOwner := problemOf(t, serve(t, handler, asBob("GetQueueUrl", `{"QueueName":"shared","QueueOwnerAWSAccountId":"x"}`)))
	require.Equal(t, invalidValue.code, malformedOwner.code)

	askFor(t, handler, asBob("SendMessage", `{"QueueUrl":"`+url+`","MessageBody":"hello"}`))
	received := askFor(t, handler, asAlice("ReceiveMessage", `{"QueueUrl":"`+url+`","AttributeNames":["SenderId"]}`))
	message := received["Messages"].([]any)[0].(map[string]any)
	require.Equal(t, "hello", message["Body"])
	require.Equal(t, map[string]any{"SenderId": bob}, message["Attributes"])

	askFor(t, handler, asBob("DeleteQueue", `{"QueueUrl":"`+url+`"}`))
	require.Empty(t, askFor(t, handler, asAlice("ListQueues", `{}`)))
}

func TestRegionsAreApart(t *testing.T) {
	handler, _ := newHandler(t)
	in := func(region, action, body string) *http.Request {
		return as(jsonRequest(action, body), "test", region)
	}
	for _, region := range []string{"eu-west-1", "us-west-2"} {
		askFor(t, handler, in(region, "CreateQueue", `{"QueueName":"orders"}`))
		askFor(t, handler, in(region, "SendMessage", `{`+ordersJSON+`,"MessageBody":"`+region+`"}`))
	}
	for _, region := range []string{"eu-west-1", "us-west-2"} {
		received := askFor(t, handler, in(region, "ReceiveMessage", `{`+ordersJSON+`,"MaxNumberOfMessages":10}`))
		require.Len(t, received["Messages"], 1)
		attributes := askFor(t, handler, in(region, "GetQueueAttributes", `{`+ordersJSON+`,"AttributeNames":["QueueArn"]}`))
		require.Equal(t, map[string]any{"QueueArn": "arn:aws:sqs:" + region + ":000000000000:orders"}, attributes["Attributes"])
	}
	require.Equal(t,
		problem{"com.amazon.coral.service#InvalidSignatureException", "SignatureDoesNotMatch", "Sender", "Credential should be scoped to a valid region.", 403},
		problemOf(t, serve(t, handler, in("Not A Region", "ListQueues", `{}`))))
}

// TestThePathAloneNamesAQueue: the client reaches the server under a name of its own.
func TestThePathAloneNamesAQueue(t *testing.T) {
	handler, _ := newHandler(t)
	for _, url := range []string{
		accounts + "orders", "https://sqs.us-east-1.amazonaws.com/000000000000/orders", "http://[::1]:4566/000000000000/orders",
		"http://docker:31337/000000000000/orders/", "/000000000000/orders", "000000000000/orders", "orders",
	} {
		require.NotEmpty(t, ask(t, handler, "SendMessage", `{"QueueUrl":"`+url+`","MessageBody":"a"}`)["MessageId"], url)
		require.Contains(t, askQuery(t, handler, "ReceiveMessage", "QueueUrl="+escaped(url)), "<Body>a</Body>", url)
	}
	for _, url := range []string{"http://", "http://host", "http://host/", host + "/orders", host + "/x/orders", accounts, accounts + "orders/x", host + "/queue/000000000000/orders", "/", "//"} {
		require.Equal(t, badAddress.code, problemOf(t, serve(t, handler, jsonRequest("PurgeQueue", `{"QueueUrl":"`+url+`"}`))).code, url)
	}
}

// TestURLsHaveTheHostThatTheClientUsed, so that they work for this client.
func TestURLsHaveTheHostThatTheClientUsed(t *testing.T) {
	handler, _ := newHandler(t)
	r := jsonRequest("GetQueueUrl", `{"QueueName":"orders"}`)
	r.Host = "queues.example:8443"
	require.Equal(t, "http://queues.example:8443/000000000000/orders", askFor(t, handler, r)["QueueUrl"])

	r = jsonRequest("ListQueues", `{}`)
	r.Host, r.TLS = "queues.example", &tls.ConnectionState{}
	require.Equal(t, []any{"https://queues.example/000000000000/orders", "https://queues.example/000000000000/orders.fifo"}, askFor(t, handler, r)["QueueUrls"])
}
