package sns_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sns"
)

// What an account has besides topics is there again.
func TestAdministrationAcrossOpen(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, 12)
		s := w.open()
		const phone, other = "+15555550100", "+15555550101"
		app, err := s.CreatePlatformApplication("app", "GCM", map[string]string{"PlatformCredential": "secret"})
		require.NoError(t, err)
		require.NoError(t, s.SetPlatformApplicationAttributes(app, map[string]string{"EventEndpointCreated": "x"}))
		gone, err := s.CreatePlatformApplication("gone", "GCM", map[string]string{"PlatformCredential": "secret"})
		require.NoError(t, err)
		lost, err := s.CreatePlatformEndpoint(gone, "token", "", nil)
		require.NoError(t, err)
		require.NoError(t, s.DeletePlatformApplication(gone))
		device, err := s.CreatePlatformEndpoint(app, "token", "data", nil)
		require.NoError(t, err)
		require.NoError(t, s.SetEndpointAttributes(device, map[string]string{"Enabled": "false"}))
		second, err := s.CreatePlatformEndpoint(app, "token2", "", nil)
		require.NoError(t, err)
		require.NoError(t, s.DeleteEndpoint(second))
		require.NoError(t, s.SetSMSAttributes(map[string]string{"DefaultSenderID": "leat"}))
		require.NoError(t, s.OptOutPhoneNumber(phone))
		require.NoError(t, s.OptOutPhoneNumber(other))
		require.NoError(t, s.OptInPhoneNumber(other))
		require.NoError(t, s.SetOriginationNumbers(sns.OriginationNumber{PhoneNumber: phone, NumberCapabilities: []string{"SMS"}, CreatedAt: time.Unix(5, 0).UTC()}))
		west, err := s.As("123456789012", "eu-west-1")
		require.NoError(t, err)
		west.SetSMSSandbox(true)
		require.NoError(t, west.CreateSMSSandboxPhoneNumber(other, ""))
		sent := s.Outbox().SMS()
		require.Len(t, sent, 1)
		password := sent[0].Message[:6]

		for i, again := range []func() *sns.Service{w.crash, w.reopen} {
			s = again()
			attributes, err := s.PlatformApplicationAttributes(app)
			require.NoError(t, err)
			require.Equal(t, map[string]string{"Enabled": "true", "EventEndpointCreated": "x"}, attributes)
			_, err = s.PlatformApplicationAttributes(gone)
			require.ErrorIs(t, err, sns.ErrNotFound)
			_, err = s.EndpointAttributes(lost)
			require.ErrorIs(t, err, sns.ErrNotFound)
			_, err = s.EndpointAttributes(second)
			require.ErrorIs(t, err, sns.ErrNotFound)
			attributes, err = s.EndpointAttributes(device)
			require.NoError(t, err)
			require.Equal(t, map[string]string{"Enabled": "false", "Token": "token", "CustomUserData": "data"}, attributes)
			same, err := s.CreatePlatformEndpoint(app, "token", "data", nil)
			require.NoError(t, err)
			require.Equal(t, device, same)
			attributes, err = s.SMSAttributes()
			require.NoError(t, err)
			require.Equal(t, map[string]string{"DefaultSenderID": "leat", "MonthlySpendLimit": "1"}, attributes)
			page, _, err := s.ListPhoneNumbersOptedOut("")
			require.NoError(t, err)
			require.Equal(t, []string{phone}, page)
			numbers, _, err := s.ListOriginationNumbers(0, "")
			require.NoError(t, err)
			require.Equal(t, []sns.OriginationNumber{{PhoneNumber: phone, NumberCapabilities: []string{"SMS"}, CreatedAt: time.Unix(5, 0).UTC()}}, numbers)
			require.False(t, s.SMSSandbox())
			west, err = s.As("123456789012", "eu-west-1")
			require.NoError(t, err)
			require.True(t, west.SMSSandbox())
			if i == 0 {
				require.NoError(t, west.VerifySMSSandboxPhoneNumber(other, password))
			}
			testers, _, err := west.ListSMSSandboxPhoneNumbers(0, "")
			require.NoError(t, err)
			require.Equal(t, []sns.SMSSandboxPhoneNumber{{PhoneNumber: other, Status: "Verified"}}, testers)
		}
		w.end()
	})
}
