package console

import (
	"math"

	"github.com/leat-go/leat/kinesis"
)

// shardMap is a drawing of shards on the range of hash keys, mapWidth units wide: the open
// ones side by side, and below them those that are closed and still have records, each in
// the first lane that has room. Shards beyond mapShards, or mapLanes, are not drawn.
type shardMap struct {
	Rects  []shardRect
	Height int
	Left   int // shards that are not drawn
}

type shardRect struct {
	ID            string
	X, W          float64
	Y, H          int
	Open          bool
	Heat          int     // 0 for no records lately, to 4 for those of the busiest shard
	PerSec        float64 // records
	Start, End    string
	ShareOfRange  float64
	Parent, Other string
}

const (
	mapWidth   = 1000
	mapShards  = 256
	mapLanes   = 6
	openHeight = 36
	laneHeight = 12
	laneGap    = 3
)

// drawShards draws shards, the newest of those that are closed first. recent tells how busy
// an open one is.
func drawShards(shards []kinesis.Shard, recent func(id string) float64) shardMap {
	m := shardMap{Height: openHeight}
	busiest := 0.0
	for _, s := range shards {
		if !s.IsOpen() {
			continue
		}
		if len(m.Rects) == mapShards {
			m.Left++
			continue
		}
		r := rect(s, 0, openHeight)
		r.PerSec = recent(s.ID)
		busiest = max(busiest, r.PerSec)
		m.Rects = append(m.Rects, r)
	}
	for i := range m.Rects {
		if r := &m.Rects[i]; r.PerSec > 0 {
			r.Heat = int(math.Ceil(4 * r.PerSec / busiest))
		}
	}
	var lanes [mapLanes][]shardRect
	for i := len(shards) - 1; i >= 0; i-- {
		if shards[i].IsOpen() {
			continue
		}
		lane := 0
		r := rect(shards[i], 0, laneHeight)
		for lane < mapLanes && overlaps(lanes[lane], r) {
			lane++
		}
		if lane == mapLanes || len(m.Rects) == mapShards {
			m.Left++
			continue
		}
		r.Y = openHeight + laneGap + lane*(laneHeight+laneGap)
		m.Height = max(m.Height, r.Y+r.H)
		lanes[lane] = append(lanes[lane], r)
		m.Rects = append(m.Rects, r)
	}
	return m
}

func rect(s kinesis.Shard, y, h int) shardRect {
	x, end := position(s.HashKeyRange.Start), position(s.HashKeyRange.End)
	return shardRect{
		ID: s.ID, X: mapWidth * x, W: mapWidth * (end - x), Y: y, H: h, Open: s.IsOpen(),
		Start: s.HashKeyRange.Start.String(), End: s.HashKeyRange.End.String(), ShareOfRange: end - x,
		Parent: s.ParentID, Other: s.AdjacentParentID,
	}
}

// overlaps tells whether a rectangle has part of its range in common with one of a lane,
// by more than the error of the numbers.
func overlaps(lane []shardRect, r shardRect) bool {
	const little = 1e-6
	for _, o := range lane {
		if r.X < o.X+o.W-little && o.X < r.X+r.W-little {
			return true
		}
	}
	return false
}

// position returns where a hash key is in the range of all, from 0 to 1.
func position(k kinesis.HashKey) float64 {
	return math.Ldexp(float64(k.Hi), -64) + math.Ldexp(float64(k.Lo), -128)
}
