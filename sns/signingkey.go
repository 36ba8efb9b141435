package sns

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"time"
)

// SigningKey is the key pair that signs envelopes, with its certificate. It does not
// change and may be used concurrently.
type SigningKey struct {
	key         *rsa.PrivateKey
	certificate []byte // PEM
	path        string
}

// NewSigningKey makes a signing key: 2048 bits of RSA, and a certificate for
// sns.amazonaws.com that the key itself has signed. It takes some tenths of a second.
func NewSigningKey() (*SigningKey, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	return SigningKeyFrom(key)
}

// SigningKeyFrom makes a signing key of an RSA key, so that envelopes can be
// verified from one run of a program to the next: the same key always has the same
// certificate, at the same address.
func SigningKeyFrom(key *rsa.PrivateKey) (*SigningKey, error) {
	if key == nil {
		return nil, errors.New("sns: SigningKeyFrom: no key")
	}
	// The validity covers the clock of a testing/synctest bubble, which starts with
	// the year 2000, and every clock that is right. Everything else follows from the key.
	public := sha256.Sum256(x509.MarshalPKCS1PublicKey(&key.PublicKey))
	template := &x509.Certificate{
		SerialNumber:       new(big.Int).SetBytes(public[:16]),
		Subject:            pkix.Name{CommonName: "sns.amazonaws.com"},
		DNSNames:           []string{"sns.amazonaws.com"},
		NotBefore:          time.Date(1999, time.January, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:           time.Date(2099, time.January, 1, 0, 0, 0, 0, time.UTC),
		KeyUsage:           x509.KeyUsageDigitalSignature,
		SignatureAlgorithm: x509.SHA256WithRSA,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("sns: SigningKeyFrom: %w", err)
	}
	sum := sha256.Sum256(der)
	return &SigningKey{
		key:         key,
		certificate: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		path:        "/SimpleNotificationService-" + hex.EncodeToString(sum[:16]) + ".pem",
	}, nil
}

// CertificatePEM returns the certificate in PEM. The slice is the caller's own.
func (k *SigningKey) CertificatePEM() []byte { return append([]byte(nil), k.certificate...) }

// CertificatePath returns the path of the certificate's address,
// "/SimpleNotificationService-<32 digits>.pem", different for every key.
func (k *SigningKey) CertificatePath() string { return k.path }
