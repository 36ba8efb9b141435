// Package uid makes the ids and sequence numbers of messages, and writes
// hexadecimal numbers eight digits at a time: each message has its id written
// several times, and loops over digits showed in profiles.
package uid
