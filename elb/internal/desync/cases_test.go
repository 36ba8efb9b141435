package desync_test

import (
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/elb/internal/desync"
)

// requestCase is a request, what class it has for what reason, what the modes do, and what
// the server reads in monitor mode if it is routed there: the same if that is empty.
type requestCase struct {
	sent   string
	class  desync.Class
	reason desync.Reason
	status [3]int // in the order of the modes: defensive, monitor, strictest
	passed string
}

var (
	all         = [3]int{}
	notStrict   = [3]int{0, 0, 400}
	onlyMonitor = [3]int{400, 0, 400}
	no          = [3]int{400, 400, 400}
)

var requestCases = map[string]requestCase{
	"path":              {wire("GET / HTTP/1.1", host), desync.Compliant, "", all, ""},
	"length":            {wire("PUT /a?b=%zz HTTP/1.1", host, "content-length:\t3 ") + "abc", desync.Compliant, "", all, ""},
	"chunked":           {wire("POST / HTTP/1.1", host, "TRANSFER-ENCODING: Chunked") + "3\r\nabc\r\n0\r\n\r\n", desync.Compliant, "", all, ""},
	"HTTP/1.0":          {wire("GET / HTTP/1.0"), desync.Compliant, "", all, ""},
	"8 bits":            {wire("GET /ä HTTP/1.1", host, "X: ä"), desync.Compliant, "", all, ""},
	"absolute form":     {wire("GET http://a.test/b HTTP/1.1", host), desync.Compliant, "", all, ""},
	"asterisk form":     {wire("OPTIONS * HTTP/1.1", host), desync.Compliant, "", all, ""},
	"authority form":    {wire("CONNECT a.test:443 HTTP/1.1"), desync.Compliant, "", all, ""},
	"other method":      {wire("M-SEARCH / HTTP/1.1", host), desync.Compliant, "", all, ""},
	"empty lines first": {"\r\n\n" + wire("GET / HTTP/1.1", host), desync.Compliant, "", all, wire("GET / HTTP/1.1", host)},
	"identity": {wire("POST / HTTP/1.1", host, "Transfer-Encoding: identity, chunked;a") + "0\r\n\r\n", desync.Compliant, "", all,
		wire("POST / HTTP/1.1", host, "Transfer-Encoding: chunked") + "0\r\n\r\n"},
	"identity only": {wire("POST / HTTP/1.1", host, "Transfer-Encoding: identity"), desync.Compliant, "", all,
		wire("POST / HTTP/1.1", host)},
	"gzip": {wire("POST / HTTP/1.1", host, "Transfer-Encoding: gzip, chunked"), desync.Compliant, "", [3]int{501, 501, 501}, ""},

	"control character in a value": {wire("GET / HTTP/1.1", host, "X: a\x01\tb"), desync.Acceptable, desync.NonCompliantHeader, notStrict,
		wire("GET / HTTP/1.1", host, "X: a \tb")},
	"space in a name": {wire("GET / HTTP/1.1", "X Y: a", host, "Z : a"), desync.Acceptable, desync.NonCompliantHeader, notStrict,
		wire("GET / HTTP/1.1", host)},
	"space first": {wire("GET / HTTP/1.1", " X: a", host), desync.Acceptable, desync.NonCompliantHeader, notStrict,
		wire("GET / HTTP/1.1", host)},
	"8 bits in a name": {wire("GET / HTTP/1.1", host, "Ä: a"), desync.Acceptable, desync.NonCompliantHeader, notStrict,
		wire("GET / HTTP/1.1", host)},
	"zero length": {wire("GET / HTTP/1.1", host, "Content-Length: 0"), desync.Acceptable, desync.GetHeadZeroContentLength, notStrict, ""},
	"HTTP/1.7":    {wire("GET / HTTP/1.7", host), desync.Acceptable, desync.NonCompliantVersion, notStrict, ""},
	"HTTP/0.9": {wire("GET / HTTP/0.9", "Connection: keep-alive"), desync.Acceptable, desync.NonCompliantVersion, notStrict,
		wire("GET / HTTP/1.0", "Connection: keep-alive", "Connection: close")},
	"no version": {wire("GET /"), desync.Acceptable, desync.NonCompliantVersion, notStrict,
		wire("GET / HTTP/1.0", "Connection: close")},
	"spaces around the version": {wire("GET /  HTTP/1.1 ", host), desync.Acceptable, desync.NonCompliantVersion, notStrict,
		wire("GET / HTTP/1.1", host)},
	"space in the target": {wire("GET /a b HTTP/1.1", host), desync.Acceptable, desync.SpaceInURI, notStrict,
		wire("GET /a%20b HTTP/1.1", host)},
	"space before the target": {wire("GET  / HTTP/1.1", host), desync.Acceptable, desync.SpaceInURI, notStrict,
		wire("GET / HTTP/1.1", host)},
	"bare LF": {"GET / HTTP/1.1\n" + host + "\r\n\n", desync.Acceptable, desync.NonCrLfLineTermination, notStrict,
		wire("GET / HTTP/1.1", host)},
	"folded Content-Type": {wire("GET / HTTP/1.1", host, "content-type: a;", " b=c"), desync.Acceptable, desync.MultilineHeader, notStrict,
		wire("GET / HTTP/1.1", host, "content-type: a;   b=c")},

	"tab in the target": {wire("GET /a\tb HTTP/1.1", host), desync.Ambiguous, desync.AmbiguousURI, notStrict,
		wire("GET /a%09b HTTP/1.1", host)},
	"no target": {wire("GET HTTP/1.1", host), desync.Ambiguous, desync.MissingURI, notStrict,
		wire("GET / HTTP/1.1", host)},
	"empty target": {wire("GET  HTTP/1.1", host), desync.Ambiguous, desync.MissingURI, notStrict,
		wire("GET / HTTP/1.1", host)},
	"empty name": {wire("GET / HTTP/1.1", host, ": a"), desync.Ambiguous, desync.EmptyHeader, notStrict,
		wire("GET / HTTP/1.1", host)},
	"line of spaces": {wire("GET / HTTP/1.1", host, " \t"), desync.Ambiguous, desync.EmptyHeader, notStrict,
		wire("GET / HTTP/1.1", host)},
	"no colon": {wire("GET / HTTP/1.1", "X", " y", host), desync.Ambiguous, desync.MissingHeaderColon, notStrict,
		wire("GET / HTTP/1.1", host)},
	"folded field": {wire("POST / HTTP/1.1", host, "X: a", "\tContent-Length: 5", "Y: b"), desync.Ambiguous, desync.MultilineHeader, notStrict,
		wire("POST / HTTP/1.1", host, "X: a  \tContent-Length: 5", "Y: b")},
	"folded coding": {wire("POST / HTTP/1.1", host, "Transfer-Encoding:", " chunked") + "0\r\n\r\n", desync.Ambiguous, desync.MultilineHeader, notStrict,
		wire("POST / HTTP/1.1", host, "Transfer-Encoding: chunked") + "0\r\n\r\n"},
	"length and chunked": {wire("POST / HTTP/1.1", host, "Content-Length: 4", "Transfer-Encoding: chunked") + "0\r\n\r\n", desync.Ambiguous, desync.BothTeClPresent, notStrict,
		wire("POST / HTTP/1.1", host, "Transfer-Encoding: chunked") + "0\r\n\r\n"},
	"length and identity": {wire("POST / HTTP/1.1", host, "Content-Length: 2", "Transfer-Encoding: identity") + "ab", desync.Ambiguous, desync.BothTeClPresent, notStrict,
		wire("POST / HTTP/1.1", host, "Content-Length: 2") + "ab"},
	"length twice": {wire("POST / HTTP/1.1", host, "Content-Length: 2", "Content-Length: 02") + "ab", desync.Ambiguous, desync.DuplicateContentLength, notStrict,
		wire("POST / HTTP/1.1", host, "Content-Length: 2") + "ab"},
	"GET with a length":  {wire("GET / HTTP/1.1", host, "Content-Length: 2") + "ab", desync.Ambiguous, desync.UndefinedContentLengthSemantics, notStrict, ""},
	"HEAD with a coding": {wire("HEAD / HTTP/1.1", host, "Transfer-Encoding: chunked") + "0\r\n\r\n", desync.Ambiguous, desync.UndefinedTransferEncodingSemantics, notStrict, ""},
	"coding in HTTP/1.0": {wire("POST / HTTP/1.0", "Content-Length: 1", "Transfer-Encoding: chunked") + "a", desync.Ambiguous, desync.UndefinedTransferEncodingSemantics, notStrict,
		wire("POST / HTTP/1.0", "Content-Length: 1", "Connection: close") + "a"},
	"length in HTTP/0.9": {wire("POST / HTTP/0.9", "Content-Length: 1") + "a", desync.Ambiguous, desync.UndefinedContentLengthSemantics, notStrict,
		wire("POST / HTTP/1.0", "Content-Length: 1", "Connection: close") + "a"},
	"coding with a space": {wire("POST / HTTP/1.1", host, "Transfer-Encoding : chunked"), desync.Ambiguous, desync.SuspiciousHeader, notStrict,
		wire("POST / HTTP/1.1", host)},
	"coding with a space, first": {wire("POST / HTTP/1.1", " Transfer-Encoding: chunked", host), desync.Ambiguous, desync.SuspiciousHeader, notStrict,
		wire("POST / HTTP/1.1", host)},
	"coding with a control character": {wire("POST / HTTP/1.1", host, "Transfer\x0bEncoding: chunked"), desync.Ambiguous, desync.SuspiciousHeader, notStrict,
		wire("POST / HTTP/1.1", host)},
	"coding in full width": {wire("POST / HTTP/1.1", host, "Ｔransfer－Encoding: chunked"), desync.Ambiguous, desync.SuspiciousHeader, notStrict,
		wire("POST / HTTP/1.1", host)},
	"length with a dot": {wire("POST / HTTP/1.1", host, "Content.Length: 2", "Content-Length: 2") + "ab", desync.Ambiguous, desync.SuspiciousHeader, notStrict,
		wire("POST / HTTP/1.1", host, "Content-Length: 2") + "ab"},

	"NUL in a value": {wire("GET / HTTP/1.1", host, "X: a\x00b"), desync.Severe, desync.BadHeader, onlyMonitor,
		wire("GET / HTTP/1.1", host, "X: a b")},
	"CR in a value": {wire("GET / HTTP/1.1", host, "X: a\rContent-Length: 1\r"), desync.Severe, desync.BadHeader, onlyMonitor,
		wire("GET / HTTP/1.1", host, "X: a Content-Length: 1 ")},
	"CR in a name": {wire("GET / HTTP/1.1", host, "X\rY: a"), desync.Severe, desync.BadHeader, onlyMonitor,
		wire("GET / HTTP/1.1", host)},
	"NUL in the target": {wire("GET /\x00 HTTP/1.1", host), desync.Severe, desync.BadURI, onlyMonitor,
		wire("GET /%00 HTTP/1.1", host)},
	"chunked twice": {wire("POST / HTTP/1.1", host, "Transfer-Encoding: chunked", "Transfer-Encoding: chunked") + "0\r\n\r\n", desync.Severe, desync.MultipleTransferEncodingChunked, onlyMonitor,
		wire("POST / HTTP/1.1", host, "Transfer-Encoding: chunked") + "0\r\n\r\n"},
	"bad length and chunked": {wire("POST / HTTP/1.1", host, "Content-Length: 0x4", "Transfer-Encoding: chunked") + "0\r\n\r\n", desync.Severe, desync.BadContentLength, onlyMonitor,
		wire("POST / HTTP/1.1", host, "Transfer-Encoding: chunked") + "0\r\n\r\n"},
	"length with a space and length": {wire("POST / HTTP/1.1", host, "Content-Length : 1", "Content-Length: 2") + "ab", desync.Severe, desync.MultipleContentLength, onlyMonitor,
		wire("POST / HTTP/1.1", host, "Content-Length: 2") + "ab"},

	"two lengths":          {wire("POST / HTTP/1.1", host, "Content-Length: 1", "Content-Length: 2"), desync.Severe, desync.MultipleContentLength, no, ""},
	"length with a sign":   {wire("POST / HTTP/1.1", host, "Content-Length: +1"), desync.Severe, desync.BadContentLength, no, ""},
	"list of lengths":      {wire("POST / HTTP/1.1", host, "Content-Length: 1, 1"), desync.Severe, desync.BadContentLength, no, ""},
	"empty length":         {wire("POST / HTTP/1.1", host, "Content-Length:"), desync.Severe, desync.BadContentLength, no, ""},
	"length of 2⁶³":        {wire("POST / HTTP/1.1", host, "Content-Length: 9223372036854775808"), desync.Severe, desync.BadContentLength, no, ""},
	"folded length":        {wire("POST / HTTP/1.1", host, "Content-Length: 1", " 2"), desync.Severe, desync.BadContentLength, no, ""},
	"unknown coding":       {wire("POST / HTTP/1.1", host, "Transfer-Encoding: cow"), desync.Severe, desync.BadTransferEncoding, [3]int{400, 501, 400}, ""},
	"coding in quotes":     {wire("POST / HTTP/1.1", host, `Transfer-Encoding: "chunked"`), desync.Severe, desync.BadTransferEncoding, no, ""},
	"coding with VT":       {wire("POST / HTTP/1.1", host, "Transfer-Encoding: \vchunked"), desync.Severe, desync.BadTransferEncoding, no, ""},
	"empty coding":         {wire("POST / HTTP/1.1", host, "Transfer-Encoding: chunked,"), desync.Severe, desync.BadTransferEncoding, no, ""},
	"chunked is not last":  {wire("POST / HTTP/1.1", host, "Transfer-Encoding: chunked, identity"), desync.Severe, desync.BadTransferEncoding, no, ""},
	"bad method":           {wire("G(ET / HTTP/1.1", host), desync.Severe, desync.BadMethod, no, ""},
	"tabs for spaces":      {wire("GET\t/\tHTTP/1.1", host), desync.Severe, desync.BadMethod, no, ""},
	"no method":            {wire(" / HTTP/1.1", host), desync.Severe, desync.BadMethod, no, ""},
	"malformed version":    {wire("GET / http/1.1", host), desync.Severe, desync.BadVersion, no, ""},
	"version with a tail":  {wire("GET / HTTP/1.1\x00", host), desync.Severe, desync.BadVersion, no, ""},
	"unknown version":      {wire("GET / HTTP/2.0", host), desync.Severe, desync.BadVersion, [3]int{505, 505, 505}, ""},
	"one word":             {wire("GET"), desync.Ambiguous, desync.MissingURI, no, ""},
	"no Host":              {wire("GET / HTTP/1.1"), desync.Compliant, "", no, ""},
	"two Hosts":            {wire("GET / HTTP/1.0", host, "host: a.test"), desync.Compliant, "", no, ""},
	"malformed Host":       {wire("GET / HTTP/1.1", "Host: a/b"), desync.Compliant, "", no, ""},
	"malformed escape":     {wire("GET /%zz HTTP/1.1", host), desync.Compliant, "", no, ""},
	"relative target":      {wire("GET a HTTP/1.1", host), desync.Compliant, "", no, ""},
	"malformed authority":  {wire("GET http://a:b/ HTTP/1.1", host), desync.Compliant, "", no, ""},
	"framing in a trailer": {wire("POST / HTTP/1.1", host, "Transfer-Encoding: chunked", "Trailer: a, Content-Length"), desync.Compliant, "", no, ""},
	"expectation":          {wire("POST / HTTP/1.1", host, "Expect: 200-ok"), desync.Compliant, "", [3]int{417, 417, 417}, ""},
	"long target":          {wire("GET /"+strings.Repeat("a", 16<<10-13)+" HTTP/1.1", host), desync.Compliant, "", [3]int{414, 414, 414}, ""},
	"long field":           {wire("GET / HTTP/1.1", host, "X:"+strings.Repeat("a", 16<<10-1)), desync.Compliant, "", [3]int{431, 431, 431}, ""},
	"long head":            {wire("GET / HTTP/1.1", host, strings.Repeat("X: "+strings.Repeat("a", 1<<10)+"\r\n", 64)+"Y:"), desync.Compliant, "", [3]int{431, 431, 431}, ""},
	"longest target":       {wire("GET /"+strings.Repeat("a", 16<<10-14)+" HTTP/1.1", host), desync.Compliant, "", all, ""},
	"longest field":        {wire("GET / HTTP/1.1", host, "X:"+strings.Repeat("a", 16<<10-2)), desync.Compliant, "", all, ""},
	"many long fields":     {wire("GET / HTTP/1.1", host, strings.Repeat("X: "+strings.Repeat("a", 1<<10)+"\r\n", 62)+"Y:"), desync.Compliant, "", all, ""},
}

func TestRequests(t *testing.T) {
	for name, test := range requestCases {
		t.Run(name, func(t *testing.T) {
			for mode, status := range test.status {
				mode := desync.Mode(mode)
				for _, rng := range []*rand.Rand{nil, rand.New(rand.NewPCG(1, uint64(mode)))} {
					passed, verdicts := gate(t, test.sent, mode, rng)
					require.Len(t, verdicts, 1, mode)
					v := verdicts[0]
					require.Equal(t, test.class, v.Class, mode)
					require.Equal(t, test.reason, v.Reason, mode)
					require.Equal(t, status, v.Status, mode)
					line, _, _ := strings.Cut(strings.TrimLeft(test.sent, "\r\n"), "\n")
					line = strings.TrimSuffix(line[:min(len(line), 16<<10)], "\r")
					if status != 0 {
						require.True(t, v.Close, mode)
						require.Equal(t, line, v.Line, mode)
						require.True(t, strings.HasSuffix(passed, "Host: refused\r\nContent-Length: 9223372036854775807\r\n\r\n"), "%s: %q", mode, passed)
						continue
					}
					want := test.passed
					if want == "" {
						want = test.sent
					}
					if mode != desync.Monitor && test.class == desync.Ambiguous {
						require.True(t, v.Close, mode)
						head, body, _ := strings.Cut(passed, "\r\n\r\n")
						require.True(t, strings.HasSuffix(head, "\r\nConnection: close"), "%s: %q", mode, passed)
						passed = strings.TrimSuffix(head, "\r\nConnection: close") + "\r\n\r\n" + body
						want = strings.Replace(want, "\r\nConnection: close", "", 1)
					}
					comparable := func(s string) string { return strings.Join(sortedLines(s), "\n") }
					require.Equal(t, comparable(want), comparable(passed), mode)
					gotLine, _, _ := strings.Cut(passed, "\r\n")
					if v.Line != "" {
						require.Equal(t, line, v.Line, mode)
					} else {
						require.Equal(t, line, gotLine, mode)
					}
				}
			}
		})
	}
	t.Logf("%d requests", len(requestCases))
}

// TestEveryReasonHasACase also says which these are.
func TestEveryReasonHasACase(t *testing.T) {
	missing := map[desync.Reason]bool{}
	for _, r := range []desync.Reason{
		desync.AmbiguousURI, desync.BadContentLength, desync.BadHeader, desync.BadMethod, desync.BadTransferEncoding, desync.BadURI,
		desync.BadVersion, desync.BothTeClPresent, desync.DuplicateContentLength, desync.EmptyHeader, desync.GetHeadZeroContentLength,
		desync.MultipleContentLength, desync.MultipleTransferEncodingChunked, desync.NonCompliantHeader, desync.NonCompliantVersion,
		desync.SpaceInURI, desync.SuspiciousHeader, desync.UndefinedContentLengthSemantics, desync.UndefinedTransferEncodingSemantics,
		desync.MissingHeaderColon, desync.MissingURI, desync.MultilineHeader, desync.NonCrLfLineTermination,
	} {
		missing[r] = true
	}
	for _, test := range requestCases {
		delete(missing, test.reason)
	}
	require.Empty(t, missing)
}

func TestHeadIsRefusedWithoutABody(t *testing.T) {
	passed, _ := gate(t, wire("HEAD / HTTP/1.1"), desync.Defensive, nil)
	require.True(t, strings.HasPrefix(passed, http.MethodHead+" / "), passed)
}

func TestResemblance(t *testing.T) {
	for name, want := range map[string]desync.Class{
		"Content_Length": desync.Ambiguous, "content--length": desync.Ambiguous, "-Content-Length-": desync.Ambiguous,
		"Content Length": desync.Ambiguous, "Con\x01tent-Length": desync.Ambiguous, "Transfer-Encodıng": desync.Ambiguous,
		"Tran\u017ffer-Encoding": desync.Ambiguous, "\xffTransfer-Encoding": desync.Ambiguous, "TRANSFER.ENCODING": desync.Ambiguous,
		"ContentLength": desync.Compliant, "Con-tentLength": desync.Compliant, "Con-tent-Length": desync.Compliant,
		"X-Content-Length": desync.Compliant, "Content-Length2": desync.Compliant, "Content-Lengths": desync.Compliant,
		"Content-Transfer-Encoding": desync.Compliant, "Content-Encoding": desync.Compliant, "Transfer-Length-X": desync.Compliant,
		"Content-Disposition": desync.Compliant, "Content-1-Length": desync.Compliant, "________________": desync.Compliant,
	} {
		value := "1"
		if strings.Contains(strings.ToLower(name), "enc") {
			value = "chunked"
		}
		class, _ := desync.Classify(&desync.Head{Method: []byte("POST"), Target: []byte("/"), Version: []byte("HTTP/1.1"),
			Fields: []desync.Field{{Name: []byte(name), Value: []byte(value)}}})
		require.Equal(t, want, class, name)
	}
}
