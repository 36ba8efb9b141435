// Package awscbor reads and writes the bodies of AWS's CBOR protocol, version 1.1
// (application/x-amz-cbor-1.1), from and into structs as package awsshape describes
// them. It is AWS's JSON 1.1 with the text exchanged for CBOR (RFC 8949): the Java
// SDK, and with it the Kinesis Client Library, speaks it to Kinesis unless told not
// to.
//
// Of CBOR it reads everything that is well-formed: lengths in whatever width, maps,
// arrays and strings of definite length or not (the Java SDK opens every map without
// saying how long it is), floats of all widths. It writes definite lengths, in the
// fewest bytes.
//
//	shape      written as                read from
//	String     text                      text
//	Integer    integer                   integer or float, whose fraction is cut off
//	Long       integer                   the same
//	Boolean    false, true               false, true
//	Blob       byte string               byte string
//	time.Time  tag 1, then milliseconds  milliseconds, with any tags or none
//	Text       text                      (it is only written)
//	List       array                     array
//	Map        map in the order of keys  map with text for keys
//	Structure  map                       the same
//
// Null and undefined are the same as nothing. A tag says nothing here that the shape
// does not say already, so tags are read over, a timestamp's too, as the Java SDK
// reads over them. That has a consequence: a bignum (tags 2 and 3) is the byte string
// it is made of, not a number.
//
// # Timestamps
//
// They are integers of milliseconds since 1970, under tag 1. RFC 8949 says of that tag
// that it holds seconds, and AWS's newer protocol rpc-v2-cbor does as the RFC says, in
// integers or doubles; the two can not be told apart by looking at them. The unit is
// the protocol's, so a float is milliseconds here as well. A [time.Time] is a timestamp
// wherever it stands; the zero one is left out when written, and a pointer that is nil
// likewise.
package awscbor
