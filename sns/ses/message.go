package ses

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/leat-go/leat/sns"
)

// message writes a mail as RFC 5322 and MIME have it: plain text in UTF-8,
// quoted-printable, so that it passes every server, with lines that end in CRLF.
func message(from, to *mail.Address, m sns.Mail, now time.Time) ([]byte, error) {
	if strings.ContainsAny(m.Subject, "\r\n") {
		return nil, errors.New("ses: a line break in the subject")
	}
	var b bytes.Buffer
	header := func(name, value string) {
		// Several encoded words go on a line each, as a line may have 998 bytes.
		fmt.Fprintf(&b, "%s: %s\r\n", name, strings.ReplaceAll(value, "?= =?", "?=\r\n =?"))
	}
	header("From", from.String())
	header("To", to.String())
	header("Subject", mime.QEncoding.Encode("utf-8", m.Subject))
	header("Date", now.Format(time.RFC1123Z))
	header("Message-ID", "<"+messageID(m)+from.Address[strings.LastIndexByte(from.Address, '@'):]+">")
	header("Auto-Submitted", "auto-generated") // no answer from an absence assistant: RFC 3834
	if u := m.UnsubscribeURL; u != "" && strings.IndexFunc(u, func(r rune) bool { return r <= ' ' || r > '~' || r == '<' || r == '>' }) < 0 {
		header("List-Unsubscribe", "<"+u+">")
	}
	header("MIME-Version", "1.0")
	header("Content-Type", "text/plain; charset=UTF-8")
	header("Content-Transfer-Encoding", "quoted-printable")
	b.WriteString("\r\n")
	w := quotedprintable.NewWriter(&b)
	if _, err := w.Write([]byte(m.Body)); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// messageID is one for each notification and recipient: the same on every attempt, so
// that a mailbox can tell a repetition.
func messageID(m sns.Mail) string {
	if m.MessageID == "" {
		return uuid.NewString()
	}
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte(m.MessageID+"\n"+m.To)).String()
}
