package kinesis

import "time"

// Position is where in a shard to read from. The zero Position is the oldest record
// that is kept. Positions are data: they may be stored.
type Position struct {
	// Type says which of the other fields counts. Empty means TrimHorizon.
	Type PositionType
	// SequenceNumber is for AtSequenceNumber and AfterSequenceNumber. Records before
	// the oldest that is kept are passed over.
	SequenceNumber SequenceNumber
	// Timestamp is for AtTimestamp: the first record that arrived then or later. It
	// must not be in the future.
	Timestamp time.Time
}

// PositionType is a kind of position. (GetShardIterator, ShardIteratorType.)
type PositionType string

const (
	TrimHorizon         PositionType = "TRIM_HORIZON"          // the oldest record that is kept
	Latest              PositionType = "LATEST"                // after the newest record, as of the call
	AtSequenceNumber    PositionType = "AT_SEQUENCE_NUMBER"    // the record with the number
	AfterSequenceNumber PositionType = "AFTER_SEQUENCE_NUMBER" // the record after it
	AtTimestamp         PositionType = "AT_TIMESTAMP"          // the first record since
)

// At returns the position of the record with a sequence number.
func At(n SequenceNumber) Position { return Position{Type: AtSequenceNumber, SequenceNumber: n} }

// After returns the position of the record that follows a sequence number.
func After(n SequenceNumber) Position {
	return Position{Type: AfterSequenceNumber, SequenceNumber: n}
}

// Since returns the position of the first record that arrived at t or later.
func Since(t time.Time) Position { return Position{Type: AtTimestamp, Timestamp: t} }
