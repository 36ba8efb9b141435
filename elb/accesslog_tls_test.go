package elb

import (
	"crypto/tls"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTLSNames(t *testing.T) {
	for _, c := range []struct {
		version, suite   uint16
		protocol, cipher string
	}{
		{tls.VersionTLS13, tls.TLS_AES_128_GCM_SHA256, "TLSv1.3", "TLS_AES_128_GCM_SHA256"},
		{tls.VersionTLS12, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, "TLSv1.2", "ECDHE-RSA-AES128-GCM-SHA256"},
		{tls.VersionTLS12, tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, "TLSv1.2", "ECDHE-ECDSA-CHACHA20-POLY1305"},
		{tls.VersionTLS11, tls.TLS_RSA_WITH_AES_256_CBC_SHA, "TLSv1.1", "AES256-SHA"},
		{tls.VersionTLS10, tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA, "TLSv1", "DES-CBC3-SHA"},
		{tls.VersionTLS12, 0xFFFE, "TLSv1.2", "0xFFFE"},
	} {
		protocol, cipher := tlsNames(&tls.ConnectionState{Version: c.version, CipherSuite: c.suite})
		require.Equal(t, c.protocol, protocol)
		require.Equal(t, c.cipher, cipher)
	}
	protocol, cipher := tlsNames(nil)
	require.Empty(t, protocol+cipher)
	for _, s := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		if !slices.Equal(s.SupportedVersions, []uint16{tls.VersionTLS13}) {
			_, cipher := tlsNames(&tls.ConnectionState{Version: tls.VersionTLS12, CipherSuite: s.ID})
			require.False(t, strings.HasPrefix(cipher, "TLS_"), "%s has a name", cipher)
		}
	}
}
