// Package sqshttp serves the queues of an [sqs.Service] to AWS's own clients: an
// unmodified AWS SDK of any language, the AWS CLI, or curl. It is an [http.Handler]
// and no more than that. It opens no port and changes nothing global; a test hands it
// to httptest, a program to a server of its own.
//
// # What a client sees
//
// All 23 actions of the SQS API, version 2012-11-05, over both of its protocols:
//
//   - AWS JSON 1.0, which the SDKs speak since the end of 2023: POST to any path,
//     with the action in X-Amz-Target.
//   - AWS Query, which older SDKs and hand-written clients speak: a form by POST, or
//     parameters in the URL by GET, to "/" or to a queue's URL.
//
// Digests, error codes, texts and HTTP statuses are AWS's, and so are the limits on
// requests: ten entries in a batch, messages of ten in a receive, waits of 20
// seconds. The engine in package sqs has no such limits, so a program that uses both
// can do more by direct calls. What AWS's documentation leaves open follows
// recordings of AWS where there are some.
//
// # Accounts, regions and URLs
//
// Any credentials are good, unless Config.Keys says which are. An access key id of
// twelve digits names the account that the request acts for; any other, or none,
// means the account of the service. The region is that in the scope of the
// credentials, else the service's. Accounts and regions have queues of their own;
// access policies are kept and returned but not enforced, so an account can use
// another's queue by its URL.
//
// A queue's URL is SCHEME://HOST/ACCOUNT/NAME with the host that the client used to
// ask for it. When it comes back only the path counts, so URLs keep working through
// port mappings and from inside containers. A bare queue name does for a URL, too.
//
// # In tests
//
// With Handler.RoundTripper there is no socket, and an SDK client, the handler and the
// queues can all live in the bubble of testing/synctest, where long polls, visibility
// timeouts and retention take no time. Handler.Faults makes calls fail, be throttled or come late.
//
// # Delivery
//
// A ReceiveMessage whose answer does not reach the client has hidden its messages
// all the same; they come back after their visibility timeout, as on AWS. A client
// that goes away while its long poll waits takes nothing with it.
package sqshttp
