package syntax

import "strings"

// FormatARN returns the Amazon Resource Name of what a service has under a name.
func FormatARN(service, region, account, name string) string {
	return "arn:" + Partition(region) + ":" + service + ":" + region + ":" + account + ":" + name
}

// ParseARN takes an ARN apart that FormatARN can have made for the service; the name
// is not empty and has no colon.
func ParseARN(service, arn string) (region, account, name string, ok bool) {
	rest, ok := strings.CutPrefix(arn, "arn:")
	partition, rest, _ := strings.Cut(rest, ":"+service+":")
	region, rest, _ = strings.Cut(rest, ":")
	account, name, _ = strings.Cut(rest, ":")
	return region, account, name, ok && partition == Partition(region) && name != "" && !strings.Contains(name, ":")
}
