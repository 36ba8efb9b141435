package firehose

import "time"

// Update gives the delivery stream a new configuration, and a new version. What is buffered
// already is delivered with the old one, at once; of that, what is being transformed is
// partitioned and delivered with the old one, too. version must be the present one, or
// zero for any; ErrConcurrentModification tells otherwise. Source, SourcePosition,
// KeyType, KeyARN, Tags and TransitionTime of cfg do not matter. It fails as CreateDeliveryStream
// does for a faulty cfg, and with ErrResourceInUse unless the status is ACTIVE.
// (UpdateDestination.)
func (s *DeliveryStream) Update(version int64, cfg Config) error {
	const op = "Update"
	for {
		old := s.settings.Load()
		if version != 0 && version != old.version {
			return s.err(op, ErrConcurrentModification)
		}
		next, err := compile(s.name, old.version+1, s.merge(&old.cfg, cfg))
		if err != nil {
			return located(op, s.name, err)
		}
		if done, err := s.replace(op, old, next); done || err != nil {
			return err
		}
	}
}

// merge returns a new configuration with what can not be changed as it was.
func (s *DeliveryStream) merge(old *Config, cfg Config) Config {
	cfg.Source, cfg.SourcePosition = old.Source, old.SourcePosition
	cfg.KeyType, cfg.KeyARN, cfg.Tags, cfg.TransitionTime = old.KeyType, old.KeyARN, old.Tags, old.TransitionTime
	cfg.Relaxed = cfg.Relaxed || s.registry.config.Relaxed
	if cfg.Logger == nil {
		cfg.Logger = s.registry.config.Logger
	}
	return cfg.withDefaults()
}

// replace puts settings in the place of others. It reports false if those are not in
// force any more.
func (s *DeliveryStream) replace(op string, old, next *settings) (done bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.active(op); err != nil {
		return false, err
	}
	if s.settings.Load() != old {
		return false, nil
	}
	now := s.registry.now()
	s.core.advance(now)
	s.settings.Store(next)
	s.updatedAt = time.Unix(0, now)
	s.core.renew()
	s.leave(now)
	return true, nil
}
