package main

import (
	"context"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// keep hides a message from others, again and again, until the function that it returns
// is called or ctx ends.
func (in *Intake) keep(ctx context.Context, m types.Message) (release func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for sleep(ctx, visibility/2) {
			in.hide(ctx, m, visibility)
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// hide lets nobody receive a message for a while from now on.
func (in *Intake) hide(ctx context.Context, m types.Message, d time.Duration) {
	_, err := in.queue.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
		QueueUrl: &in.cfg.QueueURL, ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: int32(d.Seconds()),
	})
	in.failed(ctx, "hide", err)
}

// retryAfter is how long a message waits that failed on its n-th receive: 10, 20, 40 s,
// and so on, an hour at most.
func retryAfter(receives string) time.Duration {
	n, err := strconv.Atoi(receives)
	if err != nil {
		return backoff
	}
	return min(backoff<<min(max(n-1, 0), 10), time.Hour)
}

// failed logs an error, if it is one and not the end of ctx.
func (in *Intake) failed(ctx context.Context, what string, err error) {
	if err != nil && ctx.Err() == nil {
		in.cfg.Logger.WarnContext(ctx, "failed", "what", what, "error", err)
	}
}

// sleep waits and tells whether ctx is still going on then.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
