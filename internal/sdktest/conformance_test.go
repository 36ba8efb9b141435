package sdktest

import (
	"encoding/json"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sqs"
	"github.com/leat-go/leat/sqs/sqstest"
)

// TestConformance runs the suite for any queue through the SDK and the handler, so
// that what the engine owes its users gets through to them.
func TestConformance(t *testing.T) {
	sqstest.Run(t, sqstest.Config{
		VirtualTime: true,
		New: func(t testing.TB, cfg sqs.Config) sqs.Queue {
			return overSDK(t, newEndpoint(t, sqs.ServiceConfig{}), nameFor(cfg, "orders"), attributesOf(t, cfg))
		},
		NewWithDeadLetters: func(t testing.TB, cfg sqs.Config, maxReceiveCount int) (source, dead sqs.Queue) {
			e := newEndpoint(t, sqs.ServiceConfig{})
			letters := overSDK(t, e, nameFor(cfg, "orders-dead"), attributesOf(t, sqs.Config{FIFO: cfg.FIFO}))
			cfg.RedrivePolicy = &sqs.RedrivePolicy{DeadLetterTargetARN: arnOf(t, letters.client, &letters.url), MaxReceiveCount: maxReceiveCount}
			return overSDK(t, e, nameFor(cfg, "orders"), attributesOf(t, cfg)), letters
		},
		Lacks: sqstest.SubSecond, // the wire counts seconds
	})
}

func nameFor(cfg sqs.Config, name string) string {
	if cfg.FIFO {
		return name + ".fifo"
	}
	return name
}

// attributesOf writes what the suite sets of a configuration as CreateQueue takes it.
func attributesOf(t testing.TB, cfg sqs.Config) map[string]string {
	t.Helper()
	attributes := make(map[string]string)
	set := func(name string, d time.Duration) {
		attributes[name] = strconv.FormatInt(int64(d/time.Second), 10)
	}
	if cfg.FIFO {
		attributes["FifoQueue"] = "true"
		attributes["ContentBasedDeduplication"] = strconv.FormatBool(cfg.ContentBasedDeduplication)
	}
	if cfg.DeduplicationScope != "" {
		attributes["DeduplicationScope"] = string(cfg.DeduplicationScope)
	}
	if cfg.VisibilityTimeout != nil {
		set("VisibilityTimeout", *cfg.VisibilityTimeout)
	}
	set("DelaySeconds", cfg.Delay)
	set("ReceiveMessageWaitTimeSeconds", cfg.ReceiveMessageWaitTime)
	if cfg.MessageRetentionPeriod > 0 {
		set("MessageRetentionPeriod", cfg.MessageRetentionPeriod)
	}
	if cfg.MaximumMessageSize > 0 {
		attributes["MaximumMessageSize"] = strconv.Itoa(cfg.MaximumMessageSize)
	}
	if p := cfg.RedrivePolicy; p != nil {
		text, err := json.Marshal(map[string]any{"deadLetterTargetArn": p.DeadLetterTargetARN, "maxReceiveCount": p.MaxReceiveCount})
		require.NoError(t, err)
		attributes["RedrivePolicy"] = string(text)
	}
	return attributes
}
