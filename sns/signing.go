package sns

import (
	"crypto"
	"crypto/rsa"
	_ "crypto/sha1"   // signature version 1
	_ "crypto/sha256" // signature version 2
	"encoding/base64"
	"io"
)

// signatureHashes are the digests under the signatures of each version.
var signatureHashes = map[string]crypto.Hash{"1": crypto.SHA1, "2": crypto.SHA256}

// signatureVersion is the one that the topic's envelopes have.
func (n *Notification) signatureVersion() string {
	if n.topic != nil {
		if version := n.topic.config.Load().SignatureVersion; version != "" {
			return version
		}
	}
	return "1"
}

// sign fills in the fields about the signature. Without a signature the version and
// an address are there all the same, for receivers that parse them.
func (n *Notification) sign(d *document, sign bool) error {
	d.SignatureVersion = n.signatureVersion()
	if n.topic == nil {
		d.SigningCertURL = n.baseURL() + "/SimpleNotificationService.pem"
		return nil
	}
	key := n.topic.service.registry.config.SigningKey
	if sign {
		var err error
		if key, err = n.topic.service.SigningKey(); err != nil {
			return err
		}
		if d.Signature, err = key.sign(d); err != nil {
			return err
		}
	}
	path := "/SimpleNotificationService.pem"
	if key != nil {
		path = key.CertificatePath()
	}
	d.SigningCertURL = n.baseURL() + path
	return nil
}

func (k *SigningKey) sign(d *document) (string, error) {
	hash := signatureHashes[d.SignatureVersion]
	if hash == 0 {
		return "", invalid("SignatureVersion: %s", d.SignatureVersion)
	}
	signature, err := rsa.SignPKCS1v15(nil, k.key, hash, d.digest(hash))
	if err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(signature), nil
}

// digest hashes what is signed: names and values, a line each, in the order of the
// names. ("Verifying the signatures of Amazon SNS messages" in the SNS Developer
// Guide.)
func (d *document) digest(hash crypto.Hash) []byte {
	h := hash.New()
	line := func(s string) {
		_, _ = io.WriteString(h, s) // a hash never fails
		_, _ = h.Write([]byte{'\n'})
	}
	pair := func(name, value string) {
		line(name)
		line(value)
	}
	pair("Message", d.Message)
	pair("MessageId", d.MessageID)
	if d.Type == TypeNotification {
		if d.Subject != "" {
			pair("Subject", d.Subject)
		}
	} else {
		pair("SubscribeURL", d.SubscribeURL)
	}
	pair("Timestamp", d.Timestamp)
	if d.Type != TypeNotification {
		pair("Token", d.Token)
	}
	pair("TopicArn", d.TopicARN)
	pair("Type", string(d.Type))
	return h.Sum(nil)
}
