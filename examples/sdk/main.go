// Sdk is a small service on AWS's SDK: it takes orders from an SQS queue, notes them in a
// Kinesis stream, and tells an SNS topic of those that it accepts. Nothing but its tests
// knows of leat: they show how such a service is tested without AWS, without a socket and
// without waiting. docs/testing.md explains them.
//
// The program runs wherever the environment says, as any on the SDK; so also on
// examples/endpoint, whose first lines of output are the environment to set.
//
//	go run . -queue URL -topic ARN -stream NAME
//	go run . -setup -send 3
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (status int) {
	var cfg Config
	flags := flag.NewFlagSet("sdk", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&cfg.QueueURL, "queue", "", "`URL` of the queue with the orders")
	flags.StringVar(&cfg.TopicARN, "topic", "", "`ARN` of the topic for what is accepted")
	flags.StringVar(&cfg.Stream, "stream", "", "`name` of the stream for the records")
	create := flags.Bool("setup", false, "create the queue, the topic and the stream, in place of the three above")
	send := flags.Int("send", 0, "put so many orders on the queue, to have something to do")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case flags.NArg() > 0 || !*create && (cfg.QueueURL == "" || cfg.TopicARN == "" || cfg.Stream == ""):
		fmt.Fprintln(stderr, "sdk: either -setup, or all of -queue, -topic and -stream")
		flags.Usage()
		return 2
	}
	cfg.Logger = slog.New(slog.NewTextHandler(stdout, nil))
	if err := serve(ctx, cfg, *create, *send); err != nil {
		fmt.Fprintln(stderr, "sdk:", err)
		return 1
	}
	return 0
}

// serve runs the service until ctx ends.
func serve(ctx context.Context, cfg Config, create bool, send int) error {
	account, err := config.LoadDefaultConfig(ctx) // AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID and so on
	if err != nil {
		return err
	}
	if create {
		created, err := setup(ctx, account)
		if err != nil {
			return err
		}
		created.Logger = cfg.Logger
		cfg = created
		cfg.Logger.InfoContext(ctx, "created", "queue", cfg.QueueURL, "topic", cfg.TopicARN, "stream", cfg.Stream)
	}
	queue := sqs.NewFromConfig(account)
	for n := range send {
		body, err := json.Marshal(Order{ID: fmt.Sprint("order-", n+1), Customer: fmt.Sprint("customer-", n%2+1), Cents: 1000 * (n + 1)})
		if err != nil {
			return err
		}
		if _, err := queue.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &cfg.QueueURL, MessageBody: aws.String(string(body))}); err != nil {
			return err
		}
	}
	New(queue, sns.NewFromConfig(account), kinesis.NewFromConfig(account), cfg).Run(ctx)
	return nil
}
