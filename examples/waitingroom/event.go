package main

import (
	"context"
	"encoding/json"

	"github.com/leat-go/leat/kinesis"
)

// event is what a record of the stream says.
type event struct {
	Kind   kind   `json:"kind"`
	Token  string `json:"token"`            // who it is about
	Ticket int    `json:"ticket,omitempty"` // of those who are admitted or expired
}

// kind is what an event says of a visitor.
type kind string

const (
	// Visitors say:
	arrived kind = "arrived"
	seen    kind = "seen" // still there
	left    kind = "left"

	// The check of a token says, and may be wrong as there may be news in the stream:
	silent kind = "silent"

	// The room has decided:
	admitted kind = "admitted"
	expired  kind = "expired" // removed, waiting or inside
)

// kinds are all of them, in the order in which they are shown.
var kinds = []kind{arrived, seen, silent, admitted, left, expired}

// put puts an event into the stream and returns its place there.
func put(ctx context.Context, stream kinesis.Stream, e event) (kinesis.SequenceNumber, error) {
	data, err := json.Marshal(e)
	if err != nil {
		return kinesis.SequenceNumber{}, err
	}
	places, err := stream.Put(ctx, kinesis.Entry{PartitionKey: e.Token, Data: data})
	if err != nil {
		return kinesis.SequenceNumber{}, err
	}
	return places[0].SequenceNumber, nil
}

func parse(r kinesis.UserRecord) (e event, err error) {
	err = json.Unmarshal(r.Data, &e)
	return e, err
}
