package kinesis

// maxWarmThroughput is 10 GiB a second, in MiB. (UpdateStreamWarmThroughput.)
const maxWarmThroughput = 10 << 10

// SetWarmThroughput says for how much, 0 to 10,240 MiB a second, an on-demand stream is
// to be ready. It is kept and returned; leat is as ready as it ever is. The stream is
// UPDATING afterwards. It fails with ErrValidation if the stream is provisioned or its
// account has no commitment (see UpdateAccountSettings), with ErrInvalidArgument, with
// ErrResourceNotFound, and with ErrResourceInUse unless the stream is ACTIVE.
// (UpdateStreamWarmThroughput.)
func (s *LocalStream) SetWarmThroughput(mibps int) error {
	return s.change("SetWarmThroughput", func(c *Config) error {
		c.WarmThroughputMiBps = mibps
		return s.checkWarmThroughput(c)
	})
}

// checkWarmThroughput returns what forbids the warm throughput in a configuration of
// the stream. It takes registry.mu.
func (s *LocalStream) checkWarmThroughput(c *Config) error {
	switch mibps := c.WarmThroughputMiBps; {
	case c.Mode != ModeOnDemand:
		return malformed("Warm throughput is supported for streams with the on-demand capacity mode only. Stream %s is provisioned.", s.name)
	case !s.registry.committed(s.place()):
		return malformed("Warm throughput is supported for accounts with MinimumThroughputBillingCommitment enabled only.")
	case mibps < 0 || mibps > maxWarmThroughput:
		return invalid("WarmThroughputMiBps must be in the range: [0, %d]. Specified value was %d", maxWarmThroughput, mibps)
	}
	return nil
}

func (s *LocalStream) place() place { return place{s.region, s.account} }
