package elb

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
)

const (
	grpcPrefix  = 5 // bytes before a message: whether it is compressed, and its length
	grpcServing = 1 // of grpc.health.v1.HealthCheckResponse.ServingStatus
)

var (
	errNotGRPC    = errors.New("elb: the answer is not gRPC's")
	errNotServing = errors.New("elb: the target is not serving")
)

// newTransport makes each call on a connection of its own, which is closed after it. It
// neither follows redirects nor knows of a proxy.
func (p *Prober) newTransport() *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Transport{
		DialContext:            heedful(p.check.DialContext),
		Protocols:              protocols,
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHealthHeader,
	}
}

// checkKey is the key under which a request's context holds itself.
type checkKey struct{}

type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// heedful has a transport's connecting end with the request that it is for. A transport
// goes on with it otherwise, for the sake of later requests, and calls dial with
// a context that has the request's values but not its end.
func heedful(dial dialFunc) dialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if check, ok := ctx.Value(checkKey{}).(context.Context); ok {
			ctx = check
		}
		return dial(ctx, network, address)
	}
}

// checkGRPC makes a unary call with an empty message, which is also the health service's
// question about the server as a whole. The source is "gRPC over HTTP2" in gRPC's
// documentation, PROTOCOL-HTTP2.md, and health.proto.
func (p *Prober) checkGRPC(ctx context.Context, t *Target) verdict {
	var via http.RoundTripper = p.grpc
	host := t.Name()
	if t.Handler != nil {
		via = inProcessGRPC{t.Handler}
	} else {
		var err error
		if host, err = p.address(t); err != nil {
			return verdict{err: err}
		}
	}
	req := p.request(context.WithValue(ctx, checkKey{}, ctx), http.MethodPost, host)
	message := make([]byte, grpcPrefix)
	req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(message)), int64(len(message))
	req.Header.Set("Content-Type", "application/grpc")
	req.Header.Set("Te", "trailers")
	req.Header.Set("Grpc-Timeout", strconv.FormatInt(max(p.check.Timeout.Milliseconds(), 1), 10)+"m")
	response, err := via.RoundTrip(req)
	if err != nil {
		return verdict{err: err}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxHealthBody+1))
	if err != nil {
		return verdict{err: err}
	}
	if len(body) > maxHealthBody {
		return verdict{err: fmt.Errorf("%w: longer than %d bytes", errNotGRPC, maxHealthBody)}
	}
	code, err := grpcStatus(response)
	if err != nil {
		return verdict{err: err}
	}
	v := verdict{code: code, hasCode: true, mismatch: !p.matcher.Match(code)}
	if p.check.Path == GRPCHealthStandard && code == 0 && !v.mismatch {
		v.err = healthAnswer(body)
	}
	return v
}

// grpcStatus is an answer's status. It is in the trailer, or in the header of an answer
// that has nothing else.
func grpcStatus(response *http.Response) (int, error) {
	text := response.Trailer.Get("Grpc-Status")
	if text == "" {
		text = response.Header.Get("Grpc-Status")
	}
	code, err := strconv.ParseUint(text, 10, 16)
	if err != nil || response.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("%w: HTTP status %d, gRPC status %.20q", errNotGRPC, response.StatusCode, text)
	}
	return int(code), nil
}

// healthAnswer tells whether a body is one message, and that the health service's
// SERVING.
func healthAnswer(body []byte) error {
	if len(body) < grpcPrefix || body[0] != 0 || int64(binary.BigEndian.Uint32(body[1:])) != int64(len(body)-grpcPrefix) {
		return fmt.Errorf("%w: not one plain message", errNotGRPC)
	}
	status, err := firstField(body[grpcPrefix:])
	if err != nil {
		return err
	}
	if status != grpcServing {
		return fmt.Errorf("%w: its status is %d", errNotServing, status)
	}
	return nil
}

// firstField returns the last value of field 1, a number, of a protocol buffers message;
// 0 if it is not there.
func firstField(message []byte) (value uint64, err error) {
	bad := fmt.Errorf("%w: malformed message", errNotGRPC)
	for len(message) > 0 {
		tag, n := binary.Uvarint(message)
		if n <= 0 {
			return 0, bad
		}
		message = message[n:]
		var size uint64
		switch tag & 7 { // how the field's value is written
		case 0:
			v, n := binary.Uvarint(message)
			if n <= 0 {
				return 0, bad
			}
			if tag>>3 == 1 {
				value = v
			}
			size = uint64(n)
		case 1:
			size = 8
		case 2:
			v, n := binary.Uvarint(message)
			if n <= 0 {
				return 0, bad
			}
			message, size = message[n:], v
		case 5:
			size = 4
		default:
			return 0, bad
		}
		if size > uint64(len(message)) {
			return 0, bad
		}
		message = message[size:]
	}
	return value, nil
}

// inProcessGRPC has a call answered by a handler in this process. Such a handler wants
// HTTP/2, and sets its trailers in the header once it has written the body.
type inProcessGRPC struct{ handler http.Handler }

func (g inProcessGRPC) RoundTrip(req *http.Request) (*http.Response, error) {
	served := req.Clone(req.Context())
	served.Proto, served.ProtoMajor, served.ProtoMinor = "HTTP/2.0", 2, 0
	served.RequestURI = req.URL.RequestURI()
	served.RemoteAddr = "192.0.2.1:1234" // an address for documentation, RFC 5737
	w := &grpcWriter{header: http.Header{}}
	done := make(chan error, 1)
	go func() {
		err := fmt.Errorf("%w: the handler did not return", errNotGRPC)
		defer func() {
			if value := recover(); value != nil {
				err = fmt.Errorf("%w: the handler panicked: %v", errNotGRPC, value)
			}
			done <- err
		}()
		g.handler.ServeHTTP(w, served)
		err = nil
	}()
	select {
	case err := <-done:
		if err != nil {
			return nil, err
		}
		return w.response(), nil
	case <-req.Context().Done():
		return nil, context.Cause(req.Context())
	}
}

// grpcWriter collects a handler's answer. Only the handler's goroutine uses it, until that
// ends.
type grpcWriter struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *grpcWriter) Header() http.Header { return w.header }

func (w *grpcWriter) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
	}
}

func (w *grpcWriter) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	if room := maxHealthBody + 1 - w.body.Len(); len(p) > room {
		w.body.Write(p[:room])
		return room, errors.New("elb: the answer to a health check is too long")
	}
	return w.body.Write(p)
}

// Flush implements http.Flusher, which gRPC's handlers insist on.
func (w *grpcWriter) Flush() { w.WriteHeader(http.StatusOK) }

func (w *grpcWriter) response() *http.Response {
	w.WriteHeader(http.StatusOK)
	trailer := http.Header{}
	if status := w.header.Get(http.TrailerPrefix + "Grpc-Status"); status != "" {
		trailer.Set("Grpc-Status", status)
	}
	return &http.Response{StatusCode: w.status, Header: w.header, Trailer: trailer, Body: io.NopCloser(&w.body)}
}
