package firehose

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/leat-go/leat/internal/syntax"
)

// registry holds the delivery streams of all accounts and regions of a Service.
type registry struct {
	start   time.Time
	startNS int64 // start.UnixNano()
	config  ServiceConfig

	mu      sync.RWMutex // taken last
	streams map[arn]*DeliveryStream
	closed  bool
}

// now returns the time in nanoseconds since 1970. It follows the monotonic clock,
// so it never runs backwards, whatever becomes of the wall clock.
func (r *registry) now() int64 { return r.startNS + int64(time.Since(r.start)) }

func (r *registry) get(op string, a arn) (*DeliveryStream, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.closed {
		return nil, &Error{Op: op, DeliveryStream: a.name, Err: ErrClosed}
	}
	if s := r.streams[a]; s != nil {
		return s, nil
	}
	return nil, notFound(op, a)
}

// forget drops a delivery stream that has ended.
func (r *registry) forget(s *DeliveryStream) {
	a := s.place()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.streams[a] == s {
		delete(r.streams, a)
	}
}

func notFound(op string, a arn) *Error {
	return &Error{Op: op, DeliveryStream: a.name, Err: ErrResourceNotFound, Message: fmt.Sprintf("Firehose %s under account %s not found.", a.name, a.account)}
}

// arn is the Amazon Resource Name of a delivery stream.
type arn struct{ region, account, name string }

func (a arn) String() string {
	return syntax.FormatARN("firehose", a.region, a.account, "deliverystream/"+a.name)
}

func parseARN(s string) (a arn, ok bool) {
	a.region, a.account, a.name, ok = syntax.ParseARN("firehose", s)
	name, isStream := strings.CutPrefix(a.name, "deliverystream/")
	a.name = name
	return a, ok && isStream && nameSyntax.MatchString(name)
}

var nameSyntax = regexp.MustCompile(`^[a-zA-Z0-9_.-]{1,64}$`)
