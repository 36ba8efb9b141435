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
	// arn:aws:sns:REGION:ACCOUNT:endpoint/PLATFORM/APPLICATION/ID
	platform := ""
	if parts := strings.Split(e.arn, "/"); len(parts) > 1 {
		platform = parts[1]
	}
	m := Push{
		EndpointARN: e.arn,
		Platform:    platform,
		Token:       token,
		Message:     n.Message,
		Subject:     n.Subject,
		Attributes:  n.Attributes,
		MessageID:   n.MessageID,
	}
	if n.shared != nil {
		if text, ok := n.shared.texts[Protocol(platform)]; ok {
			m.Message = text
		}
	}
	return m
}
