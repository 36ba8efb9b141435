package sns_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sns"
)

func TestTags(t *testing.T) {
	s := newService(t, sns.ServiceConfig{})
	topic, err := s.CreateTopicWithAttributes("t", nil, map[string]string{"k1": "v1"})
	require.NoError(t, err)
	require.NoError(t, topic.Tag(map[string]string{"k2": "v2", "k3": ""}))
	require.Equal(t, map[string]string{"k1": "v1", "k2": "v2", "k3": ""}, topic.Tags())
	require.NoError(t, topic.Untag("k1", "unknown"))
	require.NoError(t, topic.Tag(map[string]string{"k2": "v2b"}))
	want := map[string]string{"k2": "v2b", "k3": ""}
	require.Equal(t, want, topic.Tags())
	topic.Tags()["mine"] = "x"
	require.Equal(t, want, topic.Tags(), "the map is the caller's")

	long := strings.Repeat("ö", 129)
	const detected = "1 validation error detected: Value '"
	const at = " failed to satisfy constraint: Member must have length "
	requireFault(t, topic.Tag(map[string]string{"a": "", long: ""}), sns.ErrValidation, detected+long+"' at 'tags.2.member.key'"+at+"less than or equal to 128")
	requireFault(t, topic.Tag(map[string]string{"": ""}), sns.ErrValidation, detected+"' at 'tags.1.member.key'"+at+"greater than or equal to 1")
	requireFault(t, topic.Tag(map[string]string{"a": long + long}), sns.ErrValidation, detected+long+long+"' at 'tags.1.member.value'"+at+"less than or equal to 256")
	many := map[string]string{}
	for i := range 49 {
		many[strconv.Itoa(i)] = "x"
	}
	requireFault(t, topic.Tag(many), sns.ErrTagLimitExceeded, "Could not complete request: tag quota of per resource exceeded")
	require.Equal(t, want, topic.Tags(), "a refused change changes nothing")
	require.NoError(t, topic.Untag("k3"))
	require.NoError(t, topic.Tag(many))
	require.Len(t, topic.Tags(), 50)

	require.NoError(t, s.DeleteTopic(topic.ARN()))
	requireFault(t, topic.Tag(want), sns.ErrNotFound, "Topic does not exist")
	requireFault(t, topic.Untag("k2"), sns.ErrNotFound, "Topic does not exist")
}

func TestPermissions(t *testing.T) {
	topic := createTopic(t, newService(t, sns.ServiceConfig{}), "t", sns.Config{})
	policy := func() string { return attributesOf(t, topic)["Policy"] }
	before := policy()
	require.NoError(t, topic.RemovePermission("unknown"))
	require.Equal(t, before, policy())
	require.NoError(t, topic.AddPermission("one", []string{"111111111111"}, []string{"Publish"}))
	one := `{"Sid":"one","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},"Action":"SNS:Publish","Resource":"arn:aws:sns:us-east-1:000000000000:t"}`
	require.JSONEq(t, strings.TrimSuffix(before, "]}")+","+one+"]}", policy(), "it joins the default statement")
	require.NoError(t, topic.AddPermission("two", []string{"111111111111", "222222222222"}, []string{"Subscribe", "Receive"}))
	two := `{"Sid":"two","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111111111111:root","arn:aws:iam::222222222222:root"]},"Action":["SNS:Subscribe","SNS:Receive"],"Resource":"arn:aws:sns:us-east-1:000000000000:t"}`
	require.JSONEq(t, strings.TrimSuffix(before, "]}")+","+one+","+two+"]}", policy())
	for _, row := range []struct {
		label             string
		accounts, actions []string
		fault             string
	}{
		{"one", []string{"111111111111"}, []string{"Publish"}, "Statement already exists"},
		{"x", []string{"111111111111"}, []string{"Publish", "CreateTopic"}, "Policy statement action out of service scope!"},
		{"x", []string{"1"}, []string{"Publish"}, "Policy Error: PrincipalNotFound"},
		{"", []string{"111111111111"}, []string{"Publish"}, "Label"},
		{"x", nil, []string{"Publish"}, "AWSAccountId"},
		{"x", []string{"111111111111"}, nil, "ActionName"},
	} {
		requireFault(t, topic.AddPermission(row.label, row.accounts, row.actions), sns.ErrInvalidParameter, ip+row.fault)
	}
	require.NoError(t, topic.RemovePermission("one"))
	require.JSONEq(t, strings.TrimSuffix(before, "]}")+","+two+"]}", policy())
	require.NoError(t, topic.RemovePermission("two"))
	require.JSONEq(t, before, policy())

	require.NoError(t, topic.SetAttribute("Policy", `{"Version":"2012-10-17","Number":12345678901234567890,"Statement":{"Sid":"mine"}}`))
	require.NoError(t, topic.AddPermission("one", []string{"111111111111"}, []string{"Publish"}))
	require.JSONEq(t, `{"Version":"2012-10-17","Number":12345678901234567890,"Statement":[{"Sid":"mine"},`+one+`]}`, policy(), "a statement that is in no list is kept, too")
	require.NoError(t, topic.SetAttribute("Policy", `{"Version":"2012-10-17"}`))
	require.NoError(t, topic.AddPermission("one", []string{"111111111111"}, []string{"Publish"}))
	require.JSONEq(t, `{"Version":"2012-10-17","Statement":[`+one+`]}`, policy())
}

func TestDataProtectionPolicyIsKept(t *testing.T) {
	topic := createTopic(t, newService(t, sns.ServiceConfig{}), "t", sns.Config{})
	const policy = `{"Name":"basicPII-protection","Statement":[]}`
	require.NoError(t, topic.PutDataProtectionPolicy(policy))
	require.Equal(t, policy, topic.Config().DataProtectionPolicy)
	require.NotContains(t, attributesOf(t, topic), "DataProtectionPolicy")
	const at = ip + "DataProtectionPolicy Reason: "
	requireFault(t, topic.PutDataProtectionPolicy("[]"), sns.ErrInvalidParameter, at+"Policy must be a JSON object")
	requireFault(t, topic.PutDataProtectionPolicy(strings.Repeat(" ", 30_721)), sns.ErrInvalidParameter, at+"Length must be less than or equal to 30720")
	require.Equal(t, policy, topic.Config().DataProtectionPolicy)
	require.NoError(t, topic.PutDataProtectionPolicy(""))
	require.Empty(t, topic.Config().DataProtectionPolicy)
}

// pages collects what a list returns, page by page, and the lengths of the pages.
func pages[T any](t testing.TB, list func(token string) ([]T, string, error)) (all []T, lengths []int) {
	t.Helper()
	for token := ""; ; {
		page, next, err := list(token)
		require.NoError(t, err)
		all, lengths = append(all, page...), append(lengths, len(page))
		if next == "" {
			return all, lengths
		}
		token = next
	}
}

func TestLists(t *testing.T) {
	s := newService(t, sns.ServiceConfig{})
	elsewhere, err := s.As("111111111111", "us-east-1")
	require.NoError(t, err)
	createTopic(t, elsewhere, "foreign", sns.Config{})
	var names []string
	for i := range 120 {
		names = append(names, fmt.Sprintf("topic-%03d", i))
		createTopic(t, s, names[i], sns.Config{})
	}
	topics, lengths := pages(t, s.ListTopics)
	require.Equal(t, []int{100, 20}, lengths)
	for i, topic := range topics {
		require.Equal(t, names[i], topic.Name())
	}

	_, next, err := s.ListTopics("")
	require.NoError(t, err)
	require.NoError(t, s.DeleteTopic(topics[99].ARN()))
	require.NoError(t, s.DeleteTopic(topics[100].ARN()))
	page, _, err := s.ListTopics(next)
	require.NoError(t, err)
	require.Equal(t, topics[101:], page, "pages fit together while topics come and go")

	for i := range 60 {
		for _, topic := range topics[:2] {
			subscribe(t, topic, sns.Subscription{Protocol: sns.ProtocolEmail, Address: fmt.Sprintf("user%d@example.com", i)})
		}
	}
	all, lengths := pages(t, s.ListSubscriptions)
	require.Equal(t, []int{100, 20}, lengths)
	require.IsIncreasing(t, idsOf(all))
	of, lengths := pages(t, topics[1].ListSubscriptions)
	require.Equal(t, []int{60}, lengths)
	require.Equal(t, all[60:], of)
	require.ElementsMatch(t, topics[1].Subscriptions(), of)

	_, _, err = s.ListTopics("no token!")
	requireFault(t, err, sns.ErrInvalidParameter, ip+"NextToken")
	_, _, err = s.ListSubscriptions("no token!")
	requireFault(t, err, sns.ErrInvalidParameter, ip+"NextToken")
	_, _, err = topics[1].ListSubscriptions("no token!")
	requireFault(t, err, sns.ErrInvalidParameter, ip+"NextToken")
	require.NoError(t, s.DeleteTopic(topics[1].ARN()))
	_, _, err = topics[1].ListSubscriptions("")
	requireFault(t, err, sns.ErrNotFound, "Topic does not exist")
}

func idsOf(all []*sns.LocalSubscription) (ids []string) {
	for _, s := range all {
		ids = append(ids, string(s.ID()))
	}
	return ids
}

func TestAdministrationOfAClosedService(t *testing.T) {
	s := newService(t, sns.ServiceConfig{})
	topic := createTopic(t, s, "t", sns.Config{})
	require.NoError(t, s.Close())
	one := func(_ any, err error) error { return err }
	list := func(_, _ any, err error) error { return err }
	for i, err := range []error{
		one(topic.Attributes()),
		topic.SetAttribute("DisplayName", "x"),
		topic.Tag(nil),
		topic.Untag(),
		topic.AddPermission("x", nil, nil),
		topic.PutDataProtectionPolicy(""),
		list(s.ListTopics("")),
		list(s.ListSubscriptions("")),
		list(topic.ListSubscriptions("")),
		one(s.CreatePlatformApplication("a", "GCM", nil)),
		one(s.EndpointAttributes("x")),
		s.SetSMSAttributes(nil),
		one(s.PublishToPhone(t.Context(), "+15555550100", sns.Entry{Message: "x"})),
		one(s.PublishToEndpoint(t.Context(), "arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/x", sns.Entry{Message: "x"})),
	} {
		require.ErrorIs(t, err, sns.ErrClosed, i)
	}
}
