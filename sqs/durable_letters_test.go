package sqs_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/internal/faultfs"
	"github.com/leat-go/leat/sqs"
)

// slowReads is a directory in which a second goes by while something long is read.
type slowReads struct{ faultfs.FS }

func (d slowReads) Open(name string, create bool) (faultfs.File, error) {
	f, err := d.FS.Open(name, create)
	if err != nil {
		return nil, err
	}
	return slowFile{f}, nil
}

type slowFile struct{ faultfs.File }

func (f slowFile) ReadAt(p []byte, offset int64) (int, error) {
	if len(p) > 1<<12 {
		time.Sleep(time.Second)
	}
	return f.File.ReadAt(p, offset)
}

// A Receive that waited returns when the dead letters that it found are in the dead-letter
// queue, as one does that need not wait.
func TestDeadLettersAreBuriedBeforeReceiveReturns(t *testing.T) {
	for _, wait := range []time.Duration{0, time.Minute} {
		t.Run(wait.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, err := sqs.OpenFS(slowReads{faultfs.NewMem(1).Process()}, sqs.ServiceConfig{Durable: durable.Options{MemoryBudget: -1}})
				require.NoError(t, err)
				defer s.Close()
				dead := create(t, s, "dead", sqs.Config{})
				q := create(t, s, "jobs", sqs.Config{RedrivePolicy: &sqs.RedrivePolicy{DeadLetterTargetARN: dead.ARN(), MaxReceiveCount: 1}})
				send(t, q, sqs.Entry{Body: strings.Repeat("poison", 1<<10)})
				begin, timeout, delay := time.Now(), 5*time.Second, 4*time.Second
				require.Len(t, receive(t, q, sqs.ReceiveRequest{VisibilityTimeout: &timeout}), 1)
				send(t, q, sqs.Entry{Body: "good", Delay: &delay}) // a second after that
				if wait == 0 {
					time.Sleep(delay)
				}
				got := receive(t, q, sqs.ReceiveRequest{MaxMessages: 10, Wait: &wait})
				require.Equal(t, []string{"good"}, textsOf(got))
				require.Equal(t, 1, dead.Metrics().ApproximateNumberOfMessagesVisible)
				require.Equal(t, 6*time.Second, time.Since(begin), "the poison was read once more")
			})
		})
	}
}
