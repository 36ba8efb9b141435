package main

import (
	"io"
	"mime"
	"mime/quotedprintable"
	"net/mail"
)

// letter is a mail as its reader sees it.
type letter struct{ subject, text string }

// readLetter reads a mail of plain text in the encoding that ses.SMTP sends it in.
func readLetter(data io.Reader) (letter, error) {
	m, err := mail.ReadMessage(data)
	if err != nil {
		return letter{}, err
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		return letter{}, err
	}
	text, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	return letter{subject, string(text)}, err
}
