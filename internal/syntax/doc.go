// Package syntax knows what AWS's services accept as a text, a group id, an account or
// a region, and how they write ARNs.
package syntax
