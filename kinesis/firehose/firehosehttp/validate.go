package firehosehttp

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/leat-go/leat/internal/awshttp"
)

// validation checks parameters. Its methods for structures take the prefix of the
// names of what is in them, "s3DestinationConfiguration.", and the structure, which is
// nil if it is not there.
type validation struct{ awshttp.Validation }

// name checks the parameter that names a delivery stream.
func (v *validation) name(name *string) {
	v.Text("deliveryStreamName", name).Required().Pattern(namePattern).Lengths(1, 64)
}

// member is the prefix of what is in an element of a list.
func member(list string, i int) string { return list + "." + strconv.Itoa(i+1) + ".member." }

// key checks the ARN of a key of KMS.
func (v *validation) key(name string, arn *string) awshttp.Member {
	return v.Text(name, arn).Pattern(keyPattern).Lengths(1, 512)
}

// role checks the ARN of a role.
func (v *validation) role(name string, arn *string) awshttp.Member {
	return v.Text(name, arn).Pattern(rolePattern).Lengths(1, 512)
}

// The patterns of parameters, as the API reference has them.
var (
	namePattern      = awshttp.NewPattern(`[a-zA-Z0-9_.-]+`)
	idPattern        = awshttp.NewPattern(`[a-zA-Z0-9-]+`)
	numberPattern    = awshttp.NewPattern(`[0-9]+`)
	rolePattern      = awshttp.NewPattern(`arn:.*:iam::\d{12}:role/[a-zA-Z_0-9+=,.@\-_/]+`)
	keyPattern       = awshttp.NewPattern(`arn:.*:kms:[a-zA-Z0-9\-]+:\d{12}:(key|alias)/[a-zA-Z_0-9+=,.@\-_/]+`)
	bucketPattern    = awshttp.NewPattern(`arn:.*:s3:::[\w\.\-]{1,255}`)
	streamPattern    = awshttp.NewPattern(`arn:.*:kinesis:[a-zA-Z0-9\-]+:\d{12}:stream/[a-zA-Z0-9_.-]+`)
	secretPattern    = awshttp.NewPattern(`arn:.*:secretsmanager:[a-zA-Z0-9\-]+:\d{12}:secret:[a-zA-Z0-9\-/_+=.@!]+`)
	anyPattern       = awshttp.NewPattern(`.*`)
	extensionPattern = awshttp.NewPattern(`^$|\.[0-9a-z!\-_.*'()]+`)
	zonePattern      = awshttp.NewPattern(`^$|[a-zA-Z/_]+`)
	logGroupPattern  = awshttp.NewPattern(`[\.\-_/#A-Za-z0-9]*`)
	logPattern       = awshttp.NewPattern(`[^:*]*`)
	urlPattern       = awshttp.NewPattern(`https://.*`)
	notBlank         = awshttp.NewPatternFunc(`^(?!\s*$).+`, func(s string) bool {
		return strings.Trim(s, " \t\n\v\f\r") != "" && !strings.Contains(s, "\n")
	})
	tagKeyPattern = awshttp.NewPatternFunc(`^(?!aws:)[\p{L}\p{Z}\p{N}_.:\/=+\-@%]*$`, func(s string) bool {
		return !strings.HasPrefix(s, "aws:") && tagCharacters.MatchString(s)
	})
	tagValuePattern = awshttp.NewPattern(`^[\p{L}\p{Z}\p{N}_.:\/=+\-@%]*$`)
)

var tagCharacters = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@%]*$`)
