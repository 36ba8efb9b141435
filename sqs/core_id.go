package sqs

import "github.com/leat-go/leat/internal/uid"

// seeds are the random numbers of a queue, drawn once when it is created.
type seeds struct {
	tag uint64    // marks its receipt handles
	id  uid.Seeds // begin its message ids
}

func drawSeeds() seeds { return seeds{tag: uid.Random(), id: uid.Draw()} }
