package sns

import (
	"reflect"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/leat-go/leat/internal/awsjson"
)

// maxSeals bounds what is kept for a message. Leat itself needs one for each text and
// one more for each that is signed for some endpoints; endpoints that rewrite
// messages can ask for any number.
const maxSeals = 16

// sealed keeps what the envelopes of a message have in common, so that a subscription
// adds only its own link. It is computed when first needed, a signature once for each
// text. The zero value is ready for use; all methods may be called concurrently.
type sealed struct {
	mu    sync.Mutex // held to compute a seal
	seals atomic.Pointer[seal]
}

// seal is an envelope without the subscription's ARN, which ends the UnsubscribeURL:
// that goes between head and tail. It is not changed once it is published.
type seal struct {
	sealKey
	head, tail string
	next       *seal // older ones
	older      int   // their number
}

// sealKey is what a seal depends on, besides the topic and the attributes.
type sealKey struct {
	topicARN, id, sequence, subject, text string
	millis                                int64
	version                               string // of the signature
	signed, replayed                      bool
}

func (s *sealed) find(key *sealKey) *seal {
	for seal := s.seals.Load(); seal != nil; seal = seal.next {
		if seal.sealKey == *key {
			return seal
		}
	}
	return nil
}

// seal returns the seal of a notification about a message.
func (n *Notification) seal(sign bool) (*seal, error) {
	key := sealKey{
		topicARN: n.TopicARN, id: n.MessageID, sequence: n.SequenceNumber, subject: n.Subject, text: n.Message,
		millis: n.Timestamp.UnixMilli(), version: n.signatureVersion(), signed: sign, replayed: n.Replayed,
	}
	if n.shared == nil || !sameMap(n.Attributes, n.shared.attributes) {
		return n.newSeal(sign)
	}
	sealed := &n.shared.sealed
	if found := sealed.find(&key); found != nil {
		return found, nil
	}
	if sign && n.topic != nil {
		// The service may have to make its key, which takes long and is not done
		// under a lock of ours.
		if _, err := n.topic.service.SigningKey(); err != nil {
			return nil, err
		}
	}
	sealed.mu.Lock()
	defer sealed.mu.Unlock()
	if found := sealed.find(&key); found != nil {
		return found, nil
	}
	made, err := n.newSeal(sign)
	if err != nil {
		return nil, err
	}
	made.sealKey = key
	if made.next = sealed.seals.Load(); made.next != nil {
		made.older = made.next.older + 1
	}
	if made.older < maxSeals {
		sealed.seals.Store(made)
	}
	return made, nil
}

func (n *Notification) newSeal(sign bool) (*seal, error) {
	d := n.document()
	if !strings.HasSuffix(n.TopicARN, ".fifo") {
		if err := n.sign(&d, sign); err != nil {
			return nil, err
		}
	}
	scratch := sealScratch.Get().(*[]byte)
	b := d.appendFields((*scratch)[:0])
	b = awsjson.AppendString(append(b, ",\n  \"UnsubscribeURL\" : "...), n.baseURL()+unsubscribePath)
	cut := len(b) - 1 // before the closing quote
	b = appendAttributes(b, n.Attributes)
	if n.Replayed {
		b = append(b, ",\n  \"Replayed\" : true"...)
	}
	b = append(b, "\n}"...)
	text := string(b)
	if cap(b) <= keepScratch {
		*scratch = b
		sealScratch.Put(scratch)
	}
	return &seal{head: text[:cut], tail: text[cut:]}, nil
}

// sealScratch holds buffers to write envelopes in, up to keepScratch bytes each.
var sealScratch = sync.Pool{New: func() any { return new([]byte) }}

const keepScratch = 64 << 10

// sameMap tells whether two maps are one and the same.
func sameMap(a, b map[string]Attribute) bool {
	return reflect.ValueOf(a).UnsafePointer() == reflect.ValueOf(b).UnsafePointer()
}
