package sns_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sns"
)

func TestSMSAttributes(t *testing.T) {
	s := newService(t, sns.ServiceConfig{})
	attributes, err := s.SMSAttributes()
	require.NoError(t, err)
	require.Equal(t, map[string]string{"MonthlySpendLimit": "1"}, attributes)
	all := map[string]string{
		"MonthlySpendLimit": "10", "DeliveryStatusIAMRole": "role", "DeliveryStatusSuccessSamplingRate": "50",
		"DefaultSenderID": "test2", "DefaultSMSType": "Promotional", "UsageReportS3Bucket": "bucket",
	}
	require.NoError(t, s.SetSMSAttributes(all))
	attributes, err = s.SMSAttributes()
	require.NoError(t, err)
	require.Equal(t, all, attributes)
	attributes, err = s.SMSAttributes("DefaultSMSType", "unknown")
	require.NoError(t, err)
	require.Equal(t, map[string]string{"DefaultSMSType": "Promotional"}, attributes)
	for _, row := range []struct{ name, value, fault string }{
		{"Colour", "x", "Colour is not a valid attribute"},
		{"MonthlySpendLimit", "-1", "MonthlySpendLimit is invalid"},
		{"DeliveryStatusSuccessSamplingRate", "101", "DeliveryStatusSuccessSamplingRate is not an integer between 0-100"},
		{"DefaultSenderID", "testSenderID", "DefaultSenderID is invalid"},
		{"DefaultSenderID", "123", "DefaultSenderID is invalid"},
		{"DefaultSenderID", "a b", "DefaultSenderID is invalid"},
		{"DefaultSMSType", "Urgent", "DefaultSMSType is invalid"},
	} {
		requireFault(t, s.SetSMSAttributes(map[string]string{row.name: row.value, "DeliveryStatusIAMRole": "other"}), sns.ErrInvalidParameter, row.fault)
	}
	attributes, err = s.SMSAttributes()
	require.NoError(t, err)
	require.Equal(t, all, attributes, "a refused change changes nothing")
	for name := range all {
		all[name] = ""
	}
	require.NoError(t, s.SetSMSAttributes(all))
	attributes, err = s.SMSAttributes()
	require.NoError(t, err)
	require.Empty(t, attributes)
}

func TestOptedOutNumbers(t *testing.T) {
	s := newService(t, sns.ServiceConfig{})
	optedOut := func(number string) bool {
		t.Helper()
		out, err := s.CheckIfPhoneNumberIsOptedOut(number)
		require.NoError(t, err)
		return out
	}
	require.False(t, optedOut("+15555550100"))
	require.NoError(t, s.OptOutPhoneNumber("+15555550100"))
	require.True(t, optedOut("+15555550100"))
	require.True(t, optedOut("1-555-555-0100"), "it is the same number")
	elsewhere, err := s.As("000000000000", "eu-west-1")
	require.NoError(t, err)
	out, err := elsewhere.CheckIfPhoneNumberIsOptedOut("+15555550100")
	require.NoError(t, err)
	require.False(t, out)
	_, err = s.PublishToPhone(t.Context(), "+15555550100", sns.Entry{Message: "x"})
	require.ErrorIs(t, err, sns.ErrOptedOut)
	require.NoError(t, s.OptInPhoneNumber("+15555550100"))
	require.False(t, optedOut("+15555550100"))

	for i := range 120 {
		require.NoError(t, s.OptOutPhoneNumber(fmt.Sprintf("+15555550%03d", i)))
	}
	numbers, lengths := pages(t, s.ListPhoneNumbersOptedOut)
	require.Equal(t, []int{100, 20}, lengths)
	require.IsIncreasing(t, numbers)
	_, _, err = s.ListPhoneNumbersOptedOut("no token!")
	requireFault(t, err, sns.ErrInvalidParameter, ip+"NextToken")

	const malformed = ip + "PhoneNumber Reason: input incorrectly formatted"
	_, err = s.CheckIfPhoneNumberIsOptedOut("+15555550100x")
	requireFault(t, err, sns.ErrInvalidParameter, malformed)
	requireFault(t, s.OptInPhoneNumber("+0"), sns.ErrInvalidParameter, malformed)
	requireFault(t, s.OptOutPhoneNumber(""), sns.ErrInvalidParameter, malformed)
	requireFault(t, s.OptOutPhoneNumber("+1234567890123456"), sns.ErrInvalidParameter, malformed)
}

func TestPublishToPhone(t *testing.T) {
	s := newService(t, sns.ServiceConfig{})
	require.NoError(t, s.SetSMSAttributes(map[string]string{"DefaultSenderID": "leat", "DefaultSMSType": "Transactional"}))
	published, err := s.PublishToPhone(t.Context(), "+15555550100", sns.Entry{Message: `{"default":"hello","sms":"hi"}`, MessageStructure: "json"})
	require.NoError(t, err)
	require.Equal(t, []sns.SMS{{
		PhoneNumber: "+15555550100", Message: "hi", MessageID: published.MessageID, SenderID: "leat", SMSType: "Transactional",
	}}, s.Outbox().SMS())
	for _, row := range []struct {
		number, message, fault string
	}{
		{"+1a234", "x", "PhoneNumber Reason: +1a234 is not valid to publish to"},
		{"NAA+15551234567", "x", "PhoneNumber Reason: NAA+15551234567 is not valid to publish to"},
		{"+15555550100", "", "Empty message"},
	} {
		_, err := s.PublishToPhone(t.Context(), row.number, sns.Entry{Message: row.message})
		requireFault(t, err, sns.ErrInvalidParameter, ip+row.fault)
	}
	s.Outbox().FailWith(errBoom)
	_, err = s.PublishToPhone(t.Context(), "+15555550100", sns.Entry{Message: "x"})
	require.ErrorIs(t, err, errBoom)
}

func TestSMSSandbox(t *testing.T) {
	s := newService(t, sns.ServiceConfig{})
	const number = "+15555550100"
	require.False(t, s.SMSSandbox())
	s.SetSMSSandbox(true)
	require.True(t, s.SMSSandbox())
	_, err := s.PublishToPhone(t.Context(), number, sns.Entry{Message: "x"})
	requireFault(t, err, sns.ErrUser, "The phone number is not verified, which the SMS sandbox requires.")

	passwords := func(count int) string {
		t.Helper()
		sent := s.Outbox().SMS()
		require.Len(t, sent, count)
		require.Equal(t, number, sent[count-1].PhoneNumber)
		require.Regexp(t, `^[0-9]{6} is your verification code`, sent[count-1].Message)
		return sent[count-1].Message[:6]
	}
	require.NoError(t, s.CreateSMSSandboxPhoneNumber(number, ""))
	first := passwords(1)
	require.NoError(t, s.CreateSMSSandboxPhoneNumber("1555-555.0100", "de-DE"))
	second := passwords(2)
	listed := func(want ...sns.SMSSandboxPhoneNumber) {
		t.Helper()
		page, next, err := s.ListSMSSandboxPhoneNumbers(0, "")
		require.NoError(t, err)
		require.Empty(t, next)
		require.Equal(t, want, page)
	}
	listed(sns.SMSSandboxPhoneNumber{PhoneNumber: number, Status: "Pending"})
	if first != second { // once in a million they are the same
		require.ErrorIs(t, s.VerifySMSSandboxPhoneNumber(number, first), sns.ErrVerification)
	}
	requireFault(t, s.VerifySMSSandboxPhoneNumber(number, "x"), sns.ErrValidation, "1 validation error detected: Value 'x' at 'oneTimePassword' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[0-9]{5,8}$")
	require.ErrorIs(t, s.VerifySMSSandboxPhoneNumber("+15555550199", second), sns.ErrResourceNotFound)
	_, err = s.PublishToPhone(t.Context(), number, sns.Entry{Message: "x"})
	require.ErrorIs(t, err, sns.ErrUser, "pending is not enough")
	require.NoError(t, s.VerifySMSSandboxPhoneNumber(number, second))
	listed(sns.SMSSandboxPhoneNumber{PhoneNumber: number, Status: "Verified"})
	require.ErrorIs(t, s.VerifySMSSandboxPhoneNumber(number, second), sns.ErrVerification)
	require.ErrorIs(t, s.CreateSMSSandboxPhoneNumber(number, ""), sns.ErrUser)
	_, err = s.PublishToPhone(t.Context(), number, sns.Entry{Message: "x"})
	require.NoError(t, err)

	requireFault(t, s.CreateSMSSandboxPhoneNumber("+1", ""), sns.ErrInvalidParameter, ip+"PhoneNumber Reason: input incorrectly formatted")
	require.ErrorIs(t, s.CreateSMSSandboxPhoneNumber("+15555550101", "xx-XX"), sns.ErrValidation)
	require.NoError(t, s.OptOutPhoneNumber("+15555550102"))
	require.ErrorIs(t, s.CreateSMSSandboxPhoneNumber("+15555550102", ""), sns.ErrOptedOut)
	for i := range 9 {
		require.NoError(t, s.CreateSMSSandboxPhoneNumber(fmt.Sprintf("+1555555011%d", i), "en-US"))
	}
	require.ErrorIs(t, s.CreateSMSSandboxPhoneNumber("+15555550120", ""), sns.ErrUser)
	require.NoError(t, s.DeleteSMSSandboxPhoneNumber(number))
	require.ErrorIs(t, s.DeleteSMSSandboxPhoneNumber(number), sns.ErrResourceNotFound)
	_, lengths := pages(t, func(token string) ([]sns.SMSSandboxPhoneNumber, string, error) {
		return s.ListSMSSandboxPhoneNumbers(4, token)
	})
	require.Equal(t, []int{4, 4, 1}, lengths)

	const at = " at 'maxResults' failed to satisfy constraint: Member must have value "
	_, _, err = s.ListSMSSandboxPhoneNumbers(101, "")
	requireFault(t, err, sns.ErrValidation, "1 validation error detected: Value '101'"+at+"less than or equal to 100")
	_, _, err = s.ListSMSSandboxPhoneNumbers(-1, "")
	requireFault(t, err, sns.ErrValidation, "1 validation error detected: Value '-1'"+at+"greater than or equal to 1")
	_, _, err = s.ListSMSSandboxPhoneNumbers(1, "no token!")
	requireFault(t, err, sns.ErrInvalidParameter, ip+"NextToken")
	s.SetSMSSandbox(false)
	_, err = s.PublishToPhone(t.Context(), number, sns.Entry{Message: "x"})
	require.NoError(t, err)
}

type texter func(ctx context.Context, m sns.SMS) error

func (f texter) SendSMS(ctx context.Context, m sns.SMS) error { return f(ctx, m) }

func TestSandboxPasswordThatCanNotBeSent(t *testing.T) {
	s := newService(t, sns.ServiceConfig{SMS: texter(func(context.Context, sns.SMS) error { return errBoom })})
	err := s.CreateSMSSandboxPhoneNumber("+15555550100", "")
	require.ErrorIs(t, err, errBoom)
	require.ErrorContains(t, err, "CreateSMSSandboxPhoneNumber +15555550100: boom")
}

func TestOriginationNumbers(t *testing.T) {
	s := newService(t, sns.ServiceConfig{})
	page, next, err := s.ListOriginationNumbers(0, "")
	require.NoError(t, err)
	require.Empty(t, page)
	require.Empty(t, next)
	var numbers []sns.OriginationNumber
	for i := range 40 {
		numbers = append(numbers, sns.OriginationNumber{
			PhoneNumber: fmt.Sprintf("+155555501%02d", i), Status: "ACTIVE", ISO2CountryCode: "US", RouteType: "Transactional",
			NumberCapabilities: []string{"SMS", "VOICE"}, CreatedAt: time.Unix(1, 0),
		})
	}
	require.NoError(t, s.SetOriginationNumbers(numbers...))
	all, lengths := pages(t, func(token string) ([]sns.OriginationNumber, string, error) { return s.ListOriginationNumbers(0, token) })
	require.Equal(t, []int{30, 10}, lengths)
	require.Equal(t, numbers, all)
	all[0].NumberCapabilities[0], numbers[1].NumberCapabilities[0] = "x", "x"
	page, _, err = s.ListOriginationNumbers(2, "")
	require.NoError(t, err)
	require.Len(t, page, 2)
	require.Equal(t, "SMS", page[0].NumberCapabilities[0])
	require.Equal(t, "SMS", page[1].NumberCapabilities[0])
	_, _, err = s.ListOriginationNumbers(31, "")
	require.ErrorIs(t, err, sns.ErrValidation)
	requireFault(t, s.SetOriginationNumbers(sns.OriginationNumber{PhoneNumber: "x"}), sns.ErrInvalidParameter, ip+"PhoneNumber Reason: input incorrectly formatted")
	_, _, err = s.ListOriginationNumbers(1, "no token!")
	requireFault(t, err, sns.ErrInvalidParameter, ip+"NextToken")
}
