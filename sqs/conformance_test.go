package sqs_test

import (
	"fmt"
	"testing"

	"github.com/leat-go/leat/sqs"
	"github.com/leat-go/leat/sqs/sqstest"
)

// The engine owes its users every rule of the suite, and lacks nothing.
func TestConformance(t *testing.T) {
	made := 0
	name := func(cfg sqs.Config) string {
		made++
		return fmt.Sprint("queue-", made, driveFIFOSuffix[cfg.FIFO])
	}
	sqstest.Run(t, sqstest.Config{
		VirtualTime: true,
		New: func(t testing.TB, cfg sqs.Config) sqs.Queue {
			return create(t, newService(t, sqs.ServiceConfig{}), name(cfg), cfg)
		},
		NewWithDeadLetters: func(t testing.TB, cfg sqs.Config, maxReceiveCount int) (source, dead sqs.Queue) {
			s := newService(t, sqs.ServiceConfig{})
			letters := create(t, s, name(cfg), sqs.Config{FIFO: cfg.FIFO})
			cfg.RedrivePolicy = &sqs.RedrivePolicy{DeadLetterTargetARN: letters.ARN(), MaxReceiveCount: maxReceiveCount}
			return create(t, s, name(cfg), cfg), letters
		},
	})
}
