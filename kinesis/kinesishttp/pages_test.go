package kinesishttp_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/kinesis/kinesishttp"
)

// names lists what the elements of a list in an answer have in a field.
func names(answer map[string]any, list, field string) []string {
	var all []string
	for _, element := range answer[list].([]any) {
		all = append(all, element.(map[string]any)[field].(string))
	}
	return all
}

func shardNames(answer map[string]any) string {
	return strings.ReplaceAll(strings.Join(names(answer, "Shards", "ShardId"), " "), "shardId-00000000000", "")
}

// withToken is the body of a request that goes on after an answer.
func withToken(answer map[string]any, rest string) string {
	return fmt.Sprintf(`{"NextToken":%q%s}`, answer["NextToken"], rest)
}

const expiredToken = "The pagination token passed to the operation is expired."

// TestTokensExpire tells that a NextToken is good for 300 seconds.
func TestTokensExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, service := newHandler(t, kinesis.ServiceConfig{})
		stream, err := service.Stream("clicks")
		require.NoError(t, err)
		for _, name := range []string{"a", "b"} {
			_, err := stream.RegisterConsumer(name, nil)
			require.NoError(t, err)
		}
		_, err = service.CreateStream("views", kinesis.Config{})
		require.NoError(t, err)
		byARN := `"StreamARN":"` + arns + `clicks"`
		for action, first := range map[string]string{
			"ListShards":          `{"StreamName":"clicks","MaxResults":1}`,
			"ListStreams":         `{"Limit":1}`,
			"ListStreamConsumers": `{` + byARN + `,"MaxResults":1}`,
		} {
			rest := ""
			if action == "ListStreamConsumers" {
				rest = "," + byARN
			}
			page := ask(t, h, action, first)
			time.Sleep(300 * time.Second)
			last := ask(t, h, action, withToken(page, rest))
			require.NotContains(t, last, "NextToken", action)
			require.NotEqual(t, page, last, action)
			time.Sleep(time.Millisecond)
			require.Equal(t, problem{"ExpiredNextTokenException", expiredToken, 400}, refused(t, h, action, withToken(page, rest)), action)
		}
	})
}

// TestTokensAreForOneThing: a token is good for the action, the handler and the stream
// that it was made for.
func TestTokensAreForOneThing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, service := newHandler(t, kinesis.ServiceConfig{})
		page := ask(t, h, "ListShards", `{"StreamName":"clicks","MaxResults":1}`)
		invalid := problem{invalidArgument, "NextToken is invalid.", 400}
		require.Equal(t, invalid, refused(t, h, "ListStreams", withToken(page, "")))
		require.Equal(t, invalid, refused(t, h, "ListStreamConsumers", withToken(page, `,"StreamARN":"`+arns+`clicks"`)))
		require.Equal(t, invalid, refused(t, h, "ListShards", strings.Replace(withToken(page, ""), `"NextToken":"A`, `"NextToken":"B`, 1)))
		require.Equal(t, invalid, refused(t, kinesishttp.NewHandler(service, kinesishttp.Config{}), "ListShards", withToken(page, "")))

		require.Equal(t, "1", shardNames(ask(t, h, "ListShards", withToken(page, `,"StreamARN":"`+arns+`clicks"`))))
		require.Equal(t, problem{invalidArgument, "NextToken does not belong to StreamARN " + arns + "views.", 400},
			refused(t, h, "ListShards", withToken(page, `,"StreamARN":"`+arns+`views"`)))

		gone := problem{notFound, "Stream clicks under account " + account + " not found.", 400}
		ask(t, h, "DeleteStream", `{"StreamName":"clicks"}`)
		require.Equal(t, gone, refused(t, h, "ListShards", withToken(page, "")))
		time.Sleep(time.Second)
		ask(t, h, "CreateStream", `{"StreamName":"clicks","ShardCount":2}`)
		require.Equal(t, gone, refused(t, h, "ListShards", withToken(page, "")), "another stream has the name now")
	})
}

// TestStreamCreationTimestamp tells apart streams that have had the same name.
func TestStreamCreationTimestamp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := newHandler(t, kinesis.ServiceConfig{})
		time.Sleep(1500 * time.Millisecond)
		ask(t, h, "DeleteStream", `{"StreamName":"clicks"}`)
		ask(t, h, "CreateStream", `{"StreamName":"clicks","ShardCount":1}`)
		for created, found := range map[string]bool{"946684800": false, "946684801": true, "946684801.0": true, "946684801.5": true, "9.46684801E8": true, "946684802": false} {
			for action, stream := range map[string]string{"ListShards": `"StreamName":"clicks"`, "ListStreamConsumers": `"StreamARN":"` + arns + `clicks"`} {
				body := `{` + stream + `,"StreamCreationTimestamp":` + created + `}`
				if found {
					ask(t, h, action, body)
				} else {
					require.Equal(t, notFound, refused(t, h, action, body).kind, body)
				}
			}
		}
	})
}

// TestShardFilters lists the shards of a stream whose first, 0, was split after an hour
// into 1 and 2, which were merged into 3 after another hour; now it is an hour later.
func TestShardFilters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, service := newHandler(t, kinesis.ServiceConfig{})
		stream, err := service.CreateStream("views", kinesis.Config{})
		require.NoError(t, err)
		time.Sleep(time.Hour)
		require.NoError(t, stream.SplitShard("0", kinesis.HashKey{Hi: 1 << 63}))
		time.Sleep(time.Hour)
		require.NoError(t, stream.MergeShards("1", "2"))
		time.Sleep(time.Hour)
		const hour = 3600
		at := func(seconds int) string { return fmt.Sprint(946684800 + seconds) }
		for filter, want := range map[string]string{
			`"Type":"FROM_TRIM_HORIZON"`:                                          "0 1 2 3",
			`"Type":"AT_TRIM_HORIZON"`:                                            "0",
			`"Type":"AT_LATEST"`:                                                  "3",
			`"Type":"AFTER_SHARD_ID","ShardId":"shardId-000000000001"`:            "2 3",
			`"Type":"AT_TIMESTAMP","Timestamp":` + at(hour/2):                     "0",
			`"Type":"AT_TIMESTAMP","Timestamp":` + at(hour*3/2):                   "1 2",
			`"Type":"AT_TIMESTAMP","Timestamp":` + at(hour*5/2):                   "3",
			`"Type":"FROM_TIMESTAMP","Timestamp":` + at(hour*3/2):                 "1 2 3",
			`"Type":"FROM_TIMESTAMP","Timestamp":` + at(-hour):                    "0 1 2 3",
			`"Type":"FROM_TIMESTAMP","Timestamp":` + at(hour*5/2) + `.250`:        "3",
			`"Type":"FROM_TIMESTAMP","Timestamp":` + at(hour*3/2) + `.5,"X":"y"`:  "1 2 3",
			`"Type":"AFTER_SHARD_ID","ShardId":"shardId-000000000000","X":[1,{}]`: "1 2 3",
		} {
			all := ask(t, h, "ListShards", `{"StreamName":"views","ShardFilter":{`+filter+`}}`)
			require.Equal(t, want, shardNames(all), filter)
			require.NotContains(t, all, "NextToken")

			// The same, one by one: the token remembers the filter.
			page := ask(t, h, "ListShards", `{"StreamName":"views","MaxResults":1,"ShardFilter":{`+filter+`}}`)
			paged := shardNames(page)
			for page["NextToken"] != nil {
				page = ask(t, h, "ListShards", withToken(page, `,"MaxResults":1`))
				paged += " " + shardNames(page)
			}
			require.Equal(t, want, paged, filter)
		}
		require.Equal(t, invalidArgument, refused(t, h, "ListShards", `{"StreamName":"views","ShardFilter":{"Type":"AT_TIMESTAMP","Timestamp":`+at(4*hour)+`}}`).kind)
	})
}

// TestMostAtOnce says how much AWS lists at once, whatever is asked for.
func TestMostAtOnce(t *testing.T) {
	h, service := newHandler(t, kinesis.ServiceConfig{})
	_, err := service.CreateStream("wide", kinesis.Config{ShardCount: 1001})
	require.NoError(t, err)
	for _, body := range []string{`{"StreamName":"wide"}`, `{"StreamName":"wide","MaxResults":10000}`} {
		page := ask(t, h, "ListShards", body)
		require.Len(t, page["Shards"], 1000, body)
		last := ask(t, h, "ListShards", withToken(page, ""))
		require.Equal(t, []string{"shardId-000000001000"}, names(last, "Shards", "ShardId"))
		require.NotContains(t, last, "NextToken")
	}
	for _, body := range []string{`{"StreamName":"wide"}`, `{"StreamName":"wide","Limit":10000}`} {
		stream := ask(t, h, "DescribeStream", body)["StreamDescription"].(map[string]any)
		require.Len(t, stream["Shards"], 100, body)
		require.Equal(t, true, stream["HasMoreShards"])
	}
	stream := ask(t, h, "DescribeStream", `{"StreamName":"wide","ExclusiveStartShardId":"shardId-000000000900"}`)["StreamDescription"].(map[string]any)
	require.Len(t, stream["Shards"], 100)
	require.Equal(t, false, stream["HasMoreShards"])

	for i := range 99 { // with "clicks" and "wide" they are 101
		_, err := service.CreateStream(fmt.Sprintf("a%02d", i), kinesis.Config{})
		require.NoError(t, err)
	}
	for _, body := range []string{`{}`, `{"Limit":10000}`} {
		page := ask(t, h, "ListStreams", body)
		require.Len(t, page["StreamNames"], 100, body)
		require.Len(t, page["StreamSummaries"], 100, body)
		require.Equal(t, true, page["HasMoreStreams"])
		last := ask(t, h, "ListStreams", withToken(page, ""))
		require.Equal(t, []any{"wide"}, last["StreamNames"])
		require.Equal(t, false, last["HasMoreStreams"])
		require.NotContains(t, last, "NextToken")
	}
}
