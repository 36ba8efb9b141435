package sns_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

const pushARN = "arn:aws:sns:us-east-1:000000000000:"

func createApplication(t testing.TB, s *sns.Service, name, platform string) (arn string) {
	t.Helper()
	arn, err := s.CreatePlatformApplication(name, platform, map[string]string{"PlatformCredential": "secret", "PlatformPrincipal": "id"})
	require.NoError(t, err)
	return arn
}

func createDevice(t testing.TB, s *sns.Service, application, token string) (arn string) {
	t.Helper()
	arn, err := s.CreatePlatformEndpoint(application, token, "", nil)
	require.NoError(t, err)
	return arn
}

func TestPlatformApplications(t *testing.T) {
	s := newService(t, sns.ServiceConfig{})
	full := map[string]string{
		"PlatformCredential": "secret", "PlatformPrincipal": "id", "SuccessFeedbackSampleRate": "5", "EventEndpointCreated": pushARN + "t",
	}
	arn, err := s.CreatePlatformApplication("app.v1", "ADM", full)
	require.NoError(t, err)
	require.Equal(t, pushARN+"app/ADM/app.v1", arn)
	again, err := s.CreatePlatformApplication("app.v1", "ADM", full)
	require.NoError(t, err)
	require.Equal(t, arn, again)
	full["PlatformCredential"] = "other"
	_, err = s.CreatePlatformApplication("app.v1", "ADM", full)
	requireFault(t, err, sns.ErrInvalidParameter, ip+"Name Reason: An application with the same name but different properties already exists")

	shown := map[string]string{"Enabled": "true", "SuccessFeedbackSampleRate": "5", "EventEndpointCreated": pushARN + "t"}
	attributes, err := s.PlatformApplicationAttributes(arn)
	require.NoError(t, err)
	require.Equal(t, shown, attributes, "no credentials")
	attributes["mine"] = "x"
	require.NoError(t, s.SetPlatformApplicationAttributes(arn, map[string]string{"EventEndpointCreated": "", "SuccessFeedbackRoleArn": "role"}))
	attributes, err = s.PlatformApplicationAttributes(arn)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"Enabled": "true", "SuccessFeedbackSampleRate": "5", "SuccessFeedbackRoleArn": "role"}, attributes)

	other, err := s.CreatePlatformApplication("a", "GCM", map[string]string{"PlatformCredential": "key"})
	require.NoError(t, err)
	applications, lengths := pages(t, s.ListPlatformApplications)
	require.Equal(t, []int{2}, lengths)
	require.Equal(t, sns.PlatformApplication{ARN: arn, Attributes: attributes}, applications[0])
	require.Equal(t, other, applications[1].ARN)

	device := createDevice(t, s, other, "token")
	for range 2 {
		require.NoError(t, s.DeletePlatformApplication(other))
	}
	_, err = s.EndpointAttributes(device)
	requireFault(t, err, sns.ErrNotFound, "Endpoint does not exist")
	_, err = s.PlatformApplicationAttributes(other)
	requireFault(t, err, sns.ErrNotFound, "PlatformApplication does not exist")
	requireFault(t, s.SetPlatformApplicationAttributes(other, shown), sns.ErrNotFound, "PlatformApplication does not exist")
	foreign, err := s.As("111111111111", "us-east-1")
	require.NoError(t, err)
	_, err = foreign.PlatformApplicationAttributes(arn)
	require.ErrorIs(t, err, sns.ErrNotFound)
}

func TestBadPlatformApplications(t *testing.T) {
	s := newService(t, sns.ServiceConfig{})
	long := strings.Repeat("a", 257)
	both := func(name, value string) map[string]string {
		return map[string]string{"PlatformCredential": "secret", "PlatformPrincipal": "id", name: value}
	}
	const (
		null    = "1 validation error detected: Value null at 'attributes' failed to satisfy constraint: Member must not be null"
		invalid = ip + "Attributes Reason: Invalid "
	)
	for _, row := range []struct {
		name, platform string
		attributes     map[string]string
		sentinel       error
		fault          string
	}{
		{"", "GCM", both("", ""), sns.ErrInvalidParameter, ip + " Reason: cannot be empty"},
		{long, "GCM", both("", ""), sns.ErrInvalidParameter, ip + long + " Reason: must be at most 256 characters long"},
		{"a/b", "GCM", both("", ""), sns.ErrInvalidParameter, ip + "a/b Reason: must contain only characters 'a'-'z', 'A'-'Z', '0'-'9', '_', '-', and '.'"},
		{"a", "FAX", both("", ""), sns.ErrInvalidParameter, ip + "Platform Reason: FAX is not supported"},
		{"a", "GCM", nil, sns.ErrValidation, null},
		{"a", "GCM", map[string]string{"Enabled": "true"}, sns.ErrInvalidParameter, ip + "Attributes Reason: Platform credentials are invalid"},
		{"a", "ADM", map[string]string{"PlatformCredential": "x"}, sns.ErrInvalidParameter, ip + "Attributes Reason: PlatformCredential attribute provided without PlatformPrincipal"},
		{"a", "ADM", map[string]string{"PlatformPrincipal": "x"}, sns.ErrInvalidParameter, ip + "Attributes Reason: PlatformPrincipal attribute provided without PlatformCredential"},
		{"a", "ADM", both("Colour", "x"), sns.ErrInvalidParameter, invalid + "attribute name: Colour"},
		{"a", "ADM", both("Enabled", "x"), sns.ErrInvalidParameter, invalid + "value for attribute: Enabled: must be true or false"},
		{"a", "ADM", both("SuccessFeedbackSampleRate", "101"), sns.ErrInvalidParameter, invalid + "value for attribute: SuccessFeedbackSampleRate: 101 value provided is not an integer between 0-100"},
	} {
		delete(row.attributes, "")
		_, err := s.CreatePlatformApplication(row.name, row.platform, row.attributes)
		requireFault(t, err, row.sentinel, row.fault)
	}
	arn := createApplication(t, s, "app", "ADM")
	requireFault(t, s.SetPlatformApplicationAttributes(arn, nil), sns.ErrValidation, null)
	requireFault(t, s.SetPlatformApplicationAttributes(arn, map[string]string{"Colour": "x"}), sns.ErrInvalidParameter, invalid+"attribute name: Colour")
	const at = ip + "PlatformApplicationArn Reason: "
	requireFault(t, s.DeletePlatformApplication("x"), sns.ErrInvalidParameter, at+"An ARN must have at least 6 elements, not 1")
	requireFault(t, s.SetPlatformApplicationAttributes("a:b:c", nil), sns.ErrInvalidParameter, at+"An ARN must have at least 6 elements, not 3")
	_, err := s.CreatePlatformEndpoint(pushARN+"t", "token", "", nil)
	requireFault(t, err, sns.ErrInvalidParameter, at+"Wrong number of slashes in relative portion of the ARN.")
	_, _, err = s.ListEndpointsByPlatformApplication(arn+"x", "")
	requireFault(t, err, sns.ErrNotFound, "PlatformApplication does not exist")
	_, _, err = s.ListPlatformApplications("no token!")
	requireFault(t, err, sns.ErrInvalidParameter, ip+"NextToken")
	_, _, err = s.ListEndpointsByPlatformApplication(arn, "no token!")
	requireFault(t, err, sns.ErrInvalidParameter, ip+"NextToken")
}

func TestPlatformEndpoints(t *testing.T) {
	s := newService(t, sns.ServiceConfig{})
	application := createApplication(t, s, "app", "ADM")
	arn, err := s.CreatePlatformEndpoint(application, "token", "user 1", nil)
	require.NoError(t, err)
	require.Regexp(t, "^"+pushARN+"endpoint/ADM/app/[0-9a-f-]{36}$", arn)
	attributes, err := s.EndpointAttributes(arn)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"Enabled": "true", "Token": "token", "CustomUserData": "user 1"}, attributes)

	exists := ip + "Token Reason: Endpoint " + arn + " already exists with the same Token, but different attributes."
	for _, row := range []struct {
		userData   string
		attributes map[string]string
		same       bool
	}{
		{"user 1", nil, true},
		{"user 1", map[string]string{"Enabled": "True"}, true},
		{"user 2", map[string]string{"CustomUserData": "user 1"}, true},
		{"", nil, false},
		{"user 2", nil, false},
		{"user 1", map[string]string{"Enabled": "false"}, false},
	} {
		again, err := s.CreatePlatformEndpoint(application, "token", row.userData, row.attributes)
		if row.same {
			require.NoError(t, err)
			require.Equal(t, arn, again)
		} else {
			requireFault(t, err, sns.ErrInvalidParameter, exists)
		}
	}
	require.NoError(t, s.SetEndpointAttributes(arn, map[string]string{"Enabled": "false", "CustomUserData": ""}))
	again, err := s.CreatePlatformEndpoint(application, "token", "", nil)
	require.NoError(t, err)
	require.Equal(t, arn, again, "a token alone does not ask for an enabled endpoint")
	attributes, err = s.EndpointAttributes(arn)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"Enabled": "false", "Token": "token"}, attributes)

	second, err := s.CreatePlatformEndpoint(application, "ignored", "", map[string]string{"Token": "token 2"})
	require.NoError(t, err)
	requireFault(t, s.SetEndpointAttributes(second, map[string]string{"Token": "token"}), sns.ErrInvalidParameter, exists)
	require.NoError(t, s.SetEndpointAttributes(arn, map[string]string{"Token": "token 3"}))
	require.NoError(t, s.SetEndpointAttributes(second, map[string]string{"Token": "token"}), "it is free now")
	all, lengths := pages(t, func(token string) ([]sns.PlatformEndpoint, string, error) {
		return s.ListEndpointsByPlatformApplication(application, token)
	})
	require.Equal(t, []int{2}, lengths)
	require.ElementsMatch(t, []sns.PlatformEndpoint{
		{ARN: arn, Attributes: map[string]string{"Enabled": "false", "Token": "token 3"}},
		{ARN: second, Attributes: map[string]string{"Enabled": "true", "Token": "token"}},
	}, all)
	for range 2 {
		require.NoError(t, s.DeleteEndpoint(arn))
	}
	third, err := s.CreatePlatformEndpoint(application, "token 3", "", nil)
	require.NoError(t, err)
	require.NotEqual(t, arn, third)
	_, err = s.EndpointAttributes(arn)
	requireFault(t, err, sns.ErrNotFound, "Endpoint does not exist")
	requireFault(t, s.SetEndpointAttributes(arn, attributes), sns.ErrNotFound, "Endpoint does not exist")
}

func TestBadPlatformEndpoints(t *testing.T) {
	s := newService(t, sns.ServiceConfig{})
	application, apple := createApplication(t, s, "app", "ADM"), createApplication(t, s, "app", "APNS_SANDBOX")
	const invalid = ip + "Attributes Reason: Invalid "
	const apples = ip + "Token Reason: iOS device tokens must be no more than 400 hexadecimal characters"
	for _, row := range []struct {
		application, token, userData string
		attributes                   map[string]string
		fault                        string
	}{
		{application, "", "", nil, ip + "Token Reason: cannot be empty"},
		{application, strings.Repeat("t", 8193), "", nil, ip + "Token Reason: must be at most 8192 bytes long in UTF-8 encoding"},
		{apple, "xyz", "", nil, apples},
		{apple, strings.Repeat("0", 401), "", nil, apples},
		{application, "t", strings.Repeat("u", 2049), nil, ip + "CustomUserData Reason: must be at most 2048 bytes long in UTF-8 encoding"},
		{application, "t", "", map[string]string{"CustomUserData": strings.Repeat("u", 2049)}, invalid + "value for attribute: CustomUserData: must be at most 2048 bytes long in UTF-8 encoding"},
		{application, "t", "", map[string]string{"Token": ""}, invalid + "value for attribute: Token: cannot be empty"},
		{application, "t", "", map[string]string{"Enabled": ""}, invalid + "value for attribute: Enabled: must be true or false"},
		{application, "t", "", map[string]string{"Colour": ""}, invalid + "attribute name: Colour"},
	} {
		_, err := s.CreatePlatformEndpoint(row.application, row.token, row.userData, row.attributes)
		requireFault(t, err, sns.ErrInvalidParameter, row.fault)
	}
	arn := createDevice(t, s, apple, strings.Repeat("0aF", 10))
	requireFault(t, s.SetEndpointAttributes(arn, nil), sns.ErrValidation, "1 validation error detected: Value null at 'attributes' failed to satisfy constraint: Member must not be null")
	requireFault(t, s.SetEndpointAttributes(arn, map[string]string{"Token": "xyz"}), sns.ErrInvalidParameter, invalid+"value for attribute: Token: iOS device tokens must be no more than 400 hexadecimal characters")
	requireFault(t, s.DeleteEndpoint("x"), sns.ErrInvalidParameter, ip+"EndpointArn Reason: An ARN must have at least 6 elements, not 1")
	_, err := s.EndpointAttributes(apple)
	requireFault(t, err, sns.ErrInvalidParameter, ip+"EndpointArn Reason: Wrong number of slashes in relative portion of the ARN.")
}

func TestListPlatformEndpoints(t *testing.T) {
	s := newService(t, sns.ServiceConfig{})
	application := createApplication(t, s, "app", "ADM")
	for i := range 120 {
		createDevice(t, s, application, fmt.Sprint("token ", i))
	}
	_, lengths := pages(t, func(token string) ([]sns.PlatformEndpoint, string, error) {
		return s.ListEndpointsByPlatformApplication(application, token)
	})
	require.Equal(t, []int{100, 20}, lengths)
}

// A page costs what is on it: of many endpoints only those are copied.
func TestListPlatformEndpointsCopiesAPage(t *testing.T) {
	s := newService(t, sns.ServiceConfig{})
	application := createApplication(t, s, "app", "ADM")
	for i := range 2000 {
		createDevice(t, s, application, fmt.Sprint("token ", i))
	}
	allocations := testing.AllocsPerRun(5, func() {
		_, _, err := s.ListEndpointsByPlatformApplication(application, "")
		require.NoError(t, err)
	})
	require.Less(t, allocations, 1000.0)
}

func TestPublishToEndpoint(t *testing.T) {
	s := newService(t, sns.ServiceConfig{})
	application := createApplication(t, s, "app", "ADM")
	arn := createDevice(t, s, application, "token")
	entry := sns.Entry{
		Message: `{"default":"hello","ADM":"{\"data\":1}"}`, MessageStructure: "json", Subject: "subject",
		Attributes: map[string]sns.Attribute{"a": {DataType: "String", Value: "b"}},
	}
	published, err := s.PublishToEndpoint(t.Context(), arn, entry)
	require.NoError(t, err)
	pushes := s.Outbox().Pushes()
	require.Equal(t, []sns.Push{{
		EndpointARN: arn, Platform: "ADM", Token: "token", Message: `{"data":1}`, Subject: "subject",
		Attributes: entry.Attributes, MessageID: published.MessageID,
	}}, pushes)
	require.Len(t, published.MessageID, 36)

	// The platform's own text is enough. ("Publishing with platform-specific payload")
	_, err = s.PublishToEndpoint(t.Context(), arn, sns.Entry{Message: `{"ADM":"alone"}`, MessageStructure: "json"})
	require.NoError(t, err)
	require.Equal(t, "alone", s.Outbox().Pushes()[1].Message)
	pushes = s.Outbox().Pushes()

	const at = ip + "TargetArn Reason: "
	for _, row := range []struct {
		arn      string
		entry    sns.Entry
		sentinel error
		fault    string
	}{
		{"x", entry, sns.ErrInvalidParameter, at + "An ARN must have at least 6 elements, not 1"},
		{pushARN + "t", entry, sns.ErrInvalidParameter, at + "Wrong number of slashes in relative portion of the ARN."},
		{arn + "x", entry, sns.ErrInvalidParameter, at + "No endpoint found for the target arn specified"},
		{arn, sns.Entry{}, sns.ErrInvalidParameter, ip + "Empty message"},
		{arn, sns.Entry{Message: `{"GCM":"other"}`, MessageStructure: "json"}, sns.ErrInvalidParameter, ip + "Message Structure - No default entry in JSON message body"},
	} {
		_, err := s.PublishToEndpoint(t.Context(), row.arn, row.entry)
		requireFault(t, err, row.sentinel, row.fault)
	}
	require.NoError(t, s.SetEndpointAttributes(arn, map[string]string{"Enabled": "false"}))
	_, err = s.PublishToEndpoint(t.Context(), arn, entry)
	requireFault(t, err, sns.ErrEndpointDisabled, "Endpoint is disabled")
	require.NoError(t, s.SetEndpointAttributes(arn, map[string]string{"Enabled": "true"}))
	require.NoError(t, s.SetPlatformApplicationAttributes(application, map[string]string{"Enabled": "false"}))
	_, err = s.PublishToEndpoint(t.Context(), arn, entry)
	requireFault(t, err, sns.ErrPlatformApplicationDisabled, "Platform application is disabled")
	require.Equal(t, pushes, s.Outbox().Pushes())
}

type pusher func(ctx context.Context, m sns.Push) error

func (p pusher) SendPush(ctx context.Context, m sns.Push) error { return p(ctx, m) }

func TestPublishToEndpointReturnsTheSendersError(t *testing.T) {
	s := newService(t, sns.ServiceConfig{Push: pusher(func(context.Context, sns.Push) error { return errBoom })})
	arn := createDevice(t, s, createApplication(t, s, "app", "ADM"), "token")
	_, err := s.PublishToEndpoint(t.Context(), arn, sns.Entry{Message: "x"})
	require.ErrorIs(t, err, errBoom)
	s = newService(t, sns.ServiceConfig{Push: pusher(func(context.Context, sns.Push) error { panic("boom") })})
	arn = createDevice(t, s, createApplication(t, s, "app", "ADM"), "token")
	_, err = s.PublishToEndpoint(t.Context(), arn, sns.Entry{Message: "x"})
	_, ok := errors.AsType[*sns.PanicError](err)
	require.True(t, ok, err)
}

func TestSubscribedEndpointThatIsDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		queues, err := sqs.NewService(sqs.ServiceConfig{})
		require.NoError(t, err)
		s, dead := newService(t, sns.ServiceConfig{Queues: queues}), createQueue(t, queues, "dead")
		arn := createDevice(t, s, createApplication(t, s, "app", "ADM"), "token")
		topic := createTopic(t, s, "t", sns.Config{})
		subscribe(t, topic, sns.Subscription{Protocol: sns.ProtocolApplication, Address: arn, DeadLetterQueue: dead})
		publish(t, topic, texts("1")...)
		require.NoError(t, topic.Flush(t.Context()))
		require.Len(t, s.Outbox().Pushes(), 1)
		require.NoError(t, s.DeleteEndpoint(arn))
		publish(t, topic, texts("2")...)
		require.NoError(t, topic.Flush(t.Context()))
		require.Len(t, s.Outbox().Pushes(), 1)
		require.Equal(t, 1, dead.Metrics().ApproximateNumberOfMessagesVisible, "no retry will mend it")
	})
}

func TestAdministrationIsSafeForConcurrentUse(t *testing.T) {
	s := newService(t, sns.ServiceConfig{})
	topic := createTopic(t, s, "t", sns.Config{})
	application := createApplication(t, s, "app", "ADM")
	work := func(i, j int) error {
		name := fmt.Sprint(i, "-", j)
		arn, err := s.CreatePlatformEndpoint(application, name, "", nil)
		_, _, listed := s.ListEndpointsByPlatformApplication(application, "")
		_, published := s.PublishToEndpoint(t.Context(), arn, sns.Entry{Message: name})
		_, got := topic.Attributes()
		return errors.Join(err, listed, published, got,
			s.SetEndpointAttributes(arn, map[string]string{"CustomUserData": name}),
			topic.AddPermission(name, []string{"111111111111"}, []string{"Publish"}),
			topic.Tag(map[string]string{fmt.Sprint(i): name}),
			topic.SetAttribute("HTTPSuccessFeedbackRoleArn", name),
			s.DeleteEndpoint(arn),
		)
	}
	var all sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		all.Go(func() {
			for j := range 20 {
				errs[i] = errors.Join(errs[i], work(i, j))
			}
		})
	}
	all.Wait()
	require.NoError(t, errors.Join(errs...))
	require.Len(t, topic.Tags(), 8)
	require.Len(t, s.Outbox().Pushes(), 160)
	require.Equal(t, 160, strings.Count(attributesOf(t, topic)["Policy"], "::111111111111:"), "no statement is lost")
}
