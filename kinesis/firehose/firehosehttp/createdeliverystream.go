package firehosehttp

type createDeliveryStreamInput struct {
	DeliveryStreamName                         *string
	DeliveryStreamType                         *string
	DirectPutSourceConfiguration               *directPutSource
	KinesisStreamSourceConfiguration           *streamSource
	DeliveryStreamEncryptionConfigurationInput *encryptionInput
	Tags                                       []tag `most:"50"`

	S3DestinationConfiguration           *s3Destination
	ExtendedS3DestinationConfiguration   *extendedS3
	HTTPEndpointDestinationConfiguration *httpEndpoint `json:"HttpEndpointDestinationConfiguration"`

	// Those that leat has nothing for.
	RedshiftDestinationConfiguration                   *present
	ElasticsearchDestinationConfiguration              *present
	AmazonopensearchserviceDestinationConfiguration    *present
	AmazonOpenSearchServerlessDestinationConfiguration *present
	SplunkDestinationConfiguration                     *present
	SnowflakeDestinationConfiguration                  *present
	IcebergDestinationConfiguration                    *present
}

type createDeliveryStreamOutput struct{ DeliveryStreamARN string }

func createDeliveryStream(c *call, in *createDeliveryStreamInput) (*createDeliveryStreamOutput, error) {
	in.settle()
	if err := in.validate(); err != nil {
		return nil, err
	}
	k, err := in.destination(c)
	if err != nil {
		return nil, err
	}
	source, err := in.source(c, k)
	if err != nil {
		return nil, err
	}
	tags, err := tagsOf(in.Tags)
	if err != nil {
		return nil, err
	}
	cfg, err := k.config(c, *in.DeliveryStreamName)
	if err != nil {
		return nil, err
	}
	cfg.Source, cfg.Tags = source, tags
	if cfg.KeyType, cfg.KeyARN, err = in.DeliveryStreamEncryptionConfigurationInput.key(); err != nil {
		return nil, err
	}
	stream, err := c.service.CreateDeliveryStream(*in.DeliveryStreamName, cfg)
	if err != nil {
		return nil, err
	}
	return &createDeliveryStreamOutput{DeliveryStreamARN: stream.ARN()}, nil
}

// settle leaves alone what has a name of another shape.
func (in *createDeliveryStreamInput) settle() {
	if d := in.ExtendedS3DestinationConfiguration; d != nil {
		d.S3BackupUpdate, d.S3BackupDescription = nil, nil
	}
	if d := in.HTTPEndpointDestinationConfiguration; d != nil {
		d.S3Update, d.S3DestinationDescription = nil, nil
	}
}

func (in *createDeliveryStreamInput) validate() error {
	var v validation
	v.name(in.DeliveryStreamName)
	v.Text("deliveryStreamType", in.DeliveryStreamType).OneOf("DirectPut", "KinesisStreamAsSource", "MSKAsSource", "DatabaseAsSource")
	if s := in.DirectPutSourceConfiguration; s != nil {
		v.Integer("directPutSourceConfiguration.throughputHintInMBs", s.ThroughputHintInMBs).Required().Between(1, 100)
	}
	if s := in.KinesisStreamSourceConfiguration; s != nil {
		v.Text("kinesisStreamSourceConfiguration.kinesisStreamARN", s.KinesisStreamARN).Required().Pattern(streamPattern).Lengths(1, 512)
		v.role("kinesisStreamSourceConfiguration.roleARN", s.RoleARN).Required()
	}
	v.encryption(in.DeliveryStreamEncryptionConfigurationInput)
	v.s3("s3DestinationConfiguration.", in.S3DestinationConfiguration, false)
	v.extendedS3("extendedS3DestinationConfiguration.", "s3BackupConfiguration.", in.ExtendedS3DestinationConfiguration, false)
	v.httpEndpoint("httpEndpointDestinationConfiguration.", "s3Configuration.", in.HTTPEndpointDestinationConfiguration, false)
	v.tags(in.Tags)
	return v.Err()
}

// destination returns the destination, of which there must be one.
func (in *createDeliveryStreamInput) destination(c *call) (*kept, error) {
	k, n, name := (*kept)(nil), 0, ""
	if d := in.S3DestinationConfiguration; d != nil {
		k, n = &kept{Type: s3Type, ExtendedS3: d.extended()}, n+1
	}
	if d := in.ExtendedS3DestinationConfiguration; d != nil {
		k, n = &kept{Type: s3Type, ExtendedS3: d}, n+1
	}
	if d := in.HTTPEndpointDestinationConfiguration; d != nil {
		k, n = &kept{Type: endpointType, HTTPEndpoint: d}, n+1
	}
	for other, d := range map[string]*present{
		"RedshiftDestinationConfiguration":                   in.RedshiftDestinationConfiguration,
		"ElasticsearchDestinationConfiguration":              in.ElasticsearchDestinationConfiguration,
		"AmazonopensearchserviceDestinationConfiguration":    in.AmazonopensearchserviceDestinationConfiguration,
		"AmazonOpenSearchServerlessDestinationConfiguration": in.AmazonOpenSearchServerlessDestinationConfiguration,
		"SplunkDestinationConfiguration":                     in.SplunkDestinationConfiguration,
		"SnowflakeDestinationConfiguration":                  in.SnowflakeDestinationConfiguration,
		"IcebergDestinationConfiguration":                    in.IcebergDestinationConfiguration,
	} {
		if d != nil {
			name, n = other, n+1
		}
	}
	switch {
	case n != 1:
		return nil, invalidArgument("Exactly one destination configuration is supported for a Firehose")
	case name != "":
		return c.other(name, "DestinationConfiguration")
	}
	return k, nil
}
