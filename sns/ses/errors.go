package ses

import "errors"

// The conditions for which a [Mailer] refuses a mail; they come wrapped in an [*Error].
// ("Amazon SES email sending errors" and "Errors related to the sending quotas for
// your Amazon SES account" in the SES Developer Guide.)
var (
	// ErrMessageRejected means that the sender or, in the sandbox, the recipient is
	// not verified. It is for good, until somebody verifies them.
	ErrMessageRejected = errors.New("ses: message rejected")
	// ErrSendRate means that the mails of this second are used up.
	ErrSendRate = errors.New("ses: maximum sending rate exceeded")
	// ErrDailyQuota means that the mails of the last 24 hours are as many as there
	// may be.
	ErrDailyQuota = errors.New("ses: daily message quota exceeded")
)

// Error is the error of a mail that was refused.
type Error struct {
	Err     error  // one of the sentinels of this package
	Message string // AWS's text
}

func (e *Error) Error() string { return "ses: " + e.ErrorCode() + ": " + e.Message }

// Unwrap returns the sentinel.
func (e *Error) Unwrap() error { return e.Err }

// ErrorCode returns AWS's code: "MessageRejected" or "Throttling".
func (e *Error) ErrorCode() string {
	if errors.Is(e.Err, ErrMessageRejected) {
		return "MessageRejected"
	}
	return "Throttling"
}

// ErrorMessage returns AWS's text.
func (e *Error) ErrorMessage() string { return e.Message }
