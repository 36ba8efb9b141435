package sns

import "context"

// SMS is a text message on its way to a phone. The optional fields come from the
// notification's attributes, else from the account's SMS attributes. ("Publishing
// SMS messages" in the SNS Developer Guide.)
type SMS struct {
	// PhoneNumber is the recipient's, in the form "+15555550100".
	PhoneNumber string
	Message     string
	// MessageID is the id of the notification, the same on every retry.
	MessageID string
	// SenderID is the name that the phone shows for the sender. Optional.
	SenderID string
	// SMSType is "Promotional" or "Transactional".
	SMSType string
	// MaxPrice is what sending may cost at most, in US dollars. Optional.
	MaxPrice string
	// OriginationNumber is the number that the message comes from. Optional.
	OriginationNumber string
	// EntityID and TemplateID are what India asks for. Optional.
	EntityID, TemplateID string
}

// SMSSender sends text messages.
type SMSSender interface {
	// SendSMS hands one message over. It may be called concurrently. An error that
	// is marked by [Permanent] says that no retry will help; after any other the
	// same message is sent again.
	SendSMS(ctx context.Context, m SMS) error
}
