package sns

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

const (
	// maxCertificates bounds the cache. There is one certificate a region at a time.
	maxCertificates    = 32
	maxCertificateSize = 64 << 10
	certificateTimeout = 10 * time.Second
)

// certificate is what is kept of one that was fetched.
type certificate struct {
	key                 *rsa.PublicKey
	notBefore, notAfter time.Time
}

// hostOfSNS is the pattern of AWS's own verifiers. It fits hosts of S3, too, where a
// bucket may be called sns: sns.s3-us-west-2.amazonaws.com.
var hostOfSNS = regexp.MustCompile(`^sns\.[a-z0-9-]{3,}\.amazonaws\.com(\.cn)?$`)

// trusts tells whether SNS answers at a URL.
func (v *Verifier) trusts(u *url.URL) bool {
	if v.TrustURL != nil {
		return v.TrustURL(u)
	}
	return u.Scheme == "https" && u.User == nil && hostOfSNS.MatchString(u.Host) && !strings.HasPrefix(u.Host, "sns.s3")
}

// publicKey returns the key of the certificate at an address.
func (v *Verifier) publicKey(ctx context.Context, address string) (*rsa.PublicKey, error) {
	u, err := url.Parse(address)
	if err != nil || !strings.HasSuffix(u.Path, ".pem") || !v.trusts(u) {
		return nil, fmt.Errorf("%w: %.200q", ErrForeignCertificate, address)
	}
	u.RawQuery, u.Fragment = "", "" // or one certificate could fill the cache
	address = u.String()
	v.mu.Lock()
	c := v.certificates[address]
	v.mu.Unlock()
	if c == nil {
		if c, err = v.fetch(ctx, address); err != nil {
			return nil, fmt.Errorf("%w: GET %s: %w", ErrCertificate, address, err)
		}
		v.remember(address, c)
	}
	if now := time.Now(); now.Before(c.notBefore.Add(-defaultClockSkew)) || now.After(c.notAfter.Add(defaultClockSkew)) {
		return nil, fmt.Errorf("%w: that at %s is valid from %s to %s", ErrCertificate, address, c.notBefore, c.notAfter)
	}
	return c.key, nil
}

func (v *Verifier) remember(address string, c *certificate) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.certificates == nil {
		v.certificates = make(map[string]*certificate)
	}
	for other := range v.certificates {
		if len(v.certificates) < maxCertificates {
			break
		}
		delete(v.certificates, other) // any; the one still needed is soon back
	}
	v.certificates[address] = c
}

func (v *Verifier) fetch(ctx context.Context, address string) (*certificate, error) {
	text, err := v.get(ctx, address, maxCertificateSize)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("not in PEM")
	}
	parsed, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, err
	}
	key, ok := parsed.PublicKey.(*rsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("a key for %s", parsed.PublicKeyAlgorithm)
	}
	return &certificate{key: key, notBefore: parsed.NotBefore, notAfter: parsed.NotAfter}, nil
}

// get fetches what is at an address, and follows no redirect to any other.
func (v *Verifier) get(ctx context.Context, address string, limit int64) ([]byte, error) {
	if v.Transport == nil {
		return nil, fmt.Errorf("no transport: set Verifier.Transport, to http.DefaultTransport for one")
	}
	ctx, cancel := context.WithTimeout(ctx, certificateTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	resp, err := v.Transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, limit))
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
	}
	return text, nil
}
