package kinesis_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
)

func register(t testing.TB, s *kinesis.LocalStream, name string) *kinesis.Consumer {
	t.Helper()
	c, err := s.RegisterConsumer(name, nil)
	require.NoError(t, err)
	return c
}

func TestConsumersAreRegistered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service, stream := streamIn(t, kinesis.Config{})
		began := time.Now()
		c, err := stream.RegisterConsumer("billing", map[string]string{"team": "a"})
		require.NoError(t, err)
		require.Equal(t, "billing", c.Name())
		require.Same(t, stream, c.Stream())
		require.Equal(t, kinesis.ConsumerActive, c.Status())
		require.True(t, c.CreatedAt().Equal(began))
		require.Equal(t, fmt.Sprintf("arn:aws:kinesis:us-east-1:000000000000:stream/orders/consumer/billing:%d", began.Unix()), c.ARN())
		require.Equal(t, map[string]string{"team": "a"}, c.Tags())

		found, err := stream.Consumer("billing")
		require.NoError(t, err)
		require.Same(t, c, found)
		elsewhere, err := service.As("111111111111", "eu-west-1")
		require.NoError(t, err)
		found, err = elsewhere.ConsumerByARN(c.ARN())
		require.NoError(t, err)
		require.Same(t, c, found)
		a := register(t, stream, "audit")
		require.Equal(t, []*kinesis.Consumer{a, c}, stream.Consumers(), "by name")
		require.Equal(t, 2, stream.Summary().Consumers)

		_, err = stream.RegisterConsumer("billing", nil)
		wantFault(t, err, kinesis.ErrResourceInUse, "Consumer billing under stream orders, account 000000000000 already exists.")
		_, err = stream.Consumer("Billing")
		wantFault(t, err, kinesis.ErrResourceNotFound, "Consumer Billing, account 000000000000 not found.")
		for _, name := range []string{"", "a b", "ä", "a/b", "a:1", strings.Repeat("a", 129)} {
			_, err = stream.RegisterConsumer(name, nil)
			wantFault(t, err, kinesis.ErrInvalidArgument, "Invalid ConsumerName.")
		}
		require.NoError(t, stream.DeregisterConsumer("audit"))
		require.Equal(t, []*kinesis.Consumer{c}, stream.Consumers())
		wantFault(t, stream.DeregisterConsumer("audit"), kinesis.ErrResourceNotFound, "Consumer audit, account 000000000000 not found.")
		wantFault(t, a.Tag(nil), kinesis.ErrResourceNotFound, "Consumer "+a.ARN()+", account 000000000000 not found.")

		require.NoError(t, stream.DeregisterConsumer("billing"))
		require.Equal(t, kinesis.ConsumerDeleting, c.Status())
		time.Sleep(time.Second)
		again := register(t, stream, "billing")
		_, err = service.ConsumerByARN(c.ARN())
		wantFault(t, err, kinesis.ErrResourceNotFound, "Consumer "+c.ARN()+", account 000000000000 not found.")
		found, err = service.ConsumerByARN(again.ARN())
		require.NoError(t, err)
		require.Same(t, again, found)
	})
}

func TestConsumersByWhatIsNoARN(t *testing.T) {
	service, stream := streamIn(t, kinesis.Config{})
	arn := register(t, stream, "c").ARN()
	stamp := arn[strings.LastIndex(arn, ":")+1:]
	for _, bad := range []string{
		"", "c", stream.ARN(), strings.TrimSuffix(arn, stamp), strings.TrimSuffix(arn, ":"+stamp), arn + "0", arn + ":1", arn[1:],
		strings.Replace(arn, stamp, "+"+stamp, 1), strings.Replace(arn, stamp, "x", 1), strings.Replace(arn, "/c:", "/d:", 1),
		strings.Replace(arn, "/c:", "/:", 1), strings.Replace(arn, "orders", "order", 1), strings.Replace(arn, "us-east-1", "us-east-2", 1),
		strings.Replace(arn, "stream/", "", 1), strings.Replace(arn, ":kinesis:", ":firehose:", 1),
	} {
		_, err := service.ConsumerByARN(bad)
		require.ErrorIs(t, err, kinesis.ErrResourceNotFound, bad)
		require.ErrorContains(t, err, "ConsumerByARN")
	}
	require.NoError(t, service.Close())
	_, err := service.ConsumerByARN(arn)
	require.ErrorIs(t, err, kinesis.ErrClosed)
}

func TestConsumersAreLimited(t *testing.T) {
	service, stream := streamIn(t, kinesis.Config{Mode: kinesis.ModeOnDemand})
	fill := func(stream *kinesis.LocalStream, most int) {
		t.Helper()
		for i := len(stream.Consumers()); i < most; i++ {
			register(t, stream, fmt.Sprintf("c%02d", i))
		}
		_, err := stream.RegisterConsumer("more", nil)
		wantFault(t, err, kinesis.ErrLimitExceeded, fmt.Sprintf("cannot have more than %d consumers.", most))
		_, err = stream.RegisterConsumer("c00", nil)
		require.ErrorIs(t, err, kinesis.ErrResourceInUse, "that there are many does not matter")
		require.Len(t, stream.Consumers(), most)
	}
	fill(stream, 20)
	require.NoError(t, stream.DeregisterConsumer("c07"))
	register(t, stream, "c07")
	require.NoError(t, service.UpdateAccountSettings(kinesis.AccountSettings{CommitmentStatus: kinesis.CommitmentEnabled}))
	fill(stream, 50)
	provisioned, err := service.CreateStream("provisioned", kinesis.Config{})
	require.NoError(t, err)
	fill(provisioned, 20)
}

func TestConsumersTakeTheirTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service, stream := streamIn(t, kinesis.Config{TransitionTime: 10 * time.Second})
		time.Sleep(10 * time.Second)
		consumers := []*kinesis.Consumer{}
		for i := range 5 {
			consumers = append(consumers, register(t, stream, fmt.Sprint("c", i)))
			time.Sleep(time.Second)
		}
		_, err := stream.RegisterConsumer("c5", nil)
		wantFault(t, err, kinesis.ErrLimitExceeded, "cannot have more than 5 consumers in CREATING status.")
		c := consumers[0]
		require.Equal(t, kinesis.ConsumerCreating, c.Status())
		require.NoError(t, c.Tag(map[string]string{"early": "yes"}))
		notActive := fmt.Sprintf("Consumer c0 with creation timestamp %d under stream orders and account 000000000000 is not in ACTIVE status.", c.CreatedAt().Unix())
		wantFault(t, c.PutPolicy("{}"), kinesis.ErrResourceInUse, notActive)
		time.Sleep(5*time.Second - 1)
		require.Equal(t, kinesis.ConsumerCreating, c.Status())
		time.Sleep(time.Nanosecond)
		require.Equal(t, kinesis.ConsumerActive, c.Status())
		require.Equal(t, kinesis.ConsumerCreating, consumers[1].Status())
		require.NoError(t, c.PutPolicy("{}"))
		register(t, stream, "c5")

		require.NoError(t, stream.DeregisterConsumer("c0"))
		require.Equal(t, kinesis.ConsumerDeleting, c.Status())
		wantFault(t, c.DeletePolicy(), kinesis.ErrResourceInUse, notActive)
		require.Equal(t, "yes", c.Tags()["early"])
		time.Sleep(10*time.Second - 1)
		require.NoError(t, stream.DeregisterConsumer("c0"), "it is on its way, and not longer so")
		_, err = stream.RegisterConsumer("c0", nil)
		require.ErrorIs(t, err, kinesis.ErrResourceInUse)
		found, err := service.ConsumerByARN(c.ARN())
		require.NoError(t, err)
		require.Same(t, c, found)
		require.Len(t, stream.Consumers(), 6)
		time.Sleep(time.Nanosecond)
		require.Len(t, stream.Consumers(), 5)
		_, err = c.Policy()
		wantFault(t, err, kinesis.ErrResourceNotFound, c.ARN())
		wantFault(t, c.Untag("early"), kinesis.ErrResourceNotFound, c.ARN())
		register(t, stream, "c0")
	})
}

func TestStreamsWithConsumersAreDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service, stream := streamIn(t, kinesis.Config{TransitionTime: 10 * time.Second})
		time.Sleep(10 * time.Second)
		register(t, stream, "short")
		c := register(t, stream, "long")
		wantFault(t, service.DeleteStream("orders", false), kinesis.ErrResourceInUse, "has consumers registered")
		require.NoError(t, stream.DeregisterConsumer("short"))
		require.NoError(t, stream.DeregisterConsumer("long"))
		wantFault(t, service.DeleteStream("orders", false), kinesis.ErrResourceInUse, "has consumers registered")
		time.Sleep(10 * time.Second)
		require.NoError(t, service.DeleteStream("orders", false), "they are gone, though nobody looked")
		require.Equal(t, kinesis.ConsumerDeleting, c.Status())

		time.Sleep(10 * time.Second)
		stream, err := service.CreateStream("orders", kinesis.Config{})
		require.NoError(t, err)
		c = register(t, stream, "c")
		require.NoError(t, c.PutPolicy("{}"))
		require.NoError(t, service.DeleteStream("orders", true))
		require.Equal(t, kinesis.ConsumerDeleting, c.Status())
		require.Empty(t, stream.Consumers())
		_, err = stream.Consumer("c")
		wantFault(t, err, kinesis.ErrResourceNotFound, "Stream orders under account 000000000000 not found.")
		_, err = c.Policy()
		wantFault(t, err, kinesis.ErrResourceNotFound, "Stream orders")
		_, err = service.ConsumerByARN(c.ARN())
		wantFault(t, err, kinesis.ErrResourceNotFound, "Stream orders")
		wantFault(t, stream.DeregisterConsumer("c"), kinesis.ErrResourceNotFound, "Stream orders")
	})
}
