package kinesis

import (
	"time"

	"github.com/leat-go/leat/internal/journal"
)

// Limits is how much an account may have in a region, and how much it has.
type Limits struct {
	ShardLimit          int // the most open shards of provisioned streams
	OpenShards          int // the open shards of provisioned streams
	OnDemandStreams     int
	OnDemandStreamLimit int
}

// AccountSettings is what an account has settled for a region: its commitment to pay
// for a minimum of throughput (MinimumThroughputBillingCommitment), without which
// AWS lets no stream be warm. leat bills nobody.
type AccountSettings struct {
	// CommitmentStatus is one of CommitmentEnabled, CommitmentDisabled and
	// CommitmentEnding.
	CommitmentStatus string
	// StartedAt is when the commitment was last enabled; zero if it never was.
	StartedAt time.Time
	// EndedAt is when it ended; zero if it has not.
	EndedAt time.Time
	// EarliestAllowedEndAt is 24 hours after StartedAt; zero if that is.
	EarliestAllowedEndAt time.Time
}

// The states of a commitment.
const (
	CommitmentEnabled  = "ENABLED"
	CommitmentDisabled = "DISABLED"
	CommitmentEnding   = "ENABLED_UNTIL_EARLIEST_ALLOWED_END" // was disabled before it may end
)

// minCommitment is how long a commitment lasts at least.
// (MinimumThroughputBillingCommitmentInput.)
const minCommitment = 24 * time.Hour

// Limits returns the limits and the use of the account in the region.
// (DescribeLimits.)
func (s *Service) Limits() Limits {
	r := s.registry
	r.mu.Lock()
	defer r.mu.Unlock()
	limits := Limits{
		ShardLimit:      r.config.ShardLimit,
		OnDemandStreams: r.onDemand(s.account, s.region), OnDemandStreamLimit: r.config.OnDemandStreamLimit,
	}
	for a, stream := range r.streams {
		if a.account == s.account && a.region == s.region && stream.config.Load().Mode == ModeProvisioned {
			limits.OpenShards += int(stream.shards.Load())
		}
	}
	return limits
}

// AccountSettings returns the settings of the account in the region. A new account has
// no commitment. (DescribeAccountSettings.)
func (s *Service) AccountSettings() AccountSettings {
	s.registry.mu.Lock()
	defer s.registry.mu.Unlock()
	return s.registry.settings(place{s.region, s.account})
}

// UpdateAccountSettings enables or disables the account's commitment in the region, as
// a.CommitmentStatus says; the times of a do not matter. A commitment that is disabled
// within 24 hours of its beginning ends after them, unless it is enabled again before.
// It fails with ErrValidation if the status is neither CommitmentEnabled nor
// CommitmentDisabled, and with ErrClosed. (UpdateAccountSettings.)
func (s *Service) UpdateAccountSettings(a AccountSettings) error {
	const op = "UpdateAccountSettings"
	if a.CommitmentStatus != CommitmentEnabled && a.CommitmentStatus != CommitmentDisabled {
		return located(op, "", malformed("1 validation error detected: Value '%.100s' at 'minimumThroughputBillingCommitment.status' failed to satisfy constraint: Member must satisfy enum value set: [%s, %s]",
			a.CommitmentStatus, CommitmentEnabled, CommitmentDisabled))
	}
	r := s.registry
	if err := r.storable(op, ""); err != nil {
		return err
	}
	t, err := r.updateSettings(op, place{s.region, s.account}, a)
	if err != nil || r.disk == nil {
		return err
	}
	return stored(op, "", t.Wait())
}

// updateSettings is UpdateAccountSettings without waiting until that is durable.
func (r *registry) updateSettings(op string, at place, a AccountSettings) (t journal.Ticket, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return t, &Error{Op: op, Err: ErrClosed}
	}
	now := time.Unix(0, r.now())
	settings := r.settings(at)
	switch a.CommitmentStatus {
	case settings.CommitmentStatus:
		if r.disk != nil {
			t = r.disk.journal.Barrier()
		}
		return t, nil
	case CommitmentEnabled:
		if settings.CommitmentStatus == CommitmentDisabled {
			settings = AccountSettings{StartedAt: now, EarliestAllowedEndAt: now.Add(minCommitment)}
		}
		settings.CommitmentStatus = CommitmentEnabled
	case CommitmentDisabled:
		settings.CommitmentStatus = CommitmentEnding
		if !now.Before(settings.EarliestAllowedEndAt) {
			settings.CommitmentStatus, settings.EndedAt = CommitmentDisabled, now
		}
	}
	if r.disk != nil {
		if t, err = r.disk.write(accountFact(at, settings)); err != nil {
			return t, stored(op, "", err)
		}
		r.clean()
	}
	if r.accounts == nil {
		r.accounts = map[place]AccountSettings{}
	}
	r.accounts[at] = settings
	return t, nil
}

// settings returns the settings of an account as they are now. The caller holds mu.
func (r *registry) settings(at place) AccountSettings {
	settings := r.accounts[at]
	orElse(&settings.CommitmentStatus, CommitmentDisabled)
	if settings.CommitmentStatus == CommitmentEnding && r.now() >= settings.EarliestAllowedEndAt.UnixNano() {
		settings.CommitmentStatus, settings.EndedAt = CommitmentDisabled, settings.EarliestAllowedEndAt
	}
	return settings
}

// committed tells whether an account has a commitment now.
func (r *registry) committed(at place) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.settings(at).CommitmentStatus != CommitmentDisabled
}
