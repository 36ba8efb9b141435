package sns

import (
	"bytes"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// testKey is one key for all tests, as it takes a while to make.
var testKey = sync.OnceValue(func() *SigningKey {
	key, err := NewSigningKey()
	if err != nil {
		panic(err)
	}
	return key
})

// endpointTopic returns a topic of a service of its own, whose key is testKey.
func endpointTopic(t testing.TB, cfg ServiceConfig, name string, topic Config) *LocalTopic {
	if cfg.SigningKey == nil {
		cfg.SigningKey = testKey()
	}
	service, err := NewService(cfg)
	require.NoError(t, err)
	made, err := service.CreateTopic(name, topic)
	require.NoError(t, err)
	return made
}

// publishedAt is when the messages of published are from.
var publishedAt = time.Date(2012, time.May, 2, 0, 54, 6, 655_999_999, time.UTC)

// published returns a notification of m as the engine makes it.
func published(topic *LocalTopic, m *message) Notification {
	if m.at == 0 {
		m.at = publishedAt.UnixNano()
	}
	if m.id == "" {
		m.id = "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324"
	}
	return Notification{
		Type:            TypeNotification,
		MessageID:       m.id,
		TopicARN:        topic.ARN(),
		SubscriptionARN: topic.ARN() + ":c9135db0-26c4-47ec-8998-413945fb5a96",
		Subject:         m.subject,
		Message:         m.text,
		Attributes:      m.attributes,
		Timestamp:       time.Unix(0, m.at),
		SequenceNumber:  m.sequence,
		topic:           topic,
		shared:          m,
	}
}

// roundTrip is a RoundTripper that answers every request itself.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func answer(status int, body []byte) (*http.Response, error) {
	return &http.Response{StatusCode: status, Body: io.NopCloser(bytes.NewReader(body)), Header: http.Header{}}, nil
}

// certificates serves a key's certificate, at whatever host.
func certificates(key *SigningKey) http.RoundTripper {
	return roundTrip(func(req *http.Request) (*http.Response, error) {
		if req.URL.Path != key.CertificatePath() {
			return answer(http.StatusNotFound, nil)
		}
		return answer(http.StatusOK, key.CertificatePEM())
	})
}
