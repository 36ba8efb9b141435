package sns

import (
	"net/url"
	"strings"
)

const unsubscribePath = "/?Action=Unsubscribe&SubscriptionArn="

// baseURL is where the links of this service's messages begin.
func (s *Service) baseURL() string {
	if base := s.registry.config.BaseURL; base != "" {
		return strings.TrimSuffix(base, "/")
	}
	return defaultBaseURL(s.region)
}

// baseURL is where the notification's links begin: on its own service, or on AWS for
// a notification that leat has not made.
func (n *Notification) baseURL() string {
	if n.topic != nil {
		return n.topic.service.baseURL()
	}
	if parts := strings.Split(n.TopicARN, ":"); len(parts) > 3 && parts[3] != "" {
		return defaultBaseURL(queryValue(parts[3]))
	}
	return defaultBaseURL("us-east-1")
}

func defaultBaseURL(region string) string {
	if strings.HasPrefix(region, "cn-") {
		return "https://sns." + region + ".amazonaws.com.cn"
	}
	return "https://sns." + region + ".amazonaws.com"
}

func (n *Notification) subscribeURL() string {
	return n.baseURL() + "/?Action=ConfirmSubscription&TopicArn=" + queryValue(n.TopicARN) + "&Token=" + queryValue(n.Token)
}

func (n *Notification) unsubscribeURL() string {
	return n.baseURL() + unsubscribePath + queryValue(n.SubscriptionARN)
}

// queryValue is s as a value in a query. AWS leaves the colons of ARNs as they are.
func queryValue(s string) string {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', '0' <= c && c <= ':', 'A' <= c && c <= 'Z', c == '-', c == '_', c == '.':
		default:
			return url.QueryEscape(s)
		}
	}
	return s
}
