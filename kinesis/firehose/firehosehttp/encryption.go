package firehosehttp

import "github.com/leat-go/leat/kinesis/firehose"

type startDeliveryStreamEncryptionInput struct {
	DeliveryStreamName                         *string
	DeliveryStreamEncryptionConfigurationInput *encryptionInput
}

type encryptionInput struct {
	KeyARN  *string
	KeyType *string
}

// encryptionDescription is the shape DeliveryStreamEncryptionConfiguration.
type encryptionDescription struct {
	KeyARN  string
	KeyType string
	Status  string
}

func startDeliveryStreamEncryption(c *call, in *startDeliveryStreamEncryptionInput) error {
	var v validation
	v.name(in.DeliveryStreamName)
	v.encryption(in.DeliveryStreamEncryptionConfigurationInput)
	if err := v.Err(); err != nil {
		return err
	}
	s, err := c.service.DeliveryStream(*in.DeliveryStreamName)
	if err != nil {
		return err
	}
	keyType, keyARN, err := in.DeliveryStreamEncryptionConfigurationInput.key()
	if err != nil {
		return err
	}
	return s.StartEncryption(keyType, keyARN)
}

func stopDeliveryStreamEncryption(c *call, in *nameInput) error {
	s, err := c.stream(in)
	if err != nil {
		return err
	}
	return s.StopEncryption()
}

func (v *validation) encryption(in *encryptionInput) {
	if in != nil {
		v.key("deliveryStreamEncryptionConfigurationInput.keyARN", in.KeyARN)
		v.Text("deliveryStreamEncryptionConfigurationInput.keyType", in.KeyType).Required().OneOf("AWS_OWNED_CMK", "CUSTOMER_MANAGED_CMK")
	}
}

// key returns the key that is asked for, empty for none.
func (in *encryptionInput) key() (keyType, keyARN string, err error) {
	switch {
	case in == nil:
		return "", "", nil
	case *in.KeyType == "AWS_OWNED_CMK" && in.KeyARN != nil:
		return "", "", invalidArgument("KeyARN cannot be specified when KeyType is AWS_OWNED_CMK")
	case *in.KeyType == "CUSTOMER_MANAGED_CMK" && in.KeyARN == nil:
		return "", "", invalidArgument("KeyARN must be specified when KeyType is CUSTOMER_MANAGED_CMK")
	}
	return *in.KeyType, text(in.KeyARN), nil
}

// describeEncryption returns nil for a delivery stream with a source, whose records are
// encrypted as those of the source are.
func describeEncryption(s *firehose.DeliveryStream) *encryptionDescription {
	if s.Type() != firehose.DirectPut {
		return nil
	}
	keyType, keyARN := s.Encryption()
	if keyType == "" {
		return &encryptionDescription{Status: "DISABLED"}
	}
	return &encryptionDescription{KeyType: keyType, KeyARN: keyARN, Status: "ENABLED"}
}
