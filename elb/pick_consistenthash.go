package elb

import (
	"math"
	"sync"
	"sync/atomic"
)

// ConsistentHash chooses by the request's Flow: requests of the same flow go to the same
// target, as long as it is there. When the set changes a flow moves only if its target
// has left, or to a target that has come, so that as many flows move as the targets
// that come and go have a share of. The choice depends on nothing else: balancers with
// the same targets agree, whatever their order and history.
//
// A target is known by its Name here; of several with the same name the first, the
// second and so on are told apart. Its share of the flows is in proportion to its
// Weight, and a change of weight moves only flows to or from its target. Shares are as
// exact as a draw of 65,536 lots: off by about 1 % for ten equal targets, by 4 % for a
// hundred, by 12 % for a thousand. A request that avoids a flow's target gets another,
// the same one for each request of the flow.
//
// SetTargets takes some milliseconds, during which the earlier set stays in use.
//
// The zero ConsistentHash has no targets. It must not be copied after its first use.
type ConsistentHash struct {
	setting sync.Mutex // one SetTargets at a time
	current atomic.Pointer[flowTable]
}

// flowCells is how many parts all flows are divided into. It is the same for any number
// of targets, as all flows would move when it changed.
const flowCells = 1 << 16

// flowTable is an index for rendezvous hashing: for each part of the flows, the target
// that comes to it first.
//
// Each target visits all cells in an order of its own, and needs less time for a step
// the heavier it is. Where and when a target is depends on no other, so a cell changes
// hands only when the one that was first leaves or another comes earlier.
type flowTable struct {
	targets []*Target
	owner   [flowCells]int32 // index of a target
}

// Pick implements [Picker].
func (p *ConsistentHash) Pick(req Request) (*Target, func(Outcome), error) {
	f := p.current.Load()
	if f == nil {
		return nil, nil, ErrNoTargets
	}
	flow := mixFlow(req.Flow) // it may be a plain number
	t := f.targets[f.owner[flow%flowCells]]
	if len(req.Avoid) > 0 && req.avoids(t) {
		t = f.other(t, flow, &req)
	}
	return t, uncounted, nil
}

// SetTargets implements [SetPicker].
func (p *ConsistentHash) SetTargets(targets []*Target) {
	p.setting.Lock()
	defer p.setting.Unlock()
	targets = distinctTargets(targets)
	if len(targets) == 0 {
		p.current.Store(nil)
		return
	}
	p.current.Store(newFlowTable(targets))
}

// other returns the target of a flow that must not go to t, and t if there is none.
func (f *flowTable) other(t *Target, flow uint64, req *Request) *Target {
	for range 16 {
		flow = mixFlow(flow)
		if other := f.targets[f.owner[flow%flowCells]]; !req.avoids(other) {
			return other
		}
	}
	start := int(flow % uint64(len(f.targets)))
	for i := range f.targets {
		if other := f.targets[(start+i)%len(f.targets)]; !req.avoids(other) {
			return other
		}
	}
	return t
}

// visitor is a target on its way through the cells.
type visitor struct {
	seed   uint64
	offset float64 // of its times within steps, so that two never come together
	weight float64
	step   int // next
}

func newFlowTable(targets []*Target) *flowTable {
	f := &flowTable{targets: targets}
	visitors := make([]visitor, len(targets))
	named := make(map[string]uint64)
	speed := 0.0
	for i, t := range targets {
		name := t.Name()
		seed := mixFlow(FlowHashString(name) + named[name])
		named[name]++
		w := float64(weightOf(t))
		visitors[i] = visitor{seed: seed, offset: float64(mixFlow(seed)>>11) / (1 << 53), weight: w}
		speed += w
	}
	var first [flowCells]float64 // when each cell was visited
	for i := range first {
		first[i] = math.Inf(1)
	}
	times := stepTimes()
	// Whoever comes first by some time is known when all have gone on until then.
	for unowned, until := flowCells, 0.0; unowned > 0; {
		until += 1 / speed
		for i := range visitors {
			v := &visitors[i]
			for ; v.step < flowCells; v.step++ {
				at := (times[v.step] + v.offset*(times[v.step+1]-times[v.step])) / v.weight
				if at >= until {
					break
				}
				cell := v.cell()
				if at < first[cell] {
					if f.owner[cell] = int32(i); math.IsInf(first[cell], 1) {
						unowned--
					}
					first[cell] = at
				}
			}
		}
	}
	return f
}

// stepTimes returns when a visitor of weight 1 makes each step. They are further apart
// the fewer cells it has not seen: only if those that are left are visited at a constant
// rate, which is so if the times are distributed exponentially, do the chances to be
// first stand to each other as the weights.
func stepTimes() []float64 {
	times := make([]float64, flowCells+1)
	for step := range flowCells {
		times[step] = -math.Log1p(-float64(step) / flowCells)
	}
	times[flowCells] = times[flowCells-1] + 1
	return times
}

// cell returns where the visitor is at its step: a permutation of the cells that its
// seed chooses.
func (v *visitor) cell() uint16 {
	c := uint16(v.step) ^ uint16(v.seed)
	c *= uint16(v.seed>>16) | 1
	c ^= c >> 7
	c *= uint16(v.seed>>32) | 1
	c ^= c >> 9
	c += uint16(v.seed >> 48)
	c *= 0x9e3b
	c ^= c >> 8
	return c
}
