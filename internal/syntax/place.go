package syntax

import (
	"regexp"
	"strings"
)

var region = regexp.MustCompile(`^[a-z0-9-]{1,64}$`)

// IsAccount tells whether s is the twelve digits of an account.
func IsAccount(s string) bool {
	return len(s) == 12 && strings.Trim(s, "0123456789") == ""
}

// IsRegion tells whether s may be the name of a region.
func IsRegion(s string) bool { return region.MatchString(s) }

// Partition returns the part of AWS that a region belongs to, with which its ARNs
// begin.
func Partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	default:
		return "aws"
	}
}
