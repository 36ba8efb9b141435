package firehosehttp

import (
	"encoding/json"
	"strconv"
)

type updateDestinationInput struct {
	DeliveryStreamName             *string
	CurrentDeliveryStreamVersionID *string `json:"CurrentDeliveryStreamVersionId"`
	DestinationID                  *string `json:"DestinationId"`

	S3DestinationUpdate           *s3Destination
	ExtendedS3DestinationUpdate   *extendedS3
	HTTPEndpointDestinationUpdate *httpEndpoint `json:"HttpEndpointDestinationUpdate"`

	// Those that leat has nothing for.
	RedshiftDestinationUpdate                   *present
	ElasticsearchDestinationUpdate              *present
	AmazonopensearchserviceDestinationUpdate    *present
	AmazonOpenSearchServerlessDestinationUpdate *present
	SplunkDestinationUpdate                     *present
	SnowflakeDestinationUpdate                  *present
	IcebergDestinationUpdate                    *present
}

// updateDestination merges an update into the destination, or puts another in its place
// if it is of another type.
func updateDestination(c *call, in *updateDestinationInput) error {
	in.settle()
	if err := in.validate(); err != nil {
		return err
	}
	s, err := c.service.DeliveryStream(*in.DeliveryStreamName)
	if err != nil {
		return err
	}
	// The version before the rest: what is newer makes Update fail.
	version := s.Version()
	if current := strconv.FormatInt(version, 10); *in.CurrentDeliveryStreamVersionID != current {
		return newError("ConcurrentModificationException", "Cannot update firehose: "+s.Name()+" since the current version id: "+current+
			" and specified version id: "+*in.CurrentDeliveryStreamVersionID+" do not match")
	}
	if *in.DestinationID != destinationID {
		return invalidArgument("Destination Id %s not found", *in.DestinationID)
	}
	old := recall(s.Config().Destination)
	k, err := in.merged(c, old)
	if err != nil {
		return err
	}
	if err := k.follows(old); err != nil {
		return err
	}
	cfg, err := k.config(c, s.Name())
	if err != nil {
		return err
	}
	return s.Update(version, cfg)
}

// settle has what is named as in an update be named as in a configuration.
func (in *updateDestinationInput) settle() {
	if d := in.ExtendedS3DestinationUpdate; d != nil {
		d.S3BackupConfiguration, d.S3BackupUpdate, d.S3BackupDescription = d.S3BackupUpdate, nil, nil
	}
	if d := in.HTTPEndpointDestinationUpdate; d != nil {
		d.S3Configuration, d.S3Update, d.S3DestinationDescription = d.S3Update, nil, nil
	}
}

func (in *updateDestinationInput) validate() error {
	var v validation
	v.name(in.DeliveryStreamName)
	v.Text("currentDeliveryStreamVersionId", in.CurrentDeliveryStreamVersionID).Required().Pattern(numberPattern).Lengths(1, 50)
	v.Text("destinationId", in.DestinationID).Required().Pattern(idPattern).Lengths(1, 100)
	v.s3("s3DestinationUpdate.", in.S3DestinationUpdate, true)
	v.extendedS3("extendedS3DestinationUpdate.", "s3BackupUpdate.", in.ExtendedS3DestinationUpdate, true)
	v.httpEndpoint("httpEndpointDestinationUpdate.", "s3Update.", in.HTTPEndpointDestinationUpdate, true)
	return v.Err()
}

// merged returns the destination that the update of an old one leads to.
func (in *updateDestinationInput) merged(c *call, old *kept) (*kept, error) {
	k, n, name := &kept{}, 0, ""
	if d := in.S3DestinationUpdate; d != nil {
		k, n = old.withS3(d.extended()), n+1
	}
	if d := in.ExtendedS3DestinationUpdate; d != nil {
		k, n = old.withS3(d), n+1
	}
	if d := in.HTTPEndpointDestinationUpdate; d != nil {
		k, n = old.withEndpoint(d), n+1
	}
	for other, d := range map[string]*present{
		"RedshiftDestinationUpdate":                   in.RedshiftDestinationUpdate,
		"ElasticsearchDestinationUpdate":              in.ElasticsearchDestinationUpdate,
		"AmazonopensearchserviceDestinationUpdate":    in.AmazonopensearchserviceDestinationUpdate,
		"AmazonOpenSearchServerlessDestinationUpdate": in.AmazonOpenSearchServerlessDestinationUpdate,
		"SplunkDestinationUpdate":                     in.SplunkDestinationUpdate,
		"SnowflakeDestinationUpdate":                  in.SnowflakeDestinationUpdate,
		"IcebergDestinationUpdate":                    in.IcebergDestinationUpdate,
	} {
		if d != nil {
			name, n = other, n+1
		}
	}
	if n != 1 {
		return nil, invalidArgument("Exactly one destination update is supported for a Firehose")
	}
	if name != "" {
		var err error
		if k, err = c.other(name, "DestinationUpdate"); err != nil {
			return nil, err
		}
		if k.Type == old.Type {
			k.Other = mergeObjects(old.Other, k.Other)
		}
	}
	k.Source = old.Source
	return k, nil
}

func (k *kept) withS3(update *extendedS3) *kept {
	merged := extendedS3{}
	if k.Type == s3Type {
		merged = *k.ExtendedS3
	}
	merge(&merged, update)
	return &kept{Type: s3Type, ExtendedS3: &merged}
}

func (k *kept) withEndpoint(update *httpEndpoint) *kept {
	merged := httpEndpoint{}
	if k.Type == endpointType {
		merged = *k.HTTPEndpoint
	}
	merge(&merged, update)
	return &kept{Type: endpointType, HTTPEndpoint: &merged}
}

// mergeObjects returns a JSON object with the members of another in it.
func mergeObjects(into, from string) string {
	var merged map[string]json.RawMessage
	if json.Unmarshal([]byte(into), &merged) != nil || json.Unmarshal([]byte(from), &merged) != nil {
		return from
	}
	text, _ := json.Marshal(merged) // of what was read: never fails
	return string(text)
}

// follows checks what an update of a bucket must leave as it is: whether there is dynamic
// partitioning, and a backup that there is. ("Enable dynamic partitioning" in the
// Developer Guide; ExtendedS3DestinationConfiguration, S3BackupMode.)
func (k *kept) follows(old *kept) error {
	if k.Type != s3Type || old.Type != s3Type {
		return nil
	}
	before, after := old.ExtendedS3, k.ExtendedS3
	switch {
	case before.partitioned() != after.partitioned():
		return invalidArgument("Dynamic Partitioning can neither be enabled nor disabled for an existing Firehose.")
	case text(before.S3BackupMode) == "Enabled" && text(after.S3BackupMode) != "Enabled":
		return invalidArgument("S3 backup can not be disabled once it is enabled.")
	}
	return nil
}
