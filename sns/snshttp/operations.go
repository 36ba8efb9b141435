package snshttp

import "github.com/leat-go/leat/internal/awshttp"

// operations are the actions of the API, version 2010-03-31, with the parameters that
// each requires.
var operations = map[string]awshttp.Operation[*call]{
	"AddPermission":                      needing(awshttp.WithoutResult(addPermission), "TopicArn", "Label", "AWSAccountId", "ActionName"),
	"CheckIfPhoneNumberIsOptedOut":       needing(awshttp.WithResult(checkIfPhoneNumberIsOptedOut), "phoneNumber"),
	"ConfirmSubscription":                needing(awshttp.WithResult(confirmSubscription), "TopicArn", "Token"),
	"CreatePlatformApplication":          needing(awshttp.WithResult(createPlatformApplication), "Name", "Platform"),
	"CreatePlatformEndpoint":             needing(awshttp.WithResult(createPlatformEndpoint), "PlatformApplicationArn", "Token"),
	"CreateSMSSandboxPhoneNumber":        needing(awshttp.WithResult(createSMSSandboxPhoneNumber), "PhoneNumber"),
	"CreateTopic":                        needing(awshttp.WithResult(createTopic), "Name"),
	"DeleteEndpoint":                     needing(awshttp.WithoutResult(deleteEndpoint), "EndpointArn"),
	"DeletePlatformApplication":          needing(awshttp.WithoutResult(deletePlatformApplication), "PlatformApplicationArn"),
	"DeleteSMSSandboxPhoneNumber":        needing(awshttp.WithResult(deleteSMSSandboxPhoneNumber), "PhoneNumber"),
	"DeleteTopic":                        needing(awshttp.WithoutResult(deleteTopic), "TopicArn"),
	"GetDataProtectionPolicy":            needing(awshttp.WithResult(getDataProtectionPolicy), "ResourceArn"),
	"GetEndpointAttributes":              needing(awshttp.WithResult(getEndpointAttributes), "EndpointArn"),
	"GetPlatformApplicationAttributes":   needing(awshttp.WithResult(getPlatformApplicationAttributes), "PlatformApplicationArn"),
	"GetSMSAttributes":                   awshttp.WithResult(getSMSAttributes),
	"GetSMSSandboxAccountStatus":         awshttp.WithResult(getSMSSandboxAccountStatus),
	"GetSubscriptionAttributes":          needing(awshttp.WithResult(getSubscriptionAttributes), "SubscriptionArn"),
	"GetTopicAttributes":                 needing(awshttp.WithResult(getTopicAttributes), "TopicArn"),
	"ListEndpointsByPlatformApplication": needing(awshttp.WithResult(listEndpointsByPlatformApplication), "PlatformApplicationArn"),
	"ListOriginationNumbers":             awshttp.WithResult(listOriginationNumbers),
	"ListPhoneNumbersOptedOut":           awshttp.WithResult(listPhoneNumbersOptedOut),
	"ListPlatformApplications":           awshttp.WithResult(listPlatformApplications),
	"ListSMSSandboxPhoneNumbers":         awshttp.WithResult(listSMSSandboxPhoneNumbers),
	"ListSubscriptions":                  awshttp.WithResult(listSubscriptions),
	"ListSubscriptionsByTopic":           needing(awshttp.WithResult(listSubscriptionsByTopic), "TopicArn"),
	"ListTagsForResource":                needing(awshttp.WithResult(listTagsForResource), "ResourceArn"),
	"ListTopics":                         awshttp.WithResult(listTopics),
	"OptInPhoneNumber":                   needing(awshttp.WithResult(optInPhoneNumber), "phoneNumber"),
	"Publish":                            needing(awshttp.WithResult(publish), "Message"),
	"PublishBatch":                       needing(awshttp.WithResult(publishBatch), "TopicArn", "PublishBatchRequestEntries"),
	"PutDataProtectionPolicy":            needing(awshttp.WithoutResult(putDataProtectionPolicy), "ResourceArn", "DataProtectionPolicy"),
	"RemovePermission":                   needing(awshttp.WithoutResult(removePermission), "TopicArn", "Label"),
	"SetEndpointAttributes":              needing(awshttp.WithoutResult(setEndpointAttributes), "EndpointArn"),
	"SetPlatformApplicationAttributes":   needing(awshttp.WithoutResult(setPlatformApplicationAttributes), "PlatformApplicationArn"),
	"SetSMSAttributes":                   awshttp.WithResult(setSMSAttributes),
	"SetSubscriptionAttributes":          needing(awshttp.WithoutResult(setSubscriptionAttributes), "SubscriptionArn", "AttributeName"),
	"SetTopicAttributes":                 needing(awshttp.WithoutResult(setTopicAttributes), "TopicArn", "AttributeName"),
	"Subscribe":                          needing(awshttp.WithResult(subscribe), "TopicArn", "Protocol"),
	"TagResource":                        needing(awshttp.WithResult(tagResource), "ResourceArn", "Tags"),
	"Unsubscribe":                        needing(awshttp.WithoutResult(unsubscribe), "SubscriptionArn"),
	"UntagResource":                      needing(awshttp.WithResult(untagResource), "ResourceArn", "TagKeys"),
	"VerifySMSSandboxPhoneNumber":        needing(awshttp.WithResult(verifySMSSandboxPhoneNumber), "PhoneNumber", "OneTimePassword"),
}

// noFields is the input of an action that has no parameters, and the result of one
// whose result is empty, which is another thing than none.
type noFields struct{}

// HasAction tells whether SNS has an action of a name.
func HasAction(name string) bool {
	_, ok := operations[name]
	return ok
}
