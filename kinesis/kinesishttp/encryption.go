package kinesishttp

import "github.com/leat-go/leat/kinesis"

type streamEncryptionInput struct {
	StreamName     *string
	StreamARN      *string
	EncryptionType *string
	KeyID          *string `json:"KeyId"`
}

func startStreamEncryption(c *call, in *streamEncryptionInput) error {
	s, err := c.encryption(in)
	if err != nil {
		return err
	}
	return s.StartEncryption(*in.KeyID)
}

func stopStreamEncryption(c *call, in *streamEncryptionInput) error {
	s, err := c.encryption(in)
	if err != nil {
		return err
	}
	return s.StopEncryption()
}

// encryption returns the stream whose encryption is to change.
func (c *call) encryption(in *streamEncryptionInput) (*kinesis.LocalStream, error) {
	var v validation
	v.stream(in.StreamName, in.StreamARN)
	v.Text("encryptionType", in.EncryptionType).Required().OneOf("NONE", "KMS")
	v.Text("keyId", in.KeyID).Required().Lengths(1, 2048)
	if err := v.Err(); err != nil {
		return nil, err
	}
	if *in.EncryptionType != "KMS" {
		return nil, invalidArgument("EncryptionType must be KMS.")
	}
	return c.stream(in.StreamName, in.StreamARN)
}
