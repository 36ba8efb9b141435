// Package ses sends the mail of package sns, under the rules of the sending side of
// Amazon SES and by SMTP.
//
// A [Mailer] stands before any other sns.Mailer and lets through what SES would: mail
// from verified identities, in the sandbox only to verified identities, and within the
// account's quotas for a second and for 24 hours. [SMTP] is an sns.Mailer that hands
// mail to a server, be it SES's own, a relay, or a sink in a test. Together:
//
//	relay := &ses.SMTP{Addr: "relay.example.com:587", Username: "leat", Password: password}
//	mailer, err := ses.New(ses.Config{
//		Next:       relay,
//		From:       "notices@example.com",
//		Identities: []string{"example.com"},
//	})
//	…
//	service, err := sns.NewService(sns.ServiceConfig{Mailer: mailer})
//
// What is refused for good (an unverified identity, an address that is none, an SMTP
// reply of 500 and above) is marked by sns.Permanent; everything else, throttling
// included, is worth another attempt, which the subscription's retries make.
package ses
