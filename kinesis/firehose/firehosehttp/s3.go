package firehosehttp

// s3Destination is a bucket, and what objects in it look like. It is the shape
// S3DestinationConfiguration as well as S3DestinationUpdate, of which no member is
// required, and S3DestinationDescription.
type s3Destination struct {
	RoleARN                  *string
	BucketARN                *string
	Prefix                   *string
	ErrorOutputPrefix        *string
	BufferingHints           *bufferingHints
	CompressionFormat        *string
	EncryptionConfiguration  *encryptionConfiguration
	CloudWatchLoggingOptions *loggingOptions
}

// extendedS3 is the same of ExtendedS3DestinationConfiguration. Each of the three
// shapes has a name of its own for the backup; what is kept has the first.
type extendedS3 struct {
	RoleARN                           *string
	BucketARN                         *string
	Prefix                            *string
	ErrorOutputPrefix                 *string
	BufferingHints                    *bufferingHints
	CompressionFormat                 *string
	EncryptionConfiguration           *encryptionConfiguration
	CloudWatchLoggingOptions          *loggingOptions
	ProcessingConfiguration           *processingConfiguration
	S3BackupMode                      *string
	S3BackupConfiguration             *s3Destination
	S3BackupUpdate                    *s3Destination
	S3BackupDescription               *s3Destination
	DataFormatConversionConfiguration *conversion
	DynamicPartitioningConfiguration  *dynamicPartitioning
	FileExtension                     *string
	CustomTimeZone                    *string
}

type bufferingHints struct {
	SizeInMBs         *int32
	IntervalInSeconds *int32
}

type encryptionConfiguration struct {
	NoEncryptionConfig  *string
	KMSEncryptionConfig *kmsEncryption
}

type kmsEncryption struct{ AWSKMSKeyARN *string }

type loggingOptions struct {
	Enabled       *bool
	LogGroupName  *string
	LogStreamName *string
}

// conversion is of the data format, which leat has none of.
type conversion struct{ Enabled *bool }

type dynamicPartitioning struct {
	RetryOptions *retryOptions
	Enabled      *bool
}

type retryOptions struct{ DurationInSeconds *int32 }

// destinationID is the id of a delivery stream's only destination.
const destinationID = "destinationId-000000000001"

const (
	maxBucketBuffer = 128
	maxPrefix       = 1024 // as the API has it; objectkey has the limit that matters
)

// s3 checks a destination, of which RoleARN and BucketARN are required if it is not an
// update.
func (v *validation) s3(prefix string, d *s3Destination, update bool) {
	if d == nil {
		return
	}
	role, bucket := v.role(prefix+"roleARN", d.RoleARN), v.Text(prefix+"bucketARN", d.BucketARN)
	if !update {
		role.Required()
		bucket.Required()
	}
	bucket.Pattern(bucketPattern).Lengths(1, 2048)
	v.Text(prefix+"prefix", d.Prefix).Pattern(anyPattern).Lengths(0, maxPrefix)
	v.Text(prefix+"errorOutputPrefix", d.ErrorOutputPrefix).Pattern(anyPattern).Lengths(0, maxPrefix)
	v.buffering(prefix+"bufferingHints.", d.BufferingHints, maxBucketBuffer)
	v.Text(prefix+"compressionFormat", d.CompressionFormat).OneOf("ZIP", "UNCOMPRESSED", "Snappy", "HADOOP_SNAPPY", "GZIP")
	if e := d.EncryptionConfiguration; e != nil {
		v.Text(prefix+"encryptionConfiguration.noEncryptionConfig", e.NoEncryptionConfig).OneOf("NoEncryption")
		if k := e.KMSEncryptionConfig; k != nil {
			v.key(prefix+"encryptionConfiguration.kMSEncryptionConfig.aWSKMSKeyARN", k.AWSKMSKeyARN).Required()
		}
	}
	v.logging(prefix+"cloudWatchLoggingOptions.", d.CloudWatchLoggingOptions)
}

// extendedS3 does the same of an extended destination, whose backup is in
// S3BackupConfiguration; inBackup is the prefix that it has on the wire.
func (v *validation) extendedS3(prefix, inBackup string, d *extendedS3, update bool) {
	if d == nil {
		return
	}
	v.s3(prefix, d.plain(), update)
	v.processing(prefix+"processingConfiguration.", d.ProcessingConfiguration)
	v.Text(prefix+"s3BackupMode", d.S3BackupMode).OneOf("Disabled", "Enabled")
	v.s3(prefix+inBackup, d.S3BackupConfiguration, update)
	if p := d.DynamicPartitioningConfiguration; p != nil {
		v.retry(prefix+"dynamicPartitioningConfiguration.", p.RetryOptions)
	}
	v.Text(prefix+"fileExtension", d.FileExtension).Pattern(extensionPattern).Lengths(0, 128)
	v.Text(prefix+"customTimeZone", d.CustomTimeZone).Pattern(zonePattern).Lengths(0, 50)
}

func (v *validation) buffering(prefix string, b *bufferingHints, most int64) {
	if b != nil {
		v.Integer(prefix+"sizeInMBs", b.SizeInMBs).Between(1, most)
		v.Integer(prefix+"intervalInSeconds", b.IntervalInSeconds).Between(0, 900)
	}
}

func (v *validation) logging(prefix string, l *loggingOptions) {
	if l != nil {
		v.Text(prefix+"logGroupName", l.LogGroupName).Pattern(logGroupPattern).Lengths(0, 512)
		v.Text(prefix+"logStreamName", l.LogStreamName).Pattern(logPattern).Lengths(0, 512)
	}
}

func (v *validation) retry(prefix string, r *retryOptions) {
	if r != nil {
		v.Integer(prefix+"retryOptions.durationInSeconds", r.DurationInSeconds).Between(0, 7200)
	}
}

// plain returns what an extended destination has in common with a plain one.
func (d *extendedS3) plain() *s3Destination {
	return &s3Destination{
		RoleARN: d.RoleARN, BucketARN: d.BucketARN, Prefix: d.Prefix, ErrorOutputPrefix: d.ErrorOutputPrefix, BufferingHints: d.BufferingHints,
		CompressionFormat: d.CompressionFormat, EncryptionConfiguration: d.EncryptionConfiguration, CloudWatchLoggingOptions: d.CloudWatchLoggingOptions,
	}
}

// extended returns a plain destination as an extended one.
func (d *s3Destination) extended() *extendedS3 {
	return &extendedS3{
		RoleARN: d.RoleARN, BucketARN: d.BucketARN, Prefix: d.Prefix, ErrorOutputPrefix: d.ErrorOutputPrefix, BufferingHints: d.BufferingHints,
		CompressionFormat: d.CompressionFormat, EncryptionConfiguration: d.EncryptionConfiguration, CloudWatchLoggingOptions: d.CloudWatchLoggingOptions,
	}
}

// described returns the destination with AWS's defaults.
func (d *s3Destination) described() *s3Destination {
	filled := *d
	filled.BufferingHints = d.BufferingHints.orElse(defaultBuffer)
	orElse(&filled.CompressionFormat, new("UNCOMPRESSED"))
	orElse(&filled.EncryptionConfiguration, &encryptionConfiguration{NoEncryptionConfig: new("NoEncryption")})
	orElse(&filled.CloudWatchLoggingOptions, &loggingOptions{Enabled: new(false)})
	return &filled
}

func (d *extendedS3) described() *extendedS3 {
	filled := *d.plain().described().extended()
	filled.BufferingHints = d.hints()
	filled.ProcessingConfiguration, filled.FileExtension, filled.CustomTimeZone = d.ProcessingConfiguration, d.FileExtension, d.CustomTimeZone
	filled.DataFormatConversionConfiguration = d.DataFormatConversionConfiguration
	filled.S3BackupMode = d.S3BackupMode
	orElse(&filled.S3BackupMode, new("Disabled"))
	if d.S3BackupConfiguration != nil {
		filled.S3BackupDescription = d.S3BackupConfiguration.described()
	}
	if p := d.DynamicPartitioningConfiguration; p != nil {
		described := *p
		if d.partitioned() {
			orElse(&described.RetryOptions, &retryOptions{DurationInSeconds: new(int32(defaultRetry))})
		}
		filled.DynamicPartitioningConfiguration = &described
	}
	return &filled
}

// partitioned tells whether there is dynamic partitioning.
func (d *extendedS3) partitioned() bool {
	p := d.DynamicPartitioningConfiguration
	return p != nil && isTrue(p.Enabled)
}

// defaultRetry is in seconds.
const defaultRetry = 300

func isTrue(b *bool) bool { return b != nil && *b }

// text is what a parameter says, empty if it is not there.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// orElse sets what is nil.
func orElse[T any](p **T, otherwise *T) {
	if *p == nil {
		*p = otherwise
	}
}
