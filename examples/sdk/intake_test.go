package main

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis/kinesishttp"
	"github.com/leat-go/leat/sns/snshttp"
	leatsqs "github.com/leat-go/leat/sqs"
	"github.com/leat-go/leat/sqs/sqshttp"
)

const order1 = `{"id":"order-1","customer":"ada","cents":1250}`

func TestAnOrderIsAccepted(t *testing.T) {
	t.Parallel() // each test has a cloud of its own
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t, nil)
		s.order(t, order1)
		synctest.Wait() // until everybody waits for something

		require.Empty(t, s.bodies(t, "orders"))
		require.Equal(t, []Record{{Order: "order-1", Attempt: "1"}}, s.audited(t))
		events := s.queue(t, "billing").Peek(10)
		require.Len(t, events, 1)
		require.Equal(t, order1, events[0].Body)
		require.Equal(t, leatsqs.StringAttribute("accepted"), events[0].Attributes["event"])
	})
}

func TestLongPollsTakeNoTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t, nil)
		time.Sleep(time.Hour + 15*time.Second)
		require.EqualValues(t, 3600/20, s.queue(t, "orders").Metrics().NumberOfEmptyReceives, "it polls every 20 seconds, no more")

		s.order(t, order1)
		synctest.Wait()
		require.Equal(t, []string{order1}, s.bodies(t, "billing"), "an order ends the poll at once")
	})
}

func TestALostDeleteMeansAnotherDelivery(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t, nil)
		_, err := s.cloud.Handlers().SQS.Faults().Add(sqshttp.Fault{Op: "DeleteMessage", Times: 3, Code: "InternalError"})
		require.NoError(t, err)
		s.order(t, order1)

		time.Sleep(visibility - time.Millisecond)
		require.Len(t, s.bodies(t, "billing"), 1, "the message is hidden")
		time.Sleep(time.Millisecond)
		synctest.Wait()
		require.Equal(t, []string{order1, order1}, s.bodies(t, "billing"), "at least once, as SQS promises")
		require.Equal(t, []Record{{Order: "order-1", Attempt: "1"}, {Order: "order-1", Attempt: "2"}}, s.audited(t))
		require.Empty(t, s.bodies(t, "orders"))
	})
}

func TestSlowWorkKeepsItsMessage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t, func(context.Context, Order) error {
			time.Sleep(10 * time.Minute)
			return nil
		})
		s.run(t) // another one, which has nothing to do
		s.order(t, order1)
		time.Sleep(10*time.Minute - time.Second)
		require.Empty(t, s.bodies(t, "billing"))
		time.Sleep(time.Second)
		synctest.Wait()
		require.Equal(t, []string{order1}, s.bodies(t, "billing"))
		require.Len(t, s.audited(t), 1, "nobody else got it meanwhile")
	})
}

func TestTheSDKRetriesAThrottledTopic(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t, nil)
		_, err := s.cloud.Handlers().SNS.Faults().Add(snshttp.Fault{Op: "Publish", Times: 2, Code: "Throttling"})
		require.NoError(t, err)
		s.order(t, order1)
		synctest.Wait()
		require.Empty(t, s.bodies(t, "billing"), "the SDK waits before it tries again")

		time.Sleep(6 * time.Second) // how long is random: up to 2 s, then up to 4 s
		require.Equal(t, []string{order1}, s.bodies(t, "billing"))
		require.Len(t, s.audited(t), 1, "the service has not noticed")
	})
}

func TestAnOrderIsTriedAgainLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var tried []time.Duration
		begin := time.Now()
		s := newShop(t, func(context.Context, Order) error {
			tried = append(tried, time.Since(begin))
			if len(tried) < 3 {
				return errors.New("out of stock")
			}
			return nil
		})
		s.order(t, order1)
		time.Sleep(time.Hour)
		require.Equal(t, []time.Duration{0, 10 * time.Second, 30 * time.Second}, tried)
		require.Equal(t, []string{order1}, s.bodies(t, "billing"))
	})
}

func TestWhatIsNoOrderIsPutAside(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t, nil)
		s.order(t, "two pizzas")
		s.order(t, order1)
		begin := time.Now()
		aside, err := s.queue(t, "orders-dead").Receive(t.Context(), leatsqs.ReceiveRequest{Wait: new(time.Hour)})
		require.NoError(t, err)
		require.Len(t, aside, 1)
		require.Equal(t, "two pizzas", aside[0].Body)
		require.Equal(t, (10+20+40)*time.Second, time.Since(begin), "after three receives")
		require.Empty(t, s.bodies(t, "orders"))
		require.Equal(t, []string{order1}, s.bodies(t, "billing"), "it held up nobody")
	})
}

func TestAnOutageOfTheStream(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t, nil)
		restore, err := s.cloud.Handlers().Kinesis.Faults().Add(kinesishttp.Fault{Op: "PutRecord", Code: "InternalFailure"})
		require.NoError(t, err)
		s.order(t, order1)
		time.Sleep(5 * time.Second)
		require.Empty(t, s.bodies(t, "billing"), "nothing is accepted that is not noted")

		restore()
		time.Sleep(time.Minute)
		require.Equal(t, []string{order1}, s.bodies(t, "billing"))
	})
}
