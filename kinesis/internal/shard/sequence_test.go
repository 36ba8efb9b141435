package shard_test

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis/internal/shard"
)

// decimalOf turns the 47 hexadecimal digits of the layout into decimal text.
func decimalOf(t require.TestingT, hex string) string {
	n, ok := new(big.Int).SetString(hex, 16)
	require.True(t, ok, hex)
	return n.String()
}

// naiveNumber is the layout, digit by digit.
func naiveNumber(t require.TestingT, created int64, index int, sequence, put int64) string {
	return decimalOf(t, fmt.Sprintf("2%09x%x%016x00%09x%08x2", created, index&0xf, sequence, put, index))
}

// Numbers that were published: in the developer guide and the reference of AWS's command
// line, in messages of AWS's errors, in reports of users.
func TestPublishedSequenceNumbers(t *testing.T) {
	for _, c := range []struct {
		text           string
		created, index int64
		shard          int
		put            int64
	}{
		// The developer guide: the record of put-record, in January 2015.
		{"49546986683135544286507457936321625675700192471156785154", 1421279230, 469, 0, 1421279386},
		// API Gateway's guide: the starts of shards 0 and 4 of a stream.
		{"49559266461454070523309915164834022007924120923395850242", 1455694499, 0, 0, 1455694499},
		{"49559266461543273504104037657400164881014714369419771970", 1455694499, 0, 4, 1455694499},
		// The reference of the command line: StreamCreationTimestamp 1572297168.
		{"49600871682957036442365024926191073437251060580128653314", 1572297165, 0, 0, 1572297165},
		{"49600871682979337187563555549332609155523708941634633746", 1572297165, 0, 1, 1572297165},
		{"49600871683001637932762086172474144873796357303140614178", 1572297165, 0, 2, 1572297165},
		// The reference of PutRecords, in 2014.
		{"49543463076548007577105092703039560359975228518395019266", 1411403981, 5501, 0, 1411431220},
		{"49543463076570308322303623326179887152428262250726293522", 1411403981, 5500, 1, 1411431220},
		// Quoted in messages of AWS's errors.
		{"49551532098093284204238000035066183240246145871536717826", 1434018196, 589007, 0, 1434033294},
		{"49561732024706981605478962100984641178096952071497449474", 1462604479, 3571891972, 0, 1462814979},
		// Children with an index of three digits, of which the first number has the last.
		{"49554468589304656985365895156298971236367941927203518530", 1442247997, 0, 900, 1443555550},
		{"49554468611850710381080355152391582410015435409749719154", 1442248060, 0, 903, 1443555550},
		// From the tests of a client: a shard that was closed 1,024 seconds after it was created.
		{"49606519059088154242424702813598998791816825219170959362", 1588124484, 0, 0, 1588124484},
		{"49606519059099304615023968125168557725133605139493421058", 1588124484, shard.MaxSequenceIndex, 0, 1588125508},
	} {
		n, err := shard.ParseSequenceNumber(c.text)
		require.NoError(t, err, c.text)
		require.Equal(t, c.created, n.Created(), c.text)
		require.Equal(t, c.index, n.Index(), c.text)
		require.Equal(t, c.shard, n.Shard(), c.text)
		require.Equal(t, c.put, n.Put(), c.text)
		require.Equal(t, c.text, n.String())
		require.Equal(t, n, shard.MakeSequenceNumber(c.created, c.shard, c.index, c.put))
		require.Len(t, c.text, 56)
	}
	require.Equal(t, "49600871683001637932762086172474144873796357303140614178", shard.First(1572297165, 2).String())
	require.Equal(t, "49606519059099304615023968125168557725133605139493421058", shard.Last(1588124484, 0, 1588125508).String())
}

// What AWS answers is from descriptions of its GetShardIterator.
func TestParseSequenceNumberRefuses(t *testing.T) {
	hex := func(s string) string { return decimalOf(t, s) }
	for text, c := range map[string]struct {
		err   error
		shard int
	}{
		"":                                      {err: shard.ErrSyntax},
		"01":                                    {err: shard.ErrSyntax},
		"-5":                                    {err: shard.ErrSyntax},
		"LATEST":                                {err: shard.ErrSyntax},
		"5 ":                                    {err: shard.ErrSyntax},
		strings.Repeat("1", 130):                {err: shard.ErrSyntax},
		strings.Repeat("1", 129):                {err: shard.ErrInvalid},
		strings.Repeat("9", 58):                 {err: shard.ErrInvalid},
		strings.Repeat("9", 57):                 {err: shard.ErrInvalid},
		"0":                                     {err: shard.ErrForeign},
		"5":                                     {err: shard.ErrForeign, shard: 5},
		"425352958651173072921826052383309826":  {err: shard.ErrForeign, shard: 2},
		hex("f3bb2cc3d7ff7fffffffffffffff0000"): {err: shard.ErrForeign},
		hex("13bb2cc3d80000000000000000000000"): {err: shard.ErrInvalid},
		hex("20000000000800000000000000000000000000000000002"):      {err: shard.ErrInvalid},
		hex("20000000000000000000000000000000000000800000002"):      {err: shard.ErrInvalid},
		hex("20000000000000000000000000000000000000800000001"):      {err: shard.ErrInvalid},
		hex("20000000000000000000000000000000000000000000003"):      {err: shard.ErrInvalid},
		hex("30000000000000000000000000000000000000000000002"):      {err: shard.ErrInvalid},
		hex("10000000000000000000000000000000000000000000002"):      {err: shard.ErrInvalid},
		hex("200000000000000000000000000000002"):                    {err: shard.ErrInvalid},
		hex("20000000007000000000000000000000000000000000071"):      {err: shard.ErrForeign, shard: 7},
		hex("20000000000000000000000000010000000000000000072"):      {err: shard.ErrForeign, shard: 7},
		hex("20000000001000000000000000000000000000000000072"):      {err: shard.ErrForeign, shard: 7},
		hex("1000000000000000000000000000000000000000000000000002"): {err: shard.ErrInvalid},
	} {
		n, err := shard.ParseSequenceNumber(text)
		require.ErrorIs(t, err, c.err, text)
		require.True(t, n.IsZero())
		var typed *shard.Error
		require.ErrorAs(t, err, &typed)
		require.Equal(t, c.shard, typed.Shard, text)
		require.Equal(t, text, typed.Text)
		require.Less(t, len(err.Error()), 250)
	}
}

func TestSequenceNumberBounds(t *testing.T) {
	n := shard.MakeSequenceNumber(math.MaxInt64, math.MaxInt, math.MaxInt64, math.MaxInt64)
	require.Equal(t, naiveNumber(t, shard.MaxSecond, shard.MaxIndex, math.MaxInt64, shard.MaxSecond), n.String())
	n = shard.MakeSequenceNumber(-1, -1, -1, -1)
	require.Equal(t, naiveNumber(t, 0, 0, 0, 0), n.String())
	require.False(t, n.IsZero())
	require.True(t, shard.SequenceNumber{}.IsZero())
	require.Equal(t, "0", shard.SequenceNumber{}.String())
	require.Equal(t, -1, shard.SequenceNumber{}.Compare(n))
}

func TestSequenceNumberRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	random := func() (shard.SequenceNumber, string) {
		created, put := r.Int64N(shard.MaxSecond+1)>>r.IntN(36), r.Int64N(shard.MaxSecond+1)>>r.IntN(36)
		index, sequence := r.IntN(shard.MaxIndex)>>r.IntN(31), r.Int64()>>r.IntN(63)
		return shard.MakeSequenceNumber(created, index, sequence, put), naiveNumber(t, created, index, sequence, put)
	}
	for range 20_000 {
		a, x := random()
		b, y := random()
		require.Equal(t, x, a.String())
		back, err := shard.ParseSequenceNumber(x)
		require.NoError(t, err)
		require.Equal(t, a, back)
		require.Equal(t, strings.Compare(x, y), a.Compare(b), "they are all of the same length")
		require.Equal(t, -strings.Compare(x, y), b.Compare(a))
		require.Zero(t, a.Compare(back))
	}
}

// Within a shard the records are ordered by their index, whatever the clock does.
func TestSequenceNumbersOfAShard(t *testing.T) {
	const created = 1_700_000_000
	numbers := []shard.SequenceNumber{
		shard.First(created, 20), shard.MakeSequenceNumber(created, 20, 1, created+9),
		shard.MakeSequenceNumber(created, 20, 2, created+5), shard.MakeSequenceNumber(created, 20, 1<<48, created+6),
		shard.MakeSequenceNumber(created, 20, shard.MaxSequenceIndex-1, created+60), shard.Last(created, 20, created+7),
		shard.First(created+1, 21),
	}
	for i, n := range numbers[1:] {
		require.Equal(t, -1, numbers[i].Compare(n), i)
		require.Equal(t, 1, n.Compare(numbers[i]), i)
	}
}

func TestAppendTextAllocatesNothing(t *testing.T) {
	n := shard.MakeSequenceNumber(1_700_000_000, 3, 77, 1_700_000_001)
	buffer := make([]byte, 0, 56)
	require.Zero(t, testing.AllocsPerRun(100, func() { buffer, _ = n.AppendText(buffer[:0]) }))
	require.Equal(t, n.String(), string(buffer))
	text := n.String()
	require.Zero(t, testing.AllocsPerRun(100, func() { n, _ = shard.ParseSequenceNumber(text) }))
}

var (
	sequenceForm = regexp.MustCompile(`\A(0|[1-9][0-9]{0,128})\z`)
	layoutTwo    = regexp.MustCompile(`\A2[0-9a-f]{9}([0-9a-f])[0-7][0-9a-f]{15}00[0-9a-f]{9}[0-7][0-9a-f]{6}([0-9a-f])2\z`)
)

func FuzzParseSequenceNumber(f *testing.F) {
	for _, s := range []string{"", "0", "5", "01", strings.Repeat("9", 129), "49546986683135544286507457936321625675700192471156785154",
		"49606519059099304615023968125168557725133605139493421058", decimalOf(f, "20000000007000000000000000000000000000000000071")} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := shard.ParseSequenceNumber(text)
		if !sequenceForm.MatchString(text) {
			require.ErrorIs(t, err, shard.ErrSyntax)
			return
		}
		number, _ := new(big.Int).SetString(text, 10)
		m := layoutTwo.FindStringSubmatch(number.Text(16))
		if m == nil || m[1] != m[2] {
			require.Error(t, err)
			require.NotErrorIs(t, err, shard.ErrSyntax)
			return
		}
		require.NoError(t, err)
		require.Equal(t, text, n.String())
		require.Equal(t, text, naiveNumber(t, n.Created(), n.Shard(), n.Index(), n.Put()))
	})
}

func BenchmarkSequenceNumber(b *testing.B) {
	n := shard.MakeSequenceNumber(1_700_000_000, 3, 77, 1_700_000_001)
	buffer := make([]byte, 0, 64)
	b.Run("AppendText", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			buffer, _ = n.AppendText(buffer[:0])
		}
	})
	text := n.String()
	b.Run("Parse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			n, _ = shard.ParseSequenceNumber(text)
		}
	})
	number, _ := new(big.Int).SetString(text, 10)
	b.Run("baseline=big.Int", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			buffer = number.Append(buffer[:0], 10)
		}
	})
}
