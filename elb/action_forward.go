package elb

import "math/bits"

const (
	maxGroups = 5
	maxWeight = 999
)

// Choose chooses a group by weight. random is a random number from all of uint64, as
// rand.Uint64 makes it; the same one gives the same group. It reports false if all
// groups have weight 0: then nobody answers the request, which is a status 503.
func (f *Forward) Choose(random uint64) (group string, ok bool) {
	total := 0
	for i := range f.Groups {
		total += f.Groups[i].weight()
	}
	high, _ := bits.Mul64(random, uint64(total)) // 0 to total-1, or 0 if that is 0
	at := int(high)
	for i := range f.Groups {
		if at -= f.Groups[i].weight(); at < 0 {
			return f.Groups[i].Group, true
		}
	}
	return "", false
}

func (g *WeightedGroup) weight() int {
	if g.Weight == nil {
		return 1
	}
	return *g.Weight
}
