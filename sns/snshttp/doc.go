// Package snshttp serves the topics of an [sns.Service] to AWS's own clients: an
// unmodified AWS SDK of any language, the AWS CLI, or curl. It is an [http.Handler]
// and no more than that. It opens no port and changes nothing global; a test hands it
// to httptest, a program to a server of its own.
//
// # What a client sees
//
// All 42 actions of the SNS API, version 2010-03-31, over its protocol, AWS Query: a
// form by POST, or parameters in the URL by GET, to "/". Answers are XML. Error
// codes, texts and HTTP statuses are AWS's, and so are the limits on requests, such
// as ten entries in a batch, which fails as a whole if one of them is not valid. What
// AWS's documentation leaves open follows recordings of AWS where there are some.
//
// # Links
//
// Envelopes and confirmations carry links that whoever gets them may follow:
// ConfirmSubscription and Unsubscribe by GET, without credentials. They work even if
// Config.Keys is set, except that a subscription that was confirmed with
// AuthenticateOnUnsubscribe can not be ended so, nor then one that nobody had to
// confirm, as that of a queue. The certificate that envelopes are signed with is at the
// path that they name. Set [sns.ServiceConfig.BaseURL] to where the handler is served,
// or the links lead to AWS.
//
// # Accounts and regions
//
// Any credentials are good, unless Config.Keys says which are. An access key id of
// twelve digits names the account that the request acts for; any other, or none,
// means the account of the service. The region is that in the scope of the
// credentials, else the service's. Accounts and regions have topics of their own;
// access policies are kept and returned but not enforced, so an account can use
// another's topic by its ARN. A topic of another region than the credentials' is
// refused, as by AWS.
//
// # In tests
//
// With Handler.RoundTripper there is no socket, and an SDK client, the handler, the
// topics and their subscribers can all live in the bubble of testing/synctest, where
// days of retries take no time. Handler.Faults makes calls fail, be throttled or come late.
package snshttp
