package sns

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// The signatures hold for openssl, over texts put together here by hand.
func TestSignaturesHoldForOpenSSL(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not installed")
	}
	dir := t.TempDir()
	run := func(args ...string) (string, error) {
		cmd := exec.Command(openssl, args...)
		cmd.Dir = dir
		output, err := cmd.CombinedOutput()
		return string(output), err
	}
	write := func(name string, content []byte) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), content, 0o600))
	}
	write("cert.pem", testKey().CertificatePEM())
	output, err := run("verify", "-CAfile", "cert.pem", "cert.pem")
	require.NoError(t, err, output)
	publicKey, err := run("x509", "-in", "cert.pem", "-pubkey", "-noout")
	require.NoError(t, err, publicKey)
	write("key.pem", []byte(publicKey))

	const id, at, arn = "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324", "2012-05-02T00:54:06.655Z", ordersARN
	link := linkToAWS + "/?Action=ConfirmSubscription&TopicArn=" + arn + "&Token=2336412f37"
	for name, c := range map[string]struct {
		change func(n *Notification)
		signed string
	}{
		"notification": {
			signed: "Message\nsilver & größer\nMessageId\n" + id + "\nTimestamp\n" + at + "\nTopicArn\n" + arn + "\nType\nNotification\n",
		},
		"notification with a subject": {
			change: func(n *Notification) { n.Subject = "My First Message" },
			signed: "Message\nsilver & größer\nMessageId\n" + id + "\nSubject\nMy First Message\nTimestamp\n" + at + "\nTopicArn\n" + arn + "\nType\nNotification\n",
		},
		"subscription confirmation": {
			change: func(n *Notification) { n.Type, n.Token = TypeSubscriptionConfirmation, "2336412f37" },
			signed: "Message\nsilver & größer\nMessageId\n" + id + "\nSubscribeURL\n" + link + "\nTimestamp\n" + at + "\nToken\n2336412f37\nTopicArn\n" + arn + "\nType\nSubscriptionConfirmation\n",
		},
		"unsubscribe confirmation": {
			change: func(n *Notification) { n.Type, n.Token = TypeUnsubscribeConfirmation, "2336412f37" },
			signed: "Message\nsilver & größer\nMessageId\n" + id + "\nSubscribeURL\n" + link + "\nTimestamp\n" + at + "\nToken\n2336412f37\nTopicArn\n" + arn + "\nType\nUnsubscribeConfirmation\n",
		},
	} {
		for version, hash := range map[string]string{"1": "-sha1", "2": "-sha256"} {
			t.Run(name+" version "+version, func(t *testing.T) {
				topic := endpointTopic(t, ServiceConfig{SignQueueMessages: true}, "orders", Config{SignatureVersion: version})
				n := published(topic, &message{content: content{text: "silver & größer"}})
				if c.change != nil {
					c.change(&n)
				}
				text, err := n.Envelope()
				require.NoError(t, err)
				var envelope struct{ SignatureVersion, Signature string }
				require.NoError(t, json.Unmarshal([]byte(text), &envelope))
				require.Equal(t, version, envelope.SignatureVersion)
				signature, err := base64.StdEncoding.DecodeString(envelope.Signature)
				require.NoError(t, err)
				write("signature", signature)
				write("signed", []byte(c.signed))
				output, err := run("dgst", hash, "-verify", "key.pem", "-signature", "signature", "signed")
				require.NoError(t, err, output)
				write("signed", []byte(c.signed+"more"))
				_, err = run("dgst", hash, "-verify", "key.pem", "-signature", "signature", "signed")
				require.Error(t, err)
			})
		}
	}
}

func TestSigningKey(t *testing.T) {
	key := testKey()
	require.Regexp(t, `^/SimpleNotificationService-[0-9a-f]{32}\.pem$`, key.CertificatePath())

	block, rest := pem.Decode(key.CertificatePEM())
	require.NotNil(t, block)
	require.Empty(t, rest)
	certificate, err := x509.ParseCertificate(block.Bytes)
	require.NoError(t, err)
	require.Equal(t, "sns.amazonaws.com", certificate.Subject.CommonName)
	require.Equal(t, 2048, certificate.PublicKey.(*rsa.PublicKey).Size()*8)
	require.NoError(t, certificate.CheckSignature(certificate.SignatureAlgorithm, certificate.RawTBSCertificate, certificate.Signature))

	roots := x509.NewCertPool()
	roots.AddCert(certificate)
	verify := func() {
		_, err := certificate.Verify(x509.VerifyOptions{Roots: roots, DNSName: "sns.amazonaws.com"})
		require.NoError(t, err, time.Now())
	}
	verify()
	synctest.Test(t, func(*testing.T) { verify() })

	key.CertificatePEM()[0] = 'x'
	require.Equal(t, byte('-'), key.CertificatePEM()[0], "the caller has a copy")
}

func TestSigningKeyFrom(t *testing.T) {
	again, err := SigningKeyFrom(testKey().key)
	require.NoError(t, err)
	require.Equal(t, testKey().CertificatePEM(), again.CertificatePEM(), "one key, one certificate")
	require.Equal(t, testKey().CertificatePath(), again.CertificatePath())

	_, err = SigningKeyFrom(nil)
	require.Error(t, err)
	_, err = SigningKeyFrom(&rsa.PrivateKey{})
	require.Error(t, err)
}
