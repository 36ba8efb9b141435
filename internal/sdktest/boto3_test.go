package sdktest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestBoto3 runs testdata/client_boto3.py and topics_boto3.py with every Python that has
// boto3. Those from before November 2023, such as Debian 12's, speak Query to SQS; later
// ones JSON. To SNS all speak Query.
func TestBoto3(t *testing.T) {
	if testing.Short() {
		t.Skip("boto3 is not for -short")
	}
	const tell = "import boto3, botocore.loaders as l; " +
		"print(boto3.__version__, l.Loader().load_service_model('sqs', 'service-2')['metadata']['protocol'])"
	spoken := make(map[string]bool)
	for _, python := range installed("/usr/bin/python3", "python3") {
		answer, ok := probe(t, python, "-c", tell)
		if !ok {
			continue
		}
		version, protocol, _ := strings.Cut(answer, " ")
		spoken[protocol] = true
		t.Run(python, func(t *testing.T) {
			t.Logf("boto3 %s", version)
			s := listen(t)
			_, err := s.run(t, python, "testdata/client_boto3.py")
			require.NoError(t, err)
			s.requireOnly(t, "sqs", protocol, 25)

			s = listen(t)
			out, err := s.run(t, python, "testdata/topics_boto3.py")
			require.NoError(t, err)
			if out != "" {
				t.Log(out)
			}
			s.requireOnly(t, "sns", "query", 50)
			s.requireOnly(t, "sqs", protocol, 10)
		})
	}
	if !spoken["query"] {
		t.Run("over Query", func(t *testing.T) { t.Skip("no boto3 here that speaks it: apt-get install python3-boto3 on Debian 12") })
	}
	if !spoken["json"] {
		t.Run("over JSON", func(t *testing.T) { t.Skip("no boto3 here that speaks it: pip install boto3") })
	}
}
