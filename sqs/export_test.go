package sqs

// OpenFS is Open for a file system of a test.
var OpenFS = openFS
