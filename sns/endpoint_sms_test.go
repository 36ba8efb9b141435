package sns

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSMSDelivery(t *testing.T) {
	text := func(value string) Attribute { return Attribute{DataType: "String", Value: value} }
	for name, c := range map[string]struct {
		topic      Config
		defaults   map[string]string
		attributes map[string]Attribute
		want       SMS
	}{
		"plain":       {want: SMS{Message: "hello", SMSType: "Promotional"}},
		"a name":      {topic: Config{DisplayName: "Größenwahn & Co"}, want: SMS{Message: "Größenwahn> hello", SMSType: "Promotional"}},
		"of defaults": {defaults: map[string]string{"DefaultSenderID": "leat", "DefaultSMSType": "Transactional"}, want: SMS{Message: "hello", SenderID: "leat", SMSType: "Transactional"}},
		"of attributes": {
			defaults: map[string]string{"DefaultSenderID": "leat", "DefaultSMSType": "Promotional"},
			attributes: map[string]Attribute{
				"AWS.SNS.SMS.SenderID": text("orders"), "AWS.SNS.SMS.SMSType": text("Transactional"), "AWS.SNS.SMS.MaxPrice": text("0.50"),
				"AWS.MM.SMS.OriginationNumber": text("+15555550101"), "AWS.MM.SMS.EntityId": text("e"), "AWS.MM.SMS.TemplateId": text("t"),
			},
			want: SMS{
				Message: "hello", SenderID: "orders", SMSType: "Transactional", MaxPrice: "0.50",
				OriginationNumber: "+15555550101", EntityID: "e", TemplateID: "t",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			topic := endpointTopic(t, ServiceConfig{}, "orders", c.topic)
			require.NoError(t, topic.service.SetSMSAttributes(c.defaults))
			n := published(topic, &message{content: content{text: "hello", attributes: c.attributes}})
			deliverTo(t, topic, ProtocolSMS, "+1-555-555-0100", n)
			c.want.PhoneNumber, c.want.MessageID = "+15555550100", n.MessageID
			require.Equal(t, []SMS{c.want}, topic.service.Outbox().SMS())
		})
	}
}

func TestSMSDeliveryToWhoWantsNone(t *testing.T) {
	topic := endpointTopic(t, ServiceConfig{}, "orders", Config{})
	deliver := func() error {
		e, err := topic.service.endpointFor(ProtocolSMS, "+15555550100")
		require.NoError(t, err)
		return e.Deliver(t.Context(), published(topic, &message{content: content{text: "hello"}}))
	}
	require.NoError(t, topic.service.OptOutPhoneNumber("+15555550100"))
	err := deliver()
	require.ErrorIs(t, err, ErrOptedOut)
	require.True(t, isPermanent(err))
	require.NoError(t, topic.service.OptInPhoneNumber("+15555550100"))
	require.NoError(t, deliver())
	topic.service.SetSMSSandbox(true)
	err = deliver()
	require.ErrorIs(t, err, ErrUser)
	require.True(t, isPermanent(err))
	require.Len(t, topic.service.Outbox().SMS(), 1)
}
