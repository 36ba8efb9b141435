// Package awshttp is what the HTTP front ends of leat's services share: reading a
// request, checking who signed it, opening the Query protocol, telling errors, and
// sending an answer. What a service's own model says stays with its front end.
package awshttp
