package kinesis

import "regexp"

// keyIDSyntax is the forms in which KMS lets a key be named: by its id (a UUID, or mrk-
// and 32 hexadecimal digits), by its alias, and by the ARN of either.
var keyIDSyntax = regexp.MustCompile(`^(` + keyID + `|` + keyAlias + `|arn:aws[a-z-]*:kms:[a-z0-9-]{1,64}:[0-9]{12}:(key/` + keyID + `|` + keyAlias + `))$`)

const (
	keyID    = `(mrk-[0-9a-fA-F]{32}|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})`
	keyAlias = `alias/[a-zA-Z0-9/_-]{1,250}`
)

// StartEncryption makes the stream say that it is encrypted with a key of KMS: its id,
// its alias ("alias/aws/kinesis" is the one that Kinesis owns) or the ARN of either.
// leat has no keys, so any will do, and encrypts nothing. The stream is UPDATING
// afterwards. It fails with ErrInvalidArgument if keyID has none of the forms, with
// ErrResourceNotFound, and with ErrResourceInUse unless the stream is ACTIVE.
// (StartStreamEncryption, whose limit of 25 keys a day does not bind here.)
func (s *LocalStream) StartEncryption(keyID string) error {
	return s.change("StartEncryption", func(c *Config) error {
		c.KMSKeyID = keyID
		return checkKeyID(keyID)
	})
}

// StopEncryption makes the stream say that it is not encrypted; if it is not, that is
// no error. The stream is UPDATING afterwards. It fails with ErrResourceNotFound, and
// with ErrResourceInUse unless the stream is ACTIVE. (StopStreamEncryption.)
func (s *LocalStream) StopEncryption() error {
	return s.change("StopEncryption", func(c *Config) error {
		c.KMSKeyID = ""
		return nil
	})
}

// checkKeyID returns what is wrong with the name of a key.
func checkKeyID(keyID string) error {
	if !keyIDSyntax.MatchString(keyID) {
		return invalid("KeyId %.300s is invalid. It must be the id of a key, an alias or the ARN of either.", keyID)
	}
	return nil
}
