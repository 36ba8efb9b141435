package firehose

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/leat-go/leat/internal/awsjson"
	"github.com/leat-go/leat/internal/uid"
)

// The headers of the protocol.
const (
	headerVersion    = "X-Amz-Firehose-Protocol-Version"
	headerRequestID  = "X-Amz-Firehose-Request-Id"
	headerSourceARN  = "X-Amz-Firehose-Source-Arn"
	headerAccessKey  = "X-Amz-Firehose-Access-Key"
	headerAttributes = "X-Amz-Firehose-Common-Attributes"

	protocolVersion = "1.0"
)

// Bounds of a request.
const (
	maxRequestRecords = 10_000
	maxRequestBody    = 64 << 20
	// requestOverhead is more than what a body has besides the records, and recordOverhead
	// what a record has besides its Base64: {"data":""} and a comma.
	requestOverhead = 1 << 10
	recordOverhead  = len(`{"data":""},`)
)

// requestLength returns how many of the records, of which there are any, fit a request.
func requestLength(records []Record) int {
	size := requestOverhead
	for i := range records[:min(len(records), maxRequestRecords)] {
		size += recordOverhead + base64.StdEncoding.EncodedLen(len(records[i].Data))
		if size > maxRequestBody && i > 0 {
			return i
		}
	}
	return min(len(records), maxRequestRecords)
}

// requestID returns the id of a request of a delivery. That of the first is the
// delivery's own.
func requestID(delivery string, number int) string {
	if number == 0 {
		return delivery
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%d", delivery, number))
	return uid.ID{ // version 8 of RFC 9562
		High: binary.BigEndian.Uint64(sum[:])&^0xf000 | 0x8000,
		Low:  binary.BigEndian.Uint64(sum[8:])&^(3<<62) | 2<<62,
	}.String()
}

// post makes a request of some records.
func (e *HTTPEndpoint) post(ctx context.Context, d *Delivery, id string, records []Record) error {
	limited, cancel := context.WithTimeoutCause(ctx, e.config.Timeout, errNoAnswer)
	defer cancel()
	req, err := e.request(limited, d, id, records)
	if err != nil {
		return Permanent(err)
	}
	// Not an http.Client: it would follow redirects.
	resp, err := e.config.Transport.RoundTrip(req)
	if err == nil {
		err = checkAnswer(resp, id)
	}
	if err == nil {
		return nil
	}
	refused, ok := errors.AsType[*HTTPEndpointError](err)
	if !ok { // no answer, or not a whole one
		refused = &HTTPEndpointError{Err: err}
		if ctx.Err() == nil && context.Cause(limited) == errNoAnswer {
			refused.Err = errNoAnswer
		}
	}
	refused.URL = req.URL.Redacted()
	return refused
}

func (e *HTTPEndpoint) request(ctx context.Context, d *Delivery, id string, records []Record) (*http.Request, error) {
	body, err := e.body(id, records)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	set := func(name, value string) {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	set(headerVersion, protocolVersion)
	set(headerRequestID, id)
	set(headerSourceARN, d.StreamARN)
	set(headerAccessKey, e.config.AccessKey)
	set(headerAttributes, e.attributes)
	set("Content-Type", "application/json")
	if e.config.GZIP {
		set("Content-Encoding", "gzip")
	}
	set("Accept-Encoding", "identity") // also lest the transport asks for another and hides it
	set("User-Agent", "Amazon Kinesis Data Firehose Agent/1.0")
	if user := req.URL.User; user != nil {
		password, _ := user.Password()
		req.SetBasicAuth(user.Username(), password)
	}
	return req, nil
}

// body renders a request. It is not reused: the transport may still read it when the
// answer is there.
func (e *HTTPEndpoint) body(id string, records []Record) ([]byte, error) {
	size := requestOverhead
	for i := range records {
		size += recordOverhead + base64.StdEncoding.EncodedLen(len(records[i].Data))
	}
	body := awsjson.AppendString(append(make([]byte, 0, size), `{"requestId":`...), id)
	body = strconv.AppendInt(append(body, `,"timestamp":`...), time.Now().UnixMilli(), 10)
	body = append(body, `,"records":[`...)
	for i := range records {
		if i > 0 {
			body = append(body, ',')
		}
		body = base64.StdEncoding.AppendEncode(append(body, `{"data":"`...), records[i].Data)
		body = append(body, `"}`...)
	}
	body = append(body, "]}"...)
	if !e.config.GZIP {
		return body, nil
	}
	var compressed bytes.Buffer
	z, err := newGzip(&compressed)
	if err == nil {
		_, err = z.Write(body)
		err = errors.Join(err, z.Close())
	}
	return slices.Clip(compressed.Bytes()), err
}
