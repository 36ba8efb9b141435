package shard_test

import (
	"math/big"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis/internal/shard"
)

func TestID(t *testing.T) {
	for index, want := range map[int]string{
		0:              "shardId-000000000000",
		7:              "shardId-000000000007",
		12345:          "shardId-000000012345",
		shard.MaxIndex: "shardId-002147483647",
	} {
		require.Equal(t, want, shard.ID(index))
		back, err := shard.ParseID(want)
		require.NoError(t, err)
		require.Equal(t, index, back)
	}
}

func TestParseID(t *testing.T) {
	for id, c := range map[string]struct {
		index int
		err   error
	}{
		"shardId-5":                          {index: 5},
		"shard-0":                            {index: 0},
		"5":                                  {index: 5},
		"-00002147483647":                    {index: shard.MaxIndex},
		"a-b-00002147483647":                 {index: shard.MaxIndex},
		"shardId-00000000000000000000001":    {index: 1},
		"2147483648":                         {err: shard.ErrTooLarge},
		"shardId-002147483648":               {err: shard.ErrTooLarge},
		"shardId-99999999999999999999999999": {err: shard.ErrTooLarge},
		"":                                   {err: shard.ErrSyntax},
		"shardId-":                           {err: shard.ErrSyntax},
		"shardId":                            {err: shard.ErrSyntax},
		"ABKLFD8":                            {err: shard.ErrSyntax},
		"2.14E4":                             {err: shard.ErrSyntax},
		"shardId-+5":                         {err: shard.ErrSyntax},
		"shardId-5 ":                         {err: shard.ErrSyntax},
	} {
		index, err := shard.ParseID(id)
		require.ErrorIs(t, err, c.err, id)
		require.Equal(t, c.index, index, id)
	}
}

var idForm = regexp.MustCompile(`(?s)\A(?:.*-)?([0-9]+)\z`)

func FuzzParseID(f *testing.F) {
	for _, s := range []string{"shardId-000000000001", "-1", "2147483648", "a-", "", "é-3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, id string) {
		index, err := shard.ParseID(id)
		m := idForm.FindStringSubmatch(id)
		if m == nil {
			require.ErrorIs(t, err, shard.ErrSyntax)
			return
		}
		n, _ := new(big.Int).SetString(m[1], 10)
		if n.Cmp(big.NewInt(shard.MaxIndex)) > 0 {
			require.ErrorIs(t, err, shard.ErrTooLarge)
			return
		}
		require.NoError(t, err)
		require.EqualValues(t, n.Int64(), index)
		again, err := shard.ParseID(shard.ID(index))
		require.NoError(t, err)
		require.Equal(t, index, again)
	})
}
