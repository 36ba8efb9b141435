package main

import (
	"fmt"
	"io"
	"net"
	"strconv"
)

// printUsage prints what to paste into a shell.
func printUsage(w io.Writer, addr *net.TCPAddr) {
	fmt.Fprintf(w, `serving SQS, SNS, Kinesis and Firehose on %s until Ctrl-C; paste this into another shell:

export AWS_ENDPOINT_URL=%[1]s
export AWS_ACCESS_KEY_ID=000000000000
export AWS_SECRET_ACCESS_KEY=secret
export AWS_DEFAULT_REGION=us-east-1 AWS_REGION=us-east-1
aws sqs create-queue --queue-name jobs
aws sns create-topic --name chores
aws sns subscribe --topic-arn arn:aws:sns:us-east-1:000000000000:chores --protocol sqs --notification-endpoint arn:aws:sqs:us-east-1:000000000000:jobs
aws sns publish --topic-arn arn:aws:sns:us-east-1:000000000000:chores --message 'wash the car'
aws sqs receive-message --queue-url $AWS_ENDPOINT_URL/000000000000/jobs --wait-time-seconds 20
aws kinesis create-stream --stream-name clicks --shard-count 4

For people there is %[1]s%[2]s

Any credentials do; an access key id of twelve digits names the account. An AWS CLI
before 2.13 does not know AWS_ENDPOINT_URL and needs --endpoint-url as well.
`, baseURL(addr), consolePath)
}

// baseURL is where clients on this machine reach what listens on addr.
func baseURL(addr *net.TCPAddr) string {
	host := addr.IP.String()
	if addr.IP.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, strconv.Itoa(addr.Port))
}
