package sns

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// Accounts and regions that are only named, or have given up what they had, leave nothing
// behind.
func TestPlacesWithoutAnythingTakeNoMemory(t *testing.T) {
	all, err := NewService(ServiceConfig{})
	require.NoError(t, err)
	for i := range 100 {
		s, err := all.As(fmt.Sprintf("%012d", i), "eu-west-1")
		require.NoError(t, err)
		_, err = s.SMSAttributes()
		require.NoError(t, err)
		require.False(t, s.SMSSandbox())
		_, _, err = s.ListPlatformApplications("")
		require.NoError(t, err)
	}
	require.Empty(t, all.registry.admin.holdings)

	require.NoError(t, all.OptOutPhoneNumber("+15555550100"))
	all.SetSMSSandbox(true)
	require.Len(t, all.registry.admin.holdings, 1)
	require.NoError(t, all.OptInPhoneNumber("+15555550100"))
	require.True(t, all.SMSSandbox())
	all.SetSMSSandbox(false)
	require.Empty(t, all.registry.admin.holdings)
}
