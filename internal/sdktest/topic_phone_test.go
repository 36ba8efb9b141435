package sdktest

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/sns"
)

const phone = "+15555550100"

// pushToADevice registers a device, and notifies it directly and through a topic.
func pushToADevice(t *testing.T, s *site) {
	c := s.client()
	app := call(t, c.CreatePlatformApplication, &awssns.CreatePlatformApplicationInput{
		Name: aws.String("shop"), Platform: aws.String("GCM"), Attributes: map[string]string{"PlatformCredential": "secret"},
	}).PlatformApplicationArn
	require.Equal(t, "arn:aws:sns:us-east-1:000000000000:app/GCM/shop", *app)
	call(t, c.SetPlatformApplicationAttributes, &awssns.SetPlatformApplicationAttributesInput{
		PlatformApplicationArn: app, Attributes: map[string]string{"SuccessFeedbackSampleRate": "10"},
	})
	attributes := map[string]string{"Enabled": "true", "SuccessFeedbackSampleRate": "10"}
	require.Equal(t, attributes, call(t, c.GetPlatformApplicationAttributes, &awssns.GetPlatformApplicationAttributesInput{PlatformApplicationArn: app}).Attributes)
	require.Equal(t, []types.PlatformApplication{{PlatformApplicationArn: app, Attributes: attributes}},
		call(t, c.ListPlatformApplications, &awssns.ListPlatformApplicationsInput{}).PlatformApplications)

	device := call(t, c.CreatePlatformEndpoint, &awssns.CreatePlatformEndpointInput{
		PlatformApplicationArn: app, Token: aws.String("token-1"), CustomUserData: aws.String("customer 7"),
	}).EndpointArn
	require.Truef(t, strings.HasPrefix(*device, "arn:aws:sns:us-east-1:000000000000:endpoint/GCM/shop/"), "the endpoint's ARN is %s", *device)
	call(t, c.SetEndpointAttributes, &awssns.SetEndpointAttributesInput{EndpointArn: device, Attributes: map[string]string{"Token": "token-2"}})
	attributes = map[string]string{"Enabled": "true", "Token": "token-2", "CustomUserData": "customer 7"}
	require.Equal(t, attributes, call(t, c.GetEndpointAttributes, &awssns.GetEndpointAttributesInput{EndpointArn: device}).Attributes)
	require.Equal(t, []types.Endpoint{{EndpointArn: device, Attributes: attributes}},
		call(t, c.ListEndpointsByPlatformApplication, &awssns.ListEndpointsByPlatformApplicationInput{PlatformApplicationArn: app}).Endpoints)

	direct := call(t, c.Publish, &awssns.PublishInput{
		TargetArn: device, MessageStructure: aws.String("json"), Message: aws.String(`{"default":"plain","GCM":"{\"notification\":{}}"}`),
	}).MessageId
	topic := createTopic(t, c, "news", nil)
	subscribe(t, c, topic, "application", *device, nil)
	fanned := publish(t, c, topic, "for all")
	synctest.Wait()
	require.Equal(t, []sns.Push{
		{EndpointARN: *device, Platform: "GCM", Token: "token-2", Message: `{"notification":{}}`, MessageID: *direct},
		{EndpointARN: *device, Platform: "GCM", Token: "token-2", Message: "for all", MessageID: fanned},
	}, s.topics.Outbox().Pushes())

	call(t, c.SetEndpointAttributes, &awssns.SetEndpointAttributesInput{EndpointArn: device, Attributes: map[string]string{"Enabled": "false"}})
	_, err := c.Publish(t.Context(), &awssns.PublishInput{TargetArn: device, Message: aws.String("to nobody")})
	var disabled *types.EndpointDisabledException
	require.ErrorAs(t, err, &disabled)

	call(t, c.DeleteEndpoint, &awssns.DeleteEndpointInput{EndpointArn: device})
	_, err = c.GetEndpointAttributes(t.Context(), &awssns.GetEndpointAttributesInput{EndpointArn: device})
	var missing *types.NotFoundException
	require.ErrorAs(t, err, &missing)
	call(t, c.DeletePlatformApplication, &awssns.DeletePlatformApplicationInput{PlatformApplicationArn: app})
	require.Empty(t, call(t, c.ListPlatformApplications, &awssns.ListPlatformApplicationsInput{}).PlatformApplications)
	call(t, c.DeleteTopic, &awssns.DeleteTopicInput{TopicArn: topic})
}

// textAPhone sends text messages to a phone, whose owner has enough of them for a while.
func textAPhone(t *testing.T, s *site) {
	c := s.client()
	call(t, c.SetSMSAttributes, &awssns.SetSMSAttributesInput{Attributes: map[string]string{"DefaultSenderID": "Shop", "DefaultSMSType": "Transactional"}})
	require.Equal(t, map[string]string{"DefaultSenderID": "Shop"},
		call(t, c.GetSMSAttributes, &awssns.GetSMSAttributesInput{Attributes: []string{"DefaultSenderID", "UsageReportS3Bucket"}}).Attributes)
	require.Equal(t, map[string]string{"DefaultSenderID": "Shop", "DefaultSMSType": "Transactional", "MonthlySpendLimit": "1"},
		call(t, c.GetSMSAttributes, &awssns.GetSMSAttributesInput{}).Attributes)

	id := call(t, c.Publish, &awssns.PublishInput{
		PhoneNumber: aws.String(phone), Message: aws.String("Your order is on its way."),
		MessageAttributes: map[string]types.MessageAttributeValue{"AWS.SNS.SMS.SenderID": {DataType: aws.String("String"), StringValue: aws.String("Parcels")}},
	}).MessageId
	sent := sns.SMS{PhoneNumber: phone, Message: "Your order is on its way.", MessageID: *id, SenderID: "Parcels", SMSType: "Transactional"}
	synctest.Wait()
	require.Equal(t, []sns.SMS{sent}, s.topics.Outbox().SMS())

	isOptedOut := func() bool {
		return call(t, c.CheckIfPhoneNumberIsOptedOut, &awssns.CheckIfPhoneNumberIsOptedOutInput{PhoneNumber: aws.String(phone)}).IsOptedOut
	}
	require.False(t, isOptedOut())
	require.NoError(t, s.topics.OptOutPhoneNumber(phone))
	require.True(t, isOptedOut())
	require.Equal(t, []string{phone}, call(t, c.ListPhoneNumbersOptedOut, &awssns.ListPhoneNumbersOptedOutInput{}).PhoneNumbers)
	_, err := c.Publish(t.Context(), &awssns.PublishInput{PhoneNumber: aws.String(phone), Message: aws.String("Buy more!")})
	require.ErrorContains(t, err, "OptedOut")
	call(t, c.OptInPhoneNumber, &awssns.OptInPhoneNumberInput{PhoneNumber: aws.String(phone)})
	require.False(t, isOptedOut())
	require.Empty(t, call(t, c.ListPhoneNumbersOptedOut, &awssns.ListPhoneNumbersOptedOutInput{}).PhoneNumbers)

	bought := time.Now().Truncate(time.Second)
	require.NoError(t, s.topics.SetOriginationNumbers(sns.OriginationNumber{
		PhoneNumber: "+15555550199", Status: "ACTIVE", ISO2CountryCode: "US", RouteType: "Transactional", NumberCapabilities: []string{"SMS", "VOICE"}, CreatedAt: bought,
	}))
	numbers := call(t, c.ListOriginationNumbers, &awssns.ListOriginationNumbersInput{MaxResults: aws.Int32(30)}).PhoneNumbers
	require.Len(t, numbers, 1)
	require.True(t, numbers[0].CreatedAt.Equal(bought))
	require.Equal(t, "+15555550199", *numbers[0].PhoneNumber)
	require.Equal(t, []types.NumberCapability{"SMS", "VOICE"}, numbers[0].NumberCapabilities)
	require.Equal(t, types.RouteTypeTransactional, numbers[0].RouteType)
}

// useTheSandbox verifies a phone number, without which a sandbox sends it nothing.
func useTheSandbox(t *testing.T, s *site) {
	c := s.client()
	isInSandbox := func() bool {
		return call(t, c.GetSMSSandboxAccountStatus, &awssns.GetSMSSandboxAccountStatusInput{}).IsInSandbox
	}
	require.False(t, isInSandbox())
	s.topics.SetSMSSandbox(true)
	require.True(t, isInSandbox())
	defer s.topics.SetSMSSandbox(false)
	text := func() error {
		_, err := c.Publish(t.Context(), &awssns.PublishInput{PhoneNumber: aws.String(phone), Message: aws.String("hello")})
		return err
	}
	require.Error(t, text(), "the number is not verified")

	s.topics.Outbox().Reset()
	call(t, c.CreateSMSSandboxPhoneNumber, &awssns.CreateSMSSandboxPhoneNumberInput{PhoneNumber: aws.String(phone), LanguageCode: types.LanguageCodeStringEnUs})
	texts := s.topics.Outbox().SMS()
	require.Len(t, texts, 1)
	password, _, _ := strings.Cut(texts[0].Message, " ")
	status := func() []types.SMSSandboxPhoneNumber {
		return call(t, c.ListSMSSandboxPhoneNumbers, &awssns.ListSMSSandboxPhoneNumbersInput{MaxResults: aws.Int32(1)}).PhoneNumbers
	}
	require.Equal(t, []types.SMSSandboxPhoneNumber{{PhoneNumber: aws.String(phone), Status: types.SMSSandboxPhoneNumberVerificationStatusPending}}, status())
	verify := func(password string) error {
		_, err := c.VerifySMSSandboxPhoneNumber(t.Context(), &awssns.VerifySMSSandboxPhoneNumberInput{PhoneNumber: aws.String(phone), OneTimePassword: &password})
		return err
	}
	wrong := "111111"
	if password == wrong {
		wrong = "222222"
	}
	var refused *types.VerificationException
	require.ErrorAs(t, verify(wrong), &refused)
	require.NoError(t, verify(password))
	require.Equal(t, types.SMSSandboxPhoneNumberVerificationStatusVerified, status()[0].Status)
	require.NoError(t, text())

	call(t, c.DeleteSMSSandboxPhoneNumber, &awssns.DeleteSMSSandboxPhoneNumberInput{PhoneNumber: aws.String(phone)})
	require.Empty(t, status())
}
