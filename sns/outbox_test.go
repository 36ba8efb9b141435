package sns_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sns"
)

func TestOutboxKeepsWhatItIsGiven(t *testing.T) {
	var o sns.Outbox
	ctx := t.Context()
	require.Empty(t, o.Mails())
	require.NoError(t, o.SendMail(ctx, sns.Mail{Subject: "a"}))
	require.NoError(t, o.SendMail(ctx, sns.Mail{Subject: "b"}))
	require.NoError(t, o.SendSMS(ctx, sns.SMS{Message: "c"}))
	require.NoError(t, o.SendPush(ctx, sns.Push{Message: "d"}))
	require.Equal(t, []sns.Mail{{Subject: "a"}, {Subject: "b"}}, o.Mails())
	require.Equal(t, []sns.SMS{{Message: "c"}}, o.SMS())
	require.Equal(t, []sns.Push{{Message: "d"}}, o.Pushes())

	o.Mails()[0].Subject = "changed"
	require.Equal(t, "a", o.Mails()[0].Subject, "the caller has a copy")

	o.Reset()
	require.Empty(t, o.Mails())
	require.Empty(t, o.SMS())
	require.Empty(t, o.Pushes())
}

func TestOutboxFails(t *testing.T) {
	var o sns.Outbox
	refusal := errors.New("mailbox full")
	o.FailWith(refusal)
	require.ErrorIs(t, o.SendMail(t.Context(), sns.Mail{}), refusal)
	require.ErrorIs(t, o.SendSMS(t.Context(), sns.SMS{}), refusal)
	require.ErrorIs(t, o.SendPush(t.Context(), sns.Push{}), refusal)
	require.Empty(t, o.Mails())
	o.Reset()
	require.ErrorIs(t, o.SendMail(t.Context(), sns.Mail{}), refusal, "to forget the mails is not to forget the failure")
	o.FailWith(nil)
	require.NoError(t, o.SendMail(t.Context(), sns.Mail{}))

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, o.SendMail(ended, sns.Mail{}), context.Canceled)
	require.Len(t, o.Mails(), 1)
}

func TestOutboxIsBounded(t *testing.T) {
	var o sns.Outbox
	for i := range 35_001 {
		require.NoError(t, o.SendSMS(t.Context(), sns.SMS{Message: strconv.Itoa(i)}))
	}
	kept := o.SMS()
	require.Len(t, kept, 10_000)
	require.Equal(t, "25001", kept[0].Message)
	require.Equal(t, "35000", kept[9_999].Message)
}

func TestOutboxConcurrently(t *testing.T) {
	var o sns.Outbox
	var senders sync.WaitGroup
	for range 8 {
		senders.Go(func() {
			for range 100 {
				_ = o.SendMail(context.Background(), sns.Mail{})
				_ = o.Mails()
				o.FailWith(nil)
			}
		})
	}
	senders.Wait()
	require.Len(t, o.Mails(), 800)
}
