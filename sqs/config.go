package sqs

import (
	"log/slog"
	"time"
)

// Config says what a queue is. Its zero value is a standard queue with AWS's
// defaults. It is data, to be decoded from somewhere or stored. The ranges are those
// of the SQS API reference, SetQueueAttributes.
type Config struct {
	// FIFO makes a first-in-first-out queue. Its name must end in ".fifo", and
	// only a FIFO queue's may. It can not be changed later.
	FIFO bool

	// VisibilityTimeout hides a received message from other receivers, 0 to 12
	// hours. Nil means 30 seconds.
	VisibilityTimeout *time.Duration

	// Delay hides a new message at first, 0 to 15 minutes.
	Delay time.Duration

	// MessageRetentionPeriod is how long a message is kept, 60 seconds to 14
	// days from its sending. Zero means 4 days.
	MessageRetentionPeriod time.Duration

	// ReceiveMessageWaitTime is how long a Receive waits that does not say, 0 to
	// 20 seconds.
	ReceiveMessageWaitTime time.Duration

	// MaximumMessageSize bounds a message in bytes, counting its body and the
	// names, types and values of its attributes: 1,024 to 1,048,576. Zero means
	// 1,048,576.
	MaximumMessageSize int

	// ContentBasedDeduplication lets the SHA-256 of the body stand in for a
	// missing DeduplicationID. FIFO only.
	ContentBasedDeduplication bool

	// DeduplicationScope says where deduplication ids are unique. FIFO only;
	// empty means DeduplicationScopeQueue.
	DeduplicationScope DeduplicationScope

	// FIFOThroughputLimit is kept and returned; leat limits no throughput. FIFO
	// only; empty means FIFOThroughputPerQueue. FIFOThroughputPerMessageGroupID
	// requires DeduplicationScopeMessageGroup.
	FIFOThroughputLimit FIFOThroughputLimit

	// RedrivePolicy moves messages that were received too often to a dead-letter
	// queue. Nil means never.
	RedrivePolicy *RedrivePolicy

	// RedriveAllowPolicy says which queues may use this one as their dead-letter
	// queue. Nil means all.
	RedriveAllowPolicy *RedriveAllowPolicy

	// Policy is the queue's access policy, a JSON document. It is kept and
	// returned, not enforced: in process there is nobody to enforce it on.
	Policy string

	// KMSMasterKeyID, KMSDataKeyReusePeriod (60 seconds to 24 hours; zero means
	// 5 minutes) and SQSManagedSSE (nil means true unless a key is given) are
	// kept and returned; leat encrypts nothing.
	KMSMasterKeyID        string
	KMSDataKeyReusePeriod time.Duration
	SQSManagedSSE         *bool

	// MaxInFlight bounds the messages that are received and not yet deleted.
	// Zero means AWS's 120,000. At the limit a standard queue's Receive fails
	// with ErrOverLimit and a FIFO queue's finds nothing.
	MaxInFlight int

	// Relaxed lifts the rules that only get in the way locally: lower bounds of
	// MessageRetentionPeriod, MaximumMessageSize and KMSDataKeyReusePeriod, and
	// the 60 seconds between purges, or between deleting a queue and using its
	// name again.
	Relaxed bool

	// Logger is told what nobody else would see, such as a message lost to a
	// dead-letter queue that is gone. Nil means the service's, else silence.
	Logger *slog.Logger
}

// DeduplicationScope is where a FIFO queue's deduplication ids are unique.
type DeduplicationScope string

const (
	DeduplicationScopeQueue        DeduplicationScope = "queue"
	DeduplicationScopeMessageGroup DeduplicationScope = "messageGroup"
)

// FIFOThroughputLimit is whether AWS counts a FIFO queue's throughput as a whole
// or by group.
type FIFOThroughputLimit string

const (
	FIFOThroughputPerQueue          FIFOThroughputLimit = "perQueue"
	FIFOThroughputPerMessageGroupID FIFOThroughputLimit = "perMessageGroupId"
)

// RedrivePolicy sends a message to a dead-letter queue instead of receiving it
// more than MaxReceiveCount times.
type RedrivePolicy struct {
	// DeadLetterTargetARN names a queue of the same service, account, region and
	// type.
	DeadLetterTargetARN string
	// MaxReceiveCount is 1 to 1000.
	MaxReceiveCount int
}

// RedriveAllowPolicy says which source queues may dead-letter to a queue.
type RedriveAllowPolicy struct {
	Permission RedrivePermission
	// SourceQueueARNs are the allowed sources, 1 to 10 of them with
	// RedriveByQueue, else none.
	SourceQueueARNs []string
}

// RedrivePermission is the kind of a RedriveAllowPolicy.
type RedrivePermission string

const (
	RedriveAllowAll RedrivePermission = "allowAll"
	RedriveDenyAll  RedrivePermission = "denyAll"
	RedriveByQueue  RedrivePermission = "byQueue"
)
