package sns

import "context"

// Push is a mobile push notification on its way to a device.
type Push struct {
	// EndpointARN names the platform endpoint, and Platform is its platform:
	// "GCM", "APNS", ….
	EndpointARN, Platform string
	// Token is what the platform knows the device by.
	Token string
	// Message is the text for the device: for a message with a structure the one
	// under the platform's name, a payload in the platform's own format.
	Message string
	Subject string
	// Attributes are the message's, shared: not to be changed.
	Attributes map[string]Attribute
	// MessageID is the id of the notification, the same on every retry.
	MessageID string
}

// PushSender sends mobile push notifications.
type PushSender interface {
	// SendPush hands one notification over. It may be called concurrently. An error
	// that is marked by [Permanent] says that no retry will help; after any other the
	// same notification is sent again.
	SendPush(ctx context.Context, m Push) error
}
