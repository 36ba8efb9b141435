// Package awsjson reads and writes the bodies of AWS's JSON protocols, version 1.0
// and 1.1, from and into structs as package awsshape describes them.
//
// It exists beside encoding/json for three reasons. Names match exactly, as they do
// at AWS. A value of the wrong type leads to the text that AWS answers with in a
// SerializationException. And a request is read in half the time, because it is
// walked once; BenchmarkDecode compares.
package awsjson
