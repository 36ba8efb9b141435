package sqs_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/internal/faultfs"
	"github.com/leat-go/leat/sqs"
	"github.com/leat-go/leat/sqs/sqstest"
)

// A queue on disk owes its users every rule as well, whether messages are in memory or not.
func TestDurableConformance(t *testing.T) {
	for name, opts := range map[string]durable.Options{
		"each":                   {},
		"each, bodies on disk":   {MemoryBudget: -1, SegmentSize: 4096},
		"never":                  {Sync: durable.SyncNever},
		"interval, short budget": {Sync: durable.SyncInterval, MemoryBudget: 100},
	} {
		t.Run(name, func(t *testing.T) {
			made := 0
			create := func(t testing.TB, s *sqs.Service, cfg sqs.Config) *sqs.LocalQueue {
				made++
				q, err := s.CreateQueue(fmt.Sprint("queue-", made, driveFIFOSuffix[cfg.FIFO]), cfg)
				require.NoError(t, err)
				return q
			}
			open := func(t testing.TB) *sqs.Service {
				s, err := sqs.OpenFS(faultfs.NewMem(1), sqs.ServiceConfig{Durable: opts})
				require.NoError(t, err)
				t.Cleanup(func() { require.NoError(t, s.Close()) })
				return s
			}
			sqstest.Run(t, sqstest.Config{
				VirtualTime: true,
				New:         func(t testing.TB, cfg sqs.Config) sqs.Queue { return create(t, open(t), cfg) },
				NewWithDeadLetters: func(t testing.TB, cfg sqs.Config, maxReceiveCount int) (source, dead sqs.Queue) {
					s := open(t)
					letters := create(t, s, sqs.Config{FIFO: cfg.FIFO})
					cfg.RedrivePolicy = &sqs.RedrivePolicy{DeadLetterTargetARN: letters.ARN(), MaxReceiveCount: maxReceiveCount}
					return create(t, s, cfg), letters
				},
			})
		})
	}
}
