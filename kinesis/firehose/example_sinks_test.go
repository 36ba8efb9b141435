package firehose_test

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"strings"
	"time"

	"github.com/leat-go/leat/kinesis/firehose"
)

// Compressed objects under date prefixes, as files.
func ExampleDirectory() {
	ctx := context.Background()
	dir, _ := os.MkdirTemp("", "archive")
	defer os.RemoveAll(dir)
	sink, err := firehose.NewDirectory(dir, firehose.DirectoryConfig{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer sink.Close()
	stream, err := firehose.New("clicks", firehose.Config{
		Sink: sink, Prefix: "clicks/", Compression: firehose.GZIP, AppendDelimiter: true,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, _ = stream.Put(ctx, []byte(`{"page":"/"}`), []byte(`{"page":"/about"}`))
	_ = stream.Shutdown(ctx)

	_ = fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, _ error) error {
		if !entry.IsDir() {
			fmt.Println(strings.HasPrefix(name, "clicks/20"), path.Ext(name))
		}
		return nil
	})
	// Output: true .gz
}

// Both ends of the HTTP endpoint protocol.
func ExampleHTTPReceiver() {
	ctx := context.Background()
	server := httptest.NewServer(&firehose.HTTPReceiver{
		AccessKey: "secret",
		Remember:  2 * time.Hour,
		OnDelivery: func(_ context.Context, d *firehose.ReceivedDelivery) error {
			for _, data := range d.Records {
				fmt.Println(d.CommonAttributes["site"], string(data))
			}
			return nil
		},
	})
	defer server.Close()
	sink, err := firehose.NewHTTPEndpoint(firehose.HTTPEndpointConfig{
		URL: server.URL, AccessKey: "secret", GZIP: true, CommonAttributes: map[string]string{"site": "shop"}, Transport: http.DefaultTransport,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	stream, err := firehose.New("clicks", firehose.Config{Sink: sink})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, _ = stream.Put(ctx, []byte("/"), []byte("/about"))
	_ = stream.Shutdown(ctx)
	// Output:
	// shop /
	// shop /about
}
