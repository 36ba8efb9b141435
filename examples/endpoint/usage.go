package main

import (
	"fmt"
	"io"
	"net"
	"strconv"
)

// printUsage prints what to paste into a shell.
func printUsage(w io.Writer, addr *net.TCPAddr) {
	host := addr.IP.String()
	if addr.IP.IsUnspecified() {
		host = "localhost"
	}
	fmt.Fprintf(w, `serving SQS on http://%s until Ctrl-C; paste this into another shell:

export AWS_ENDPOINT_URL=http://%[1]s
export AWS_ACCESS_KEY_ID=000000000000
export AWS_SECRET_ACCESS_KEY=secret
export AWS_DEFAULT_REGION=us-east-1 AWS_REGION=us-east-1
aws sqs create-queue --queue-name jobs
aws sqs send-message --queue-url $AWS_ENDPOINT_URL/000000000000/jobs --message-body 'wash the car'
aws sqs receive-message --queue-url $AWS_ENDPOINT_URL/000000000000/jobs --wait-time-seconds 20

Any credentials do; an access key id of twelve digits names the account. An AWS CLI
before 2.13 does not know AWS_ENDPOINT_URL and needs --endpoint-url as well.
`, net.JoinHostPort(host, strconv.Itoa(addr.Port)))
}
