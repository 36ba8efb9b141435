package firehosehttp

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/leat-go/leat/internal/awsjson"
	"github.com/leat-go/leat/kinesis/firehose"
)

// DestinationRequest is the destination in a request, that of a new delivery stream or
// the one that an update leads to.
type DestinationRequest struct {
	// DeliveryStreamName, Account and Region are the delivery stream's.
	DeliveryStreamName, Account, Region string

	// Type is the type of the destination, as the API's parameters are named: what comes
	// before DestinationConfiguration in "ExtendedS3DestinationConfiguration". S3 is
	// ExtendedS3, too.
	Type string

	// Parameters is that parameter, as JSON. An update is merged into what was there
	// before, if that was of the same type.
	Parameters []byte

	// Default returns what the handler makes of the destination by itself. It fails with
	// an InvalidArgumentException, also for all types but ExtendedS3 and HttpEndpoint.
	Default func() (firehose.Config, error)
}

const (
	s3Type       = "ExtendedS3"
	endpointType = "HttpEndpoint"
)

// kept is what is remembered of a delivery stream in firehose.Config.Destination: its
// destination, as it was requested, and its source.
type kept struct {
	Type         string
	ExtendedS3   *extendedS3
	HTTPEndpoint *httpEndpoint
	Other        string // the parameter of any other type
	Source       *sourceDescription
}

// text returns what is kept as a text, for recall.
func (k *kept) text() string { return string(awsjson.Append(nil, k)) }

// recall returns what was kept. For a delivery stream that did not come by the wire it
// has no type.
func recall(text string) *kept {
	k := new(kept)
	err := awsjson.Decode([]byte(text), k)
	if err != nil || k.Type == s3Type && k.ExtendedS3 == nil || k.Type == endpointType && k.HTTPEndpoint == nil {
		return new(kept)
	}
	return k
}

// config returns the configuration of a delivery stream to the destination that is kept.
func (k *kept) config(c *call, name string) (firehose.Config, error) {
	configure := func() (firehose.Config, error) { return k.own(c.handler) }
	if resolve := c.handler.config.Destination; resolve != nil {
		request := &DestinationRequest{
			DeliveryStreamName: name, Account: c.service.Account(), Region: c.service.Region(),
			Type: k.Type, Parameters: k.parameters(), Default: configure,
		}
		configure = func() (firehose.Config, error) { return resolved(resolve(c.ctx, request)) }
	}
	cfg, err := configure()
	cfg.Destination = k.text()
	return cfg, err
}

// own is what the handler makes of the destination by itself.
func (k *kept) own(h *Handler) (firehose.Config, error) {
	switch k.Type {
	case s3Type:
		return k.ExtendedS3.config(h)
	case endpointType:
		return k.HTTPEndpoint.config(h)
	default:
		return firehose.Config{}, invalidArgument("leat has no destination of the type %s.", k.Type)
	}
}

func (k *kept) parameters() []byte {
	switch k.Type {
	case s3Type:
		return awsjson.Append(nil, k.ExtendedS3)
	case endpointType:
		return awsjson.Append(nil, k.HTTPEndpoint)
	default:
		return []byte(k.Other)
	}
}

// resolved has the error of a caller's function be one that the API knows.
func resolved(cfg firehose.Config, err error) (firehose.Config, error) {
	if _, ok := errors.AsType[*firehose.Error](err); ok || err == nil {
		return cfg, err
	}
	if e := conditions.Explain(err); e.Kind != "InternalFailure" {
		return cfg, e // it comes from Default
	}
	return cfg, invalidArgument("%v", err)
}

// present is a parameter of which it only matters that it is there.
type present struct{}

// other returns the destination of an other type that a request has in the parameter
// of some name; suffix is what comes after the type in it.
func (c *call) other(name, suffix string) (*kept, error) {
	var parameters map[string]json.RawMessage
	if json.Unmarshal(c.body, &parameters) != nil {
		return nil, newError("SerializationException", "") // in a way that the reader of inputs does not mind
	}
	return &kept{Type: strings.TrimSuffix(name, suffix), Other: string(parameters[name])}, nil
}
