// Package eventstream writes frames of AWS's binary event streams
// (application/vnd.amazon.eventstream), in which actions such as Kinesis's
// SubscribeToShard answer bit by bit.
//
// A frame is
//
//	4 bytes  its whole length
//	4 bytes  the length of the headers
//	4 bytes  the CRC-32 (IEEE) of the eight bytes before
//	         the headers, each a byte for the length of its name, the name, the type 7
//	         for a string, two bytes for its length, and the string
//	         the payload
//	4 bytes  the CRC-32 of everything before
//
// with numbers in big-endian order. The format is that of the Smithy specification,
// "Amazon Event Stream Specification". Of the ten types of headers it writes the one
// that AWS's services use for what SDKs must understand.
package eventstream
