package sns

import (
	"context"
	"strings"
)

// pushEndpoint sends notifications to a platform endpoint, which is an app on a device.
type pushEndpoint struct {
	service *Service
	arn     string
}

// Deliver sends n by the service's PushSender, else to its Outbox. An endpoint that is
// gone or disabled, itself or its application, gets nothing, for good.
func (e *pushEndpoint) Deliver(ctx context.Context, n Notification) error {
	token, err := e.service.deviceToken(e.arn)
	if err != nil {
		return err
	}
	m := e.push(&n, token)
	if sender := e.service.registry.config.Push; sender != nil {
		return sender.SendPush(ctx, m)
	}
	return e.service.Outbox().SendPush(ctx, m)
}

func (e *pushEndpoint) push(n *Notification, token string) Push {
	platform := platformOf(e.arn)
	m := Push{
		EndpointARN: e.arn,
		Platform:    string(platform),
		Token:       token,
		Message:     n.Message,
		Subject:     n.Subject,
		Attributes:  n.Attributes,
		MessageID:   n.MessageID,
	}
	if n.shared != nil {
		if text, ok := n.shared.texts[platform]; ok {
			m.Message = text
		}
	}
	return m
}

// platformOf returns the platform in arn:aws:sns:REGION:ACCOUNT:endpoint/PLATFORM/APPLICATION/ID,
// which is also its key in a message with a structure.
func platformOf(arn string) Protocol {
	if parts := strings.Split(arn, "/"); len(parts) > 1 {
		return Protocol(parts[1])
	}
	return ""
}
