package kinesis_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
)

func TestLimits(t *testing.T) {
	service, err := kinesis.NewService(kinesis.ServiceConfig{ShardLimit: 9, OnDemandStreamLimit: 2})
	require.NoError(t, err)
	require.Equal(t, kinesis.Limits{ShardLimit: 9, OnDemandStreamLimit: 2}, service.Limits())
	_, err = service.CreateStream("a", kinesis.Config{ShardCount: 3})
	require.NoError(t, err)
	b, err := service.CreateStream("b", kinesis.Config{ShardCount: 2})
	require.NoError(t, err)
	_, err = service.CreateStream("c", kinesis.Config{Mode: kinesis.ModeOnDemand})
	require.NoError(t, err)
	for _, place := range [][2]string{{"111111111111", "us-east-1"}, {"000000000000", "eu-west-1"}} {
		elsewhere, err := service.As(place[0], place[1])
		require.NoError(t, err)
		_, err = elsewhere.CreateStream("a", kinesis.Config{})
		require.NoError(t, err)
		require.Equal(t, kinesis.Limits{ShardLimit: 9, OpenShards: 1, OnDemandStreamLimit: 2}, elsewhere.Limits())
	}
	require.Equal(t, kinesis.Limits{ShardLimit: 9, OpenShards: 5, OnDemandStreams: 1, OnDemandStreamLimit: 2}, service.Limits())
	_, err = b.UpdateShardCount(4)
	require.NoError(t, err)
	require.Equal(t, 7, service.Limits().OpenShards, "closed shards do not count")
	require.NoError(t, service.DeleteStream("a", false))
	require.NoError(t, service.DeleteStream("c", false))
	require.Equal(t, kinesis.Limits{ShardLimit: 9, OpenShards: 4, OnDemandStreamLimit: 2}, service.Limits())
}

func TestAccountSettings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service, err := kinesis.NewService(kinesis.ServiceConfig{})
		require.NoError(t, err)
		set := func(status string) kinesis.AccountSettings {
			require.NoError(t, service.UpdateAccountSettings(kinesis.AccountSettings{CommitmentStatus: status, StartedAt: time.Unix(1, 0)}))
			return service.AccountSettings()
		}
		none := kinesis.AccountSettings{CommitmentStatus: kinesis.CommitmentDisabled}
		require.Equal(t, none, service.AccountSettings())
		require.Equal(t, none, set("DISABLED"))

		began := time.Now()
		enabled := set("ENABLED")
		require.Equal(t, kinesis.CommitmentEnabled, enabled.CommitmentStatus)
		require.True(t, enabled.StartedAt.Equal(began))
		require.True(t, enabled.EarliestAllowedEndAt.Equal(began.Add(24*time.Hour)))
		require.Zero(t, enabled.EndedAt)
		time.Sleep(23 * time.Hour)
		require.Equal(t, enabled, set("ENABLED"), "it is already")

		ending := enabled
		ending.CommitmentStatus = kinesis.CommitmentEnding
		require.Equal(t, ending, set("DISABLED"), "not yet")
		require.Equal(t, ending, set("DISABLED"))
		require.Equal(t, enabled, set("ENABLED"), "the end was called off")
		require.Equal(t, ending, set("DISABLED"))
		time.Sleep(time.Hour - 1)
		require.Equal(t, ending, service.AccountSettings())
		time.Sleep(time.Nanosecond)
		ended := enabled
		ended.CommitmentStatus, ended.EndedAt = kinesis.CommitmentDisabled, enabled.EarliestAllowedEndAt
		require.Equal(t, ended, service.AccountSettings())
		time.Sleep(time.Hour)
		require.Equal(t, ended, set("DISABLED"))

		again := set("ENABLED")
		require.True(t, again.StartedAt.Equal(began.Add(25*time.Hour)))
		require.Zero(t, again.EndedAt)
		time.Sleep(30 * time.Hour)
		late := set("DISABLED")
		require.Equal(t, kinesis.CommitmentDisabled, late.CommitmentStatus)
		require.True(t, late.EndedAt.Equal(time.Now()))

		for _, bad := range []string{"", "enabled", kinesis.CommitmentEnding} {
			err := service.UpdateAccountSettings(kinesis.AccountSettings{CommitmentStatus: bad})
			require.ErrorIs(t, err, kinesis.ErrValidation)
			require.ErrorContains(t, err, "Member must satisfy enum value set: [ENABLED, DISABLED]")
		}
		elsewhere, err := service.As(service.Account(), "eu-west-1")
		require.NoError(t, err)
		require.Equal(t, none, elsewhere.AccountSettings())
		require.NoError(t, service.Close())
		require.ErrorIs(t, service.UpdateAccountSettings(none), kinesis.ErrClosed)
		require.Equal(t, late, service.AccountSettings())
	})
}
