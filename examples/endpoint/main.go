// Endpoint is a local AWS for messaging: SQS, SNS, Kinesis and Firehose on one port, for
// any AWS SDK and the AWS CLI. It prints what to paste into a shell. What is in it is in
// memory and ends with it; with -persist, queues, topics and streams are kept in a directory
// and are there again the next time, whatever ends the program.
//
//	go run ./examples/endpoint [-addr host:port] [-persist directory] [-sync each|interval|never] [-salvage]
//		[-relaxed] [-limits] [-objects directory] [-readonly] [-v]
//
// Besides AWS's protocols it serves, under /_leat/, a page for people (console/), metrics
// for Prometheus (metrics), and whether it is well (health).
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

	"github.com/leat-go/leat"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (status int) {
	flags := flag.NewFlagSet("endpoint", flag.ContinueOnError)
	flags.SetOutput(stderr)
	var o options
	flags.StringVar(&o.addr, "addr", "127.0.0.1:4566", "`host:port` to listen on; port 0 picks a free one")
	flags.BoolVar(&o.relaxed, "relaxed", false, "lift the waiting times before something may be done again, such as the 60 seconds\nbetween purges, and the lower bounds of sizes and retention")
	flags.BoolVar(&o.limits, "limits", false, "give shards AWS's limits of throughput")
	flags.StringVar(&o.objects, "objects", "", "keep the objects of delivery streams in a `directory`; memory if empty")
	flags.BoolVar(&o.readOnly, "readonly", false, "let people look at "+consolePath+" but change nothing there")
	flags.StringVar(&o.persist.dir, "persist", "", "keep queues, topics and streams in a `directory`; memory if empty")
	flags.StringVar(&o.persist.sync, "sync", "", "`when` what is acknowledged reaches the disk of -persist: each (before it is acknowledged,\nthe default), interval (100 ms later at most) or never (when the system likes)")
	flags.BoolVar(&o.persist.salvage, "salvage", false, "open the directory of -persist though it is damaged; what is damaged is dropped for good")
	flags.BoolVar(&o.verbose, "v", false, "log every call")
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
	if err := o.persist.check(); err != nil {
		fmt.Fprintln(stderr, "endpoint:", err)
		return 2
	}
	if err := start(ctx, o, stdout, stderr); err != nil {
		fmt.Fprintln(stderr, "endpoint:", err)
		return 1
	}
	return 0
}

// options are what the flags say.
type options struct {
	addr, objects                      string
	relaxed, limits, readOnly, verbose bool
	persist                            persistence

	hosts []string // by which people may ask for the console; nil for any
}

// start serves a cloud.
func start(ctx context.Context, o options, stdout, stderr io.Writer) error {
	listener, err := net.Listen("tcp", o.addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s is taken; -addr 127.0.0.1:0 picks a free port", o.addr)
	case err != nil:
		return err
	}
	defer listener.Close()
	addr := listener.Addr().(*net.TCPAddr)
	if addr.IP.IsLoopback() {
		o.hosts = []string{"localhost", addr.IP.String()}
	}
	log := slog.New(slog.NewTextHandler(stderr, nil))
	cloud, err := o.persist.open(leat.Config{
		Relaxed:           o.relaxed,
		EnforceLimits:     o.limits,
		Objects:           o.objects,
		BaseURL:           baseURL(addr),
		SignQueueMessages: true, // whoever reads the queues may be another program
		Transport:         http.DefaultTransport,
		Logger:            log,
	}, stderr)
	if err != nil {
		return err
	}
	if o.persist.dir != "" {
		fmt.Fprintln(stdout, "queues, topics and streams are kept in", o.persist.dir)
	}
	handler := routes(cloud, o)
	if o.verbose {
		handler = logged(handler, log)
	}
	return serve(ctx, listener, handler, func(ctx context.Context) error {
		_ = cloud.Firehose().Shutdown(ctx) // delivers what is buffered; Close says what is left
		return cloud.Close()
	}, stdout)
}

// goodbye is the time that delivery streams, and then calls, get to end when the program
// is told to.
const goodbye = 5 * time.Second

// serve serves until ctx ends. It closes what is served before it waits for calls to
// end, as that ends long polls.
func serve(ctx context.Context, listener net.Listener, handler http.Handler, closeServices func(context.Context) error, stdout io.Writer) error {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true) // the SDK for JavaScript, for one, speaks nothing else to Kinesis
	server := &http.Server{
		Handler:           handler,
		Protocols:         protocols,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,     // a request is some megabytes at most
		WriteTimeout:      2 * time.Minute, // a long poll takes up to 20 seconds; a subscription says itself how long
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
	return errors.Join(within(goodbye, closeServices), within(goodbye, server.Shutdown))
}

// within calls end with a context that ends after a while.
func within(limit time.Duration, end func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	return end(ctx)
}
