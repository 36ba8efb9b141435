package firehosehttp

import (
	"cmp"
	"errors"
	"net/http"

	"github.com/leat-go/leat/kinesis/firehose"
)

// httpEndpoint is the shape HttpEndpointDestinationConfiguration, and at the same
// time HttpEndpointDestinationUpdate and HttpEndpointDestinationDescription, which have
// other names for the bucket; what is kept has the first.
type httpEndpoint struct {
	EndpointConfiguration       *endpointConfiguration
	BufferingHints              *bufferingHints
	CloudWatchLoggingOptions    *loggingOptions
	RequestConfiguration        *requestConfiguration
	ProcessingConfiguration     *processingConfiguration
	RoleARN                     *string
	RetryOptions                *retryOptions
	S3BackupMode                *string
	S3Configuration             *s3Destination
	S3Update                    *s3Destination
	S3DestinationDescription    *s3Destination
	SecretsManagerConfiguration *secretsManager
}

type endpointConfiguration struct {
	URL       *string `json:"Url"`
	Name      *string
	AccessKey *string
}

type requestConfiguration struct {
	ContentEncoding  *string
	CommonAttributes []commonAttribute `most:"50"`
}

type commonAttribute struct {
	AttributeName  *string
	AttributeValue *string
}

type secretsManager struct {
	SecretARN *string
	RoleARN   *string
	Enabled   *bool
}

// maxEndpointBuffer is in MiB.
const maxEndpointBuffer = 64

// httpEndpoint checks a destination whose bucket is in S3Configuration; inBucket is
// the prefix that it has on the wire.
func (v *validation) httpEndpoint(prefix, inBucket string, d *httpEndpoint, update bool) {
	if d == nil {
		return
	}
	if !update {
		v.Present(prefix+"endpointConfiguration", d.EndpointConfiguration == nil).Required()
		v.Present(prefix+"s3Configuration", d.S3Configuration == nil).Required()
	}
	if e := d.EndpointConfiguration; e != nil {
		in := prefix + "endpointConfiguration."
		v.Text(in+"url", e.URL).Sensitive().Required().Pattern(urlPattern).Lengths(1, 1000)
		v.Text(in+"name", e.Name).Pattern(notBlank).Lengths(1, 256)
		v.Text(in+"accessKey", e.AccessKey).Sensitive().Pattern(anyPattern).Lengths(0, 4096)
	}
	v.buffering(prefix+"bufferingHints.", d.BufferingHints, maxEndpointBuffer)
	v.logging(prefix+"cloudWatchLoggingOptions.", d.CloudWatchLoggingOptions)
	if r := d.RequestConfiguration; r != nil {
		in := prefix + "requestConfiguration."
		v.Text(in+"contentEncoding", r.ContentEncoding).OneOf("NONE", "GZIP")
		v.List(in+"commonAttributes", r.CommonAttributes == nil, len(r.CommonAttributes), "").Sensitive().Lengths(0, 50)
		for i, a := range r.CommonAttributes {
			in := member(in+"commonAttributes", i)
			v.Text(in+"attributeName", a.AttributeName).Sensitive().Required().Pattern(notBlank).Lengths(1, 256)
			v.Text(in+"attributeValue", a.AttributeValue).Sensitive().Required().Pattern(anyPattern).Lengths(0, 1024)
		}
	}
	v.processing(prefix+"processingConfiguration.", d.ProcessingConfiguration)
	v.role(prefix+"roleARN", d.RoleARN)
	v.retry(prefix, d.RetryOptions)
	v.Text(prefix+"s3BackupMode", d.S3BackupMode).OneOf("FailedDataOnly", "AllData")
	v.s3(prefix+inBucket, d.S3Configuration, update)
	if s := d.SecretsManagerConfiguration; s != nil {
		in := prefix + "secretsManagerConfiguration."
		v.Text(in+"secretARN", s.SecretARN).Pattern(secretPattern).Lengths(1, 2048)
		v.role(in+"roleARN", s.RoleARN)
		v.Present(in+"enabled", s.Enabled == nil).Required()
	}
}

// config returns what a delivery stream to the endpoint is. The bucket is for what
// the endpoint did not take, and with the mode AllData for everything.
func (d *httpEndpoint) config(h *Handler) (firehose.Config, error) {
	var cfg firehose.Config
	if d.EndpointConfiguration == nil || d.S3Configuration == nil {
		return cfg, invalidArgument("EndpointConfiguration and S3Configuration are required for an HTTP endpoint destination.")
	}
	if s := d.SecretsManagerConfiguration; s != nil && isTrue(s.Enabled) {
		return cfg, invalidArgument("leat has no Secrets Manager; SecretsManagerConfiguration can not be enabled.")
	}
	endpoint, err := d.endpoint(h)
	if err != nil {
		return cfg, err
	}
	cfg.Sink = endpoint
	s3 := d.S3Configuration
	backup, err := s3.backup(h)
	if err != nil {
		return cfg, err
	}
	cfg.ErrorSink = backup.Sink
	if text(d.S3BackupMode) == "AllData" {
		cfg.Backup = backup
	}
	cfg.Prefix, cfg.ErrorOutputPrefix, cfg.Compression = text(s3.Prefix), text(s3.ErrorOutputPrefix), backup.Compression
	if cfg.Buffering, err = d.BufferingHints.orElse(defaultBuffer).config(); err != nil {
		return cfg, err
	}
	cfg.RetryDuration = d.RetryOptions.config()
	return cfg, d.ProcessingConfiguration.configure(h, &cfg)
}

func (d *httpEndpoint) endpoint(h *Handler) (*firehose.HTTPEndpoint, error) {
	e := d.EndpointConfiguration
	cfg := firehose.HTTPEndpointConfig{URL: *e.URL, AccessKey: text(e.AccessKey), Transport: cmp.Or(h.config.Transport, http.RoundTripper(noWay{}))}
	if r := d.RequestConfiguration; r != nil {
		cfg.GZIP = text(r.ContentEncoding) == "GZIP"
		cfg.CommonAttributes = map[string]string{}
		for _, a := range r.CommonAttributes {
			if _, twice := cfg.CommonAttributes[*a.AttributeName]; twice {
				return nil, invalidArgument("Http Endpoint Common Attributes have duplicate name %s", *a.AttributeName)
			}
			cfg.CommonAttributes[*a.AttributeName] = *a.AttributeValue
		}
	}
	return firehose.NewHTTPEndpoint(cfg)
}

// described returns the destination with AWS's defaults, and without the access key.
func (d *httpEndpoint) described() *httpEndpoint {
	filled := *d
	if e := d.EndpointConfiguration; e != nil {
		filled.EndpointConfiguration = &endpointConfiguration{URL: e.URL, Name: e.Name}
	}
	filled.BufferingHints = d.BufferingHints.orElse(defaultBuffer)
	orElse(&filled.CloudWatchLoggingOptions, &loggingOptions{Enabled: new(false)})
	orElse(&filled.RequestConfiguration, &requestConfiguration{ContentEncoding: new("NONE")})
	orElse(&filled.RetryOptions, &retryOptions{DurationInSeconds: new(int32(defaultRetry))})
	orElse(&filled.S3BackupMode, new("FailedDataOnly"))
	if d.S3Configuration != nil {
		filled.S3Configuration, filled.S3DestinationDescription = nil, d.S3Configuration.described()
	}
	return &filled
}

// noWay is the way to HTTP endpoints of a handler that has none.
type noWay struct{}

func (noWay) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("firehosehttp: HTTP endpoints are not reached; set Config.Transport")
}
