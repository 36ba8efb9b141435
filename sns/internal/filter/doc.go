// Package filter compiles the filter policies of SNS subscriptions, evaluates them,
// and finds those among many that a message matches. ("Amazon SNS subscription
// filter policies" and the pages below it in the SNS Developer Guide.)
//
// A policy becomes a disjunction of branches, one for each way through its $or
// arrays. A branch is a conjunction of fields, and a field a disjunction of
// conditions on the values that a message has under one name. Everything is decided
// on leaves: an attribute's value, the elements of a String.Array, the strings,
// numbers, booleans and nulls of a body. A leaf of a body is named by the keys that
// lead to it, joined by dots, so that {"a.b": 1} and {"a": {"b": 1}} are the same to
// a policy; arrays add nothing to a name. Leaves within the same array of objects
// can meet the conditions of a branch together only if they are in the same object.
//
// An [Index] looks each leaf of a message up among the values that policies ask for,
// so that the number of policies that have nothing to do with the message counts
// for little.
//
// Where AWS's documents and recordings are silent, the rules are these.
//   - {"exists": true} wants a value that is neither null nor an empty string;
//     {"exists": false} wants that there is no value at all, and a message without
//     any attribute does not match it in the scope of attributes. A value that is
//     null or empty meets neither. An empty array has no value.
//   - {"anything-but": …} matches any value outside the list, of whatever type.
//   - Digits after the fifth decimal are dropped, towards negative infinity. A
//     number beyond ±10⁹ is found by an equal exact value, and is outside any range.
//   - An attribute that is not what its type says (a String.Array that is no JSON
//     array, a Number that is no number) meets no condition. Attributes of type
//     Binary are as if they were not there.
//   - Of two equal keys in an object of a policy the second counts; in a message
//     both do.
package filter
