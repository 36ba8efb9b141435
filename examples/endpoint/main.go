// Endpoint serves SQS and SNS on a port, for any AWS SDK and the AWS CLI. It prints
// what to paste into a shell. What is queued is in memory and ends with it.
//
//	go run ./examples/endpoint [-addr host:port] [-relaxed] [-v]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sns/snshttp"
	"github.com/leat-go/leat/sqs"
	"github.com/leat-go/leat/sqs/sqshttp"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (status int) {
	flags := flag.NewFlagSet("endpoint", flag.ContinueOnError)
	flags.SetOutput(stderr)
	addr := flags.String("addr", "127.0.0.1:4566", "`host:port` to listen on; port 0 picks a free one")
	relaxed := flags.Bool("relaxed", false, "lift the 60 seconds between purges and before a deleted name is used again,\nand the lower bounds of retention, message size and key reuse")
	verbose := flags.Bool("v", false, "log every call")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case flags.NArg() > 0:
		fmt.Fprintln(stderr, "endpoint: unexpected argument", flags.Arg(0))
		flags.Usage()
		return 2
	}
	if err := start(ctx, *addr, *relaxed, *verbose, stdout, stderr); err != nil {
		fmt.Fprintln(stderr, "endpoint:", err)
		return 1
	}
	return 0
}

// start serves queues and topics, which deliver to these queues.
func start(ctx context.Context, addr string, relaxed, verbose bool, stdout, stderr io.Writer) error {
	listener, err := net.Listen("tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s is taken; -addr 127.0.0.1:0 picks a free port", addr)
	case err != nil:
		return err
	}
	defer listener.Close()
	queues, err := sqs.NewService(sqs.ServiceConfig{Relaxed: relaxed})
	if err != nil {
		return err
	}
	topics, err := sns.NewService(sns.ServiceConfig{
		Queues:            queues,
		BaseURL:           baseURL(listener.Addr().(*net.TCPAddr)),
		SignQueueMessages: true, // whoever reads the queues may be another program
		Transport:         http.DefaultTransport,
	})
	if err != nil {
		return err
	}
	handler := dispatch(sqshttp.NewHandler(queues, sqshttp.Config{}), snshttp.NewHandler(topics, snshttp.Config{}))
	if verbose {
		handler = logged(handler, slog.New(slog.NewTextHandler(stderr, nil)))
	}
	return serve(ctx, listener, handler, func() error { return errors.Join(topics.Close(), queues.Close()) }, stdout)
}

// goodbye is the time that calls get to end when the program is told to.
const goodbye = 5 * time.Second

// serve serves until ctx ends. It closes what is served before it waits for calls to
// end, as that ends long polls.
func serve(ctx context.Context, listener net.Listener, handler http.Handler, closeServices func() error, stdout io.Writer) error {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,     // a message is a megabyte at most
		WriteTimeout:      2 * time.Minute, // a long poll takes up to 20 seconds
		IdleTimeout:       2 * time.Minute,
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	printUsage(stdout, listener.Addr().(*net.TCPAddr))
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	fmt.Fprintln(stdout, "\nbye")
	if err := closeServices(); err != nil {
		return err
	}
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer cancel()
	return server.Shutdown(limit)
}
