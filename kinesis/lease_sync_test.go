package kinesis

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis/internal/shard"
)

// lineage reads shards of the form "id[!][<parent[+parent]]"; ! says that it is closed.
func lineage(text string) (shards []Shard) {
	for word := range strings.FieldsSeq(text) {
		id, parents, _ := strings.Cut(word, "<")
		s := Shard{HashKeyRange: HashKeyRange{End: MaxHashKey}}
		var closed bool
		if s.ID, closed = strings.CutSuffix(id, "!"); closed {
			s.EndingSequenceNumber = SequenceNumber{shard.Last(1, 0, 2)}
		}
		s.ParentID, s.AdjacentParentID, _ = strings.Cut(parents, "+")
		shards = append(shards, s)
	}
	return shards
}

// generations writes leases as "id:position[<parent[+parent]]", those that are created
// together in one element.
func generations(missing [][]Lease) (text []string) {
	for _, leases := range missing {
		var words []string
		for _, l := range leases {
			word := fmt.Sprintf("%s:%s", l.ShardID, shortOf(l.Checkpoint))
			if l.Parents != nil {
				word += "<" + strings.Join(l.Parents, "+")
			}
			words = append(words, word)
		}
		slices.Sort(words)
		text = append(text, strings.Join(words, " "))
	}
	return text
}

func shortOf(c Checkpoint) string {
	switch c.Type {
	case TrimHorizon:
		return "T"
	case Latest:
		return "L"
	case AtTimestamp:
		return fmt.Sprint(c.Timestamp.Unix())
	}
	return string(c.Type)
}

func TestMissingLeases(t *testing.T) {
	horizon := Position{Type: TrimHorizon}
	latest := Position{Type: Latest}
	since := Position{Type: AtTimestamp, Timestamp: time.Unix(77, 0)}
	// A lease is written as its shard and its position: T, L, a second, or N for further on.
	for _, c := range []struct {
		name, shards, leases string
		initial              Position
		want                 []string
	}{
		{"no shards", "", "", horizon, nil},
		{"new stream", "0 1", "", horizon, []string{"0:T 1:T"}},
		{"new stream", "0 1", "", latest, []string{"0:L 1:L"}},
		{"new stream", "0 1", "", since, []string{"0:77 1:77"}},
		{"nothing is missing", "0 1", "0:N 1:T", horizon, nil},

		{"new group, all from the beginning", "0! 1 2<0 3<0", "", horizon, []string{"0:T 1:T", "2:T<0 3:T<0"}},
		{"new group, only what is open", "0! 1 2<0 3<0", "", latest, []string{"1:L 2:L 3:L"}},
		{"new group, all since a time", "0! 1 2<0 3<0", "", since, []string{"0:77 1:77", "2:77<0 3:77<0"}},
		{"parents expired", "2<0 3<0", "", horizon, []string{"2:T 3:T"}},
		{"generations", "0! 1! 2!<0+1 3!<2 4<2 5<3 6<3", "", horizon, []string{"0:T 1:T", "2:T<0+1", "3:T<2 4:T<2", "5:T<3 6:T<3"}},
		{"in another order", "6<3 5<3 4<2 3!<2 2!<0+1 1! 0!", "", horizon, []string{"0:T 1:T", "2:T<0+1", "3:T<2 4:T<2", "5:T<3 6:T<3"}},

		{"split", "0! 1 2<0 3<0", "0:N 1:N", horizon, []string{"2:T<0 3:T<0"}},
		{"split, always from the beginning", "0! 1 2<0 3<0", "0:N 1:N", latest, []string{"2:T<0 3:T<0"}},
		{"split, long after the time", "0! 1 2<0 3<0", "0:N 1:N", since, []string{"2:T<0 3:T<0"}},
		{"split before the time came up in the parent", "0! 1 2<0 3<0", "0:55 1:N", since, []string{"2:55<0 3:55<0"}},
		{"split of a shard that was at the latest record", "0! 2<0 3<0", "0:L", latest, []string{"2:T<0 3:T<0"}},
		{"merge", "0! 1! 2<0+1", "0:N 1:T", latest, []string{"2:T<0+1"}},
		{"merge with one that is not to be read", "0! 1! 2<0+1", "0:N", latest, []string{"2:T<0"}},
		{"merge with one that is still to be found", "0! 1! 2!<1 3<1 4<0+2", "0:N 1:N", latest, []string{"2:T<1 3:T<1", "4:T<0+2"}},
		{"three splits at once", "0! 1!<0 2<0 3!<1 4<1 5<3 6<3", "0:N", latest, []string{"1:T<0 2:T<0", "3:T<1 4:T<1", "5:T<3 6:T<3"}},
		{"an end is a lease too", "0! 1<0 2<0", "0:SHARD_END", latest, []string{"1:T<0 2:T<0"}},
		{"the parent's lease is gone", "0! 1<0 2<0", "1:N 2:T", horizon, nil},
		{"the parent's lease is gone, and the next split", "0! 1!<0 2<0 3<1 4<1", "1:N 2:N", horizon, []string{"3:T<1 4:T<1"}},
		{"the parent expired before it was read", "1<0 2<0", "0:N", latest, []string{"1:T<0 2:T<0"}},

		{"a lineage in a circle", "0!<1 1!<0 2<1", "", horizon, []string{"0:T", "1:T<0", "2:T<1"}},
		{"its own parent", "0<0", "", horizon, []string{"0:T"}},
	} {
		var leases []Lease
		for word := range strings.FieldsSeq(c.leases) {
			id, at, _ := strings.Cut(word, ":")
			l := Lease{ShardID: id, Checkpoint: Checkpoint{Type: map[string]PositionType{
				"T": TrimHorizon, "L": Latest, "N": AfterSequenceNumber, "SHARD_END": ShardEnd, "55": AtTimestamp,
			}[at]}}
			if at == "55" {
				l.Checkpoint.Timestamp = time.Unix(55, 0)
			}
			leases = append(leases, l)
		}
		require.Equal(t, c.want, generations(missingLeases(lineage(c.shards), leases, c.initial)), "%s, %s", c.name, c.initial.Type)
	}
	require.Equal(t, HashKeyRange{End: MaxHashKey}, missingLeases(lineage("0"), nil, horizon)[0][0].HashKeyRange)
}
