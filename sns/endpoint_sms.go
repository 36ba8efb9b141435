package sns

import (
	"context"
	"strings"
)

// smsEndpoint sends notifications to a phone.
type smsEndpoint struct {
	service     *Service
	phoneNumber string
}

// Deliver sends n by the service's SMSSender, else to its Outbox. A number that is
// opted out, or that the sandbox has not verified, gets nothing, for good.
func (e *smsEndpoint) Deliver(ctx context.Context, n Notification) error {
	number, err := e.service.checkRecipient(e.phoneNumber)
	if err != nil {
		return err
	}
	defaults, err := e.service.SMSAttributes("DefaultSenderID", "DefaultSMSType")
	if err != nil {
		return err
	}
	m := n.sms(number, defaults)
	if sender := e.service.registry.config.SMS; sender != nil {
		return sender.SendSMS(ctx, m)
	}
	return e.service.Outbox().SendSMS(ctx, m)
}

// sms takes from the attributes what AWS reads there. ("Publishing an SMS message to a
// mobile phone" in the SNS Developer Guide.)
func (n *Notification) sms(number string, defaults map[string]string) SMS {
	attribute := func(name, otherwise string) string {
		if a, ok := n.Attributes[name]; ok {
			return a.Value
		}
		return otherwise
	}
	m := SMS{
		PhoneNumber:       number,
		Message:           n.Message,
		MessageID:         n.MessageID,
		SenderID:          attribute("AWS.SNS.SMS.SenderID", defaults["DefaultSenderID"]),
		SMSType:           attribute("AWS.SNS.SMS.SMSType", defaults["DefaultSMSType"]),
		MaxPrice:          attribute("AWS.SNS.SMS.MaxPrice", ""),
		OriginationNumber: attribute("AWS.MM.SMS.OriginationNumber", ""),
		EntityID:          attribute("AWS.MM.SMS.EntityId", ""),
		TemplateID:        attribute("AWS.MM.SMS.TemplateId", ""),
	}
	if m.SMSType == "" {
		m.SMSType = "Promotional"
	}
	if n.topic != nil {
		// The name goes before the text, its first ten characters. (CreateTopic in
		// the SNS API reference, DisplayName.)
		if name := n.topic.config.Load().DisplayName; name != "" {
			runes := []rune(name)
			m.Message = strings.TrimSpace(string(runes[:min(10, len(runes))])) + "> " + m.Message
		}
	}
	return m
}
