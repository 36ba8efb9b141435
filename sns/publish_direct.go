package sns

import (
	"context"
	"runtime/debug"
	"time"

	"github.com/google/uuid"
)

// PublishToEndpoint sends a message to a platform endpoint without a topic, and returns
// when it is sent: other than a topic's, it is sent once. With MessageStructure "json"
// the device gets the text under the name of its platform ("GCM"), else that under
// "default"; one of them will do. It fails with ErrInvalidParameter,
// ErrInvalidParameterValue, ErrEndpointDisabled or ErrPlatformApplicationDisabled, or
// with what the PushSender says. (Publish with a TargetArn.)
func (s *Service) PublishToEndpoint(ctx context.Context, arn string, e Entry) (Published, error) {
	err := checkARN("TargetArn", arn, 3)
	if err == nil {
		err = s.administer("Publish", arn, func(h *holdings) error {
			if h.devices[arn] == nil {
				return invalid("TargetArn Reason: No endpoint found for the target arn specified")
			}
			return nil
		})
	}
	if err != nil {
		return Published{}, located("Publish", arn, err)
	}
	return s.publishDirectly(ctx, ProtocolApplication, arn, &e)
}

// PublishToPhone sends a text message to a phone number in the form "+15555550100"
// without a topic, and returns when it is sent: other than a topic's, it is sent once.
// It fails with ErrInvalidParameter, ErrInvalidParameterValue or ErrOptedOut, in the SMS
// sandbox with ErrUser, or with what the SMSSender says; AWS accepts the message and
// drops it when the number may not be sent to. (Publish with a PhoneNumber.)
func (s *Service) PublishToPhone(ctx context.Context, phoneNumber string, e Entry) (Published, error) {
	if err := s.registry.open("Publish"); err != nil {
		return Published{}, err
	}
	if !phoneSyntax.MatchString(phoneNumber) {
		return Published{}, located("Publish", phoneNumber, invalid("PhoneNumber Reason: %s is not valid to publish to", phoneNumber))
	}
	return s.publishDirectly(ctx, ProtocolSMS, phoneNumber, &e)
}

func (s *Service) publishDirectly(ctx context.Context, protocol Protocol, address string, e *Entry) (Published, error) {
	own := protocol
	if protocol == ProtocolApplication {
		own = platformOf(address)
	}
	texts, fault := checkMessage(e, defaultMessageSize, own)
	if fault != nil {
		return Published{}, located("Publish", address, fault)
	}
	endpoint, err := s.endpointFor(protocol, address)
	if err != nil {
		return Published{}, err
	}
	m := &message{content: content{id: uuid.NewString(), at: s.registry.now()}}
	m.pack(&Config{}, e, texts)
	err = contain(ctx, endpoint, Notification{
		Type:       TypeNotification,
		MessageID:  m.id,
		Subject:    m.subject,
		Message:    m.textFor(protocol),
		Attributes: m.attributes,
		Timestamp:  time.Unix(0, m.at),
		Attempt:    1,
		shared:     m,
	})
	if err != nil {
		return Published{}, err
	}
	return Published{MessageID: m.id}, nil
}

// contain returns a panic of an endpoint as an error.
func contain(ctx context.Context, e Endpoint, n Notification) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	return e.Deliver(ctx, n)
}
