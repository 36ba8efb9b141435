package sns_test

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/internal/faultfs"
	"github.com/leat-go/leat/sns"
)

// Every operation says the same of the storage: that there is no space, that it has failed,
// and, once the service is closed, that and nothing else.
func TestErrorsOfTheStorage(t *testing.T) {
	type end = func(t *testing.T, w *world, topic *sns.LocalTopic)
	refused := func(t *testing.T, w *world, want error) {
		_, err := w.service.CreateTopic("refused", sns.Config{})
		require.ErrorIs(t, err, want)
	}
	fill := func(t *testing.T, w *world, _ *sns.LocalTopic) {
		w.disk.SetSpace(0)
		refused(t, w, durable.ErrNoSpace)
	}
	fail := func(t *testing.T, w *world, _ *sns.LocalTopic) {
		w.disk.OnCall(func(faultfs.Call) faultfs.Fault { return faultfs.Fault{Err: syscall.EIO} })
		refused(t, w, durable.ErrFailed)
	}
	closeService := func(_ *testing.T, w *world, _ *sns.LocalTopic) { _ = w.service.Close() }
	closeTopic := func(_ *testing.T, _ *world, topic *sns.LocalTopic) { _ = topic.Close() }
	deleteTopic := func(t *testing.T, w *world, topic *sns.LocalTopic) {
		require.NoError(t, w.service.DeleteTopic(topic.ARN()))
	}
	// What an operation meets that was begun before Close.
	closeJournal := func(t *testing.T, w *world, _ *sns.LocalTopic) { require.NoError(t, sns.CloseJournal(w.service)) }
	for name, c := range map[string]struct {
		ends      []end
		want      error
		code      string
		topicOnly bool // the service goes on
	}{
		"full":                      {ends: []end{fill}, want: durable.ErrNoSpace, code: "ServiceUnavailable"},
		"failed":                    {ends: []end{fail}, want: durable.ErrFailed, code: "InternalError"},
		"closed":                    {ends: []end{closeService}, want: sns.ErrClosed},
		"full, and closed":          {ends: []end{fill, closeService}, want: sns.ErrClosed},
		"failed, and closed":        {ends: []end{fail, closeService}, want: sns.ErrClosed},
		"closed meanwhile":          {ends: []end{closeJournal}, want: sns.ErrClosed},
		"the topic closed":          {ends: []end{closeTopic}, want: sns.ErrClosed, topicOnly: true},
		"full, the topic closed":    {ends: []end{fill, closeTopic}, want: sns.ErrClosed, topicOnly: true},
		"failed, the topic closed":  {ends: []end{fail, closeTopic}, want: sns.ErrClosed, topicOnly: true},
		"the topic deleted, full":   {ends: []end{deleteTopic, fill}, want: sns.ErrNotFound, topicOnly: true},
		"the topic deleted, closed": {ends: []end{deleteTopic, closeService}, want: sns.ErrNotFound, topicOnly: true},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				ctx := t.Context()
				w := newWorld(t, 1)
				defer w.end()
				e := &recorder{}
				w.found["a"], w.found["b"] = e, e
				topic := createTopic(t, w.open(), "topic", sns.Config{})
				sub := subscribe(t, topic, sns.Subscription{Protocol: sns.ProtocolLambda, Address: "a", Endpoint: e})
				for _, end := range c.ends {
					end(t, w, topic)
				}
				type operation struct {
					op string
					do func() error
				}
				operations := []operation{
					{"Publish", func() error { _, err := topic.Publish(ctx, sns.Entry{Message: "x"}); return err }},
					{"Subscribe", func() error {
						_, err := topic.Subscribe(ctx, sns.Subscription{Protocol: sns.ProtocolLambda, Address: "b", Endpoint: e})
						return err
					}},
					{"Unsubscribe", func() error { return topic.Unsubscribe(ctx, sub.ID()) }},
					{"SetTopicAttributes", func() error { return topic.SetAttribute("DisplayName", "x") }},
					{"SetSubscriptionAttributes", func() error { return sub.SetAttribute("RawMessageDelivery", "true") }},
					{"TagResource", func() error { return topic.Tag(map[string]string{"a": "b"}) }},
					{"AddPermission", func() error { return topic.AddPermission("all", []string{"111122223333"}, []string{"Publish"}) }},
				}
				if !c.topicOnly {
					operations = append(operations,
						operation{"CreateTopic", func() error { _, err := w.service.CreateTopic("other", sns.Config{}); return err }},
						operation{"OptInPhoneNumber", func() error { return w.service.OptInPhoneNumber("+15555550100") }},
						operation{"SetSMSAttributes", func() error { return w.service.SetSMSAttributes(map[string]string{"DefaultSMSType": "Promotional"}) }},
						operation{"DeleteTopic", func() error { return w.service.DeleteTopic(topic.ARN()) }},
					)
					backup := func() error { return w.service.Backup(ctx, t.TempDir()) }
					if c.want == durable.ErrNoSpace {
						require.NoError(t, backup(), "it is there to be copied")
					} else {
						operations = append(operations, operation{"Backup", backup})
					}
				}
				if c.code == "" {
					c.code = (&sns.Error{Err: c.want}).ErrorCode()
				}
				for _, o := range operations {
					var e *sns.Error
					err := o.do()
					require.ErrorAs(t, err, &e, o.op)
					require.ErrorIs(t, e, c.want, o.op)
					require.Equal(t, o.op, e.Op)
					require.Equal(t, c.code, e.ErrorCode(), o.op)
					if c.want != sns.ErrNotFound { // AWS names the resource
						require.Contains(t, e.ErrorMessage(), (&sns.Error{Err: c.want}).ErrorMessage(), o.op)
					}
				}
			})
		})
	}
}
