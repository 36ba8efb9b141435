package sns

import "context"

// Mail is a message on its way to a mailbox, as plain text.
type Mail struct {
	// From is the sender's address, which may have a display name before it:
	// `"Orders" <no-reply@sns.us-east-1.amazonaws.com>`.
	From string
	// To is the recipient's address.
	To string
	// Subject and Body are text in UTF-8; lines of the body end in "\n". A Mailer
	// encodes them as its transport demands.
	Subject string
	Body    string
	// MessageID is the id of the notification that the mail carries, the same on
	// every retry.
	MessageID string
	// UnsubscribeURL ends the subscription that the mail is for. Empty in a mail
	// that asks for a confirmation.
	UnsubscribeURL string
}

// Mailer sends mail.
type Mailer interface {
	// SendMail hands one mail over. It may be called concurrently. An error that
	// is marked by [Permanent] says that no retry will help; after any other the
	// same mail is sent again.
	SendMail(ctx context.Context, m Mail) error
}
