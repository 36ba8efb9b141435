// Package sigv4 reads and checks the AWS Signature Version 4 of incoming requests:
// in the Authorization header, or in the query of a presigned URL. It is the
// server's half of the algorithm in AWS's IAM user guide, "AWS Signature Version 4
// for API requests", with the rules of the services other than S3: the path is
// normalized and encoded twice.
//
// It knows no session tokens (X-Amz-Security-Token is not looked at, beyond being
// signed), no chunked payload signing and no SigV4a.
package sigv4
