package sns

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// anEndpoint returns the ARN of a new platform endpoint.
func anEndpoint(t *testing.T, s *Service) string {
	application, err := s.CreatePlatformApplication("app", "GCM", map[string]string{"PlatformCredential": "secret"})
	require.NoError(t, err)
	arn, err := s.CreatePlatformEndpoint(application, "token", "", nil)
	require.NoError(t, err)
	return arn
}

func TestPushDelivery(t *testing.T) {
	topic := endpointTopic(t, ServiceConfig{}, "orders", Config{})
	arn := anEndpoint(t, topic.service)
	attributes := map[string]Attribute{"store": {DataType: "String", Value: "x"}}
	n := published(topic, &message{content: content{text: "for all", subject: "s", attributes: attributes, texts: map[Protocol]string{"GCM": `{"data":{}}`, "default": "for all"}}})
	deliverTo(t, topic, ProtocolApplication, arn, n)
	plain := published(topic, &message{content: content{text: "for all"}})
	deliverTo(t, topic, ProtocolApplication, arn, plain)
	require.Equal(t, []Push{
		{EndpointARN: arn, Platform: "GCM", Token: "token", Message: `{"data":{}}`, Subject: "s", Attributes: attributes, MessageID: n.MessageID},
		{EndpointARN: arn, Platform: "GCM", Token: "token", Message: "for all", MessageID: n.MessageID},
	}, topic.service.Outbox().Pushes())

	e, err := topic.service.endpointFor(ProtocolApplication, arn)
	require.NoError(t, err)
	require.NoError(t, topic.service.SetEndpointAttributes(arn, map[string]string{"Enabled": "false"}))
	err = e.Deliver(t.Context(), plain)
	require.ErrorIs(t, err, ErrEndpointDisabled)
	require.True(t, isPermanent(err))
	require.NoError(t, topic.service.DeleteEndpoint(arn))
	err = e.Deliver(t.Context(), plain)
	require.ErrorIs(t, err, ErrNotFound)
	require.True(t, isPermanent(err))
	require.Len(t, topic.service.Outbox().Pushes(), 2)
}
