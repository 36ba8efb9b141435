package ses_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sns/ses"
)

// In the sandbox, mail goes from and to verified addresses only, one a second.
func Example() {
	ctx := context.Background()
	var outbox sns.Outbox
	mailer, err := ses.New(ses.Config{
		Next:       &outbox, // or an &ses.SMTP{…}
		From:       "notices@example.com",
		Identities: []string{"example.com", "admin@example.org"},

		RefuseOverRate: true, // or a mail waits for its turn
	})
	if err != nil {
		panic(err)
	}
	fmt.Println(mailer.SendMail(ctx, sns.Mail{From: "Orders <no-reply@sns.amazonaws.com>", To: "stranger@example.net"}))
	fmt.Println(mailer.SendMail(ctx, sns.Mail{From: "Orders <no-reply@sns.amazonaws.com>", To: "admin@example.org"}))
	err = mailer.SendMail(ctx, sns.Mail{From: "Orders <no-reply@sns.amazonaws.com>", To: "admin@example.org"})
	fmt.Println(errors.Is(err, ses.ErrSendRate))
	for _, m := range outbox.Mails() {
		fmt.Println(m.From, m.To)
	}
	fmt.Printf("%+v\n", mailer.SendQuota())
	// Output:
	// ses: MessageRejected: Email address is not verified. The following identities failed the check in region US-EAST-1: stranger@example.net
	// <nil>
	// true
	// "Orders" <notices@example.com> admin@example.org
	// {Max24HourSend:200 MaxSendRate:1 SentLast24Hours:1}
}
