package kinesishttp

type describeLimitsOutput struct {
	ShardLimit               *int32
	OpenShardCount           *int32
	OnDemandStreamCount      *int32
	OnDemandStreamCountLimit *int32
}

func describeLimits(c *call, _ *struct{}) (*describeLimitsOutput, error) {
	l := c.service.Limits()
	return &describeLimitsOutput{
		ShardLimit:               new(int32(l.ShardLimit)),
		OpenShardCount:           new(int32(l.OpenShards)),
		OnDemandStreamCount:      new(int32(l.OnDemandStreams)),
		OnDemandStreamCountLimit: new(int32(l.OnDemandStreamLimit)),
	}, nil
}
