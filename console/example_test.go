package console_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/leat-go/leat/console"
	"github.com/leat-go/leat/sqs"
)

// A console beside what a program serves; in most programs it has a listener of its own, on
// the loopback interface. What people see in a browser programs get as JSON.
func Example() {
	queues, err := sqs.NewService(sqs.ServiceConfig{})
	if err != nil {
		fmt.Println(err)
		return
	}
	jobs, err := queues.CreateQueue("jobs", sqs.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := jobs.Send(context.Background(), sqs.Entry{Body: "wash the car"}, sqs.Entry{Body: "walk the dog"}); err != nil {
		fmt.Println(err)
		return
	}

	mux := http.NewServeMux()
	mux.Handle("/console/", console.New(console.Config{
		BasePath: "/console",
		Sources:  func() console.Sources { return console.Sources{Queues: queues} },
	}))

	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", "/console/queues/jobs?format=json", nil))
	var page struct {
		Data struct {
			Visible  int
			Messages []struct{ Body struct{ Text string } }
		}
	}
	if err := json.NewDecoder(w.Body).Decode(&page); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(page.Data.Visible, "visible")
	for _, m := range page.Data.Messages {
		fmt.Println(m.Body.Text)
	}
	// Output:
	// 2 visible
	// wash the car
	// walk the dog
}
