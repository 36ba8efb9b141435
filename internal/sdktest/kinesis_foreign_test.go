package sdktest

import (
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// foreign returns what runs programs against the shore.
func (s *shore) foreign(t *testing.T) *socket {
	t.Helper()
	at := &socket{url: s.server.URL, certificate: os.DevNull}
	if s.server.TLS != nil {
		at.certificate = filepath.Join(t.TempDir(), "shore.pem")
		text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.server.Certificate().Raw})
		require.NoError(t, os.WriteFile(at.certificate, text, 0o600))
	}
	return at
}

// TestKinesisBoto3 runs testdata/streams_boto3.py with every Python that has boto3, old
// and new, and testdata/streams_cbor.py with every one that also has cbor2: the SDK that
// speaks CBOR to Kinesis is Java's.
func TestKinesisBoto3(t *testing.T) {
	if testing.Short() {
		t.Skip("boto3 is not for -short")
	}
	found, spoken := false, false
	for _, python := range installed("/usr/bin/python3", "python3") {
		version, ok := probe(t, python, "-c", "import boto3; print(boto3.__version__)")
		if !ok {
			continue
		}
		found = true
		t.Run(python, func(t *testing.T) {
			t.Logf("boto3 %s", version)
			s := newShore(t, "HTTP/1.1")
			_, err := s.foreign(t).run(t, python, "testdata/streams_boto3.py")
			require.NoError(t, err)
			s.requireSpoken(t, "HTTP/1.1 json", 60)
		})
		if _, ok := probe(t, python, "-c", "import cbor2"); !ok {
			continue
		}
		spoken = true
		t.Run(python+" over CBOR", func(t *testing.T) {
			s := newShore(t, "HTTP/1.1")
			_, err := s.foreign(t).run(t, python, "testdata/streams_cbor.py")
			require.NoError(t, err)
			s.requireSpoken(t, "HTTP/1.1 cbor", 20)
		})
	}
	if !found {
		t.Skip("no boto3 here: pip install boto3")
	}
	if !spoken {
		t.Run("over CBOR", func(t *testing.T) {
			t.Skip("no Python here has boto3 and cbor2: apt-get install python3-boto3 python3-cbor2")
		})
	}
}

// TestKinesisNode runs testdata/node/streams.mjs: the SDK for JavaScript, which speaks
// HTTP/2 to Kinesis, with TLS and, to an http URL, without.
func TestKinesisNode(t *testing.T) {
	if testing.Short() {
		t.Skip("the SDK for JavaScript is not for -short")
	}
	node := nodeWith(t, "@aws-sdk/client-kinesis")
	for _, way := range []string{"any", "HTTP/2.0"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			s := newShore(t, way)
			out, err := s.foreign(t).run(t, node, "testdata/node/streams.mjs")
			require.NoError(t, err, out)
			s.requireSpoken(t, "HTTP/2.0 json", 45)
		})
	}
}

// TestKinesisAWSCLI is a stream as somebody at a terminal sees it.
func TestKinesisAWSCLI(t *testing.T) {
	if testing.Short() {
		t.Skip("the AWS CLI is not for -short")
	}
	found := installed("/usr/bin/aws", "aws")
	for _, path := range found {
		t.Run(path, func(t *testing.T) {
			version, ok := probe(t, path, "--version")
			if !ok {
				t.Skipf("it does not run: %s", version)
			}
			t.Log(version)
			t.Parallel()
			testStreamByCLI(t, path)
		})
	}
	if len(found) == 0 {
		t.Skip("no AWS CLI here: apt-get install awscli")
	}
}

func testStreamByCLI(t *testing.T, path string) {
	s := newShore(t, "HTTP/1.1")
	at := s.foreign(t)
	cli := at.cli(t, path)
	aws := func(args ...string) map[string]any { t.Helper(); return cli("kinesis", args...) }
	require.Nil(t, aws("create-stream", "--stream-name", "clicks", "--shard-count", "2"))
	require.Nil(t, aws("wait", "stream-exists", "--stream-name", "clicks"))
	summary := aws("describe-stream-summary", "--stream-name", "clicks")["StreamDescriptionSummary"].(map[string]any)
	require.Equal(t, clicksARN, summary["StreamARN"])
	require.EqualValues(t, 2, summary["OpenShardCount"])

	file := filepath.Join(t.TempDir(), "record")
	require.NoError(t, os.WriteFile(file, []byte("hello\x00world"), 0o600))
	put := aws("put-record", "--stream-name", "clicks", "--partition-key", "k", "--explicit-hash-key", "0", "--data", "fileb://"+file)
	require.Equal(t, firstShard, put["ShardId"])
	it := aws("get-shard-iterator", "--stream-name", "clicks", "--shard-id", firstShard, "--shard-iterator-type", "TRIM_HORIZON")["ShardIterator"].(string)
	got := aws("get-records", "--shard-iterator", it)
	record := got["Records"].([]any)[0].(map[string]any)
	require.Equal(t, "aGVsbG8Ad29ybGQ=", record["Data"])
	require.Equal(t, put["SequenceNumber"], record["SequenceNumber"])
	quoted, err := json.Marshal(got["NextShardIterator"])
	require.NoError(t, err)
	require.Empty(t, aws("get-records", "--shard-iterator", string(quoted))["Records"], "AWS takes the quotes of a JSON document, too")

	require.Nil(t, aws("split-shard", "--stream-name", "clicks", "--shard-to-split", firstShard, "--new-starting-hash-key", "10"))
	require.Len(t, aws("list-shards", "--stream-name", "clicks", "--max-items", "3")["Shards"], 3)
	require.Equal(t, []any{"clicks"}, aws("list-streams")["StreamNames"])
	_, err = at.run(t, path, "--endpoint-url", at.url, "kinesis", "describe-stream", "--stream-name", "missing")
	require.ErrorContains(t, err, "An error occurred (ResourceNotFoundException) when calling the DescribeStream operation: Stream missing under account 000000000000 not found.")
	require.Nil(t, aws("delete-stream", "--stream-name", "clicks"))
	s.requireSpoken(t, "HTTP/1.1 json", 10)
}
