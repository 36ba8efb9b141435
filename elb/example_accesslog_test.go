package elb_test

import (
	"log/slog"
	"net/netip"
	"os"
	"time"

	"github.com/leat-go/leat/elb"
)

// record is what a load balancer knows of a request that a target was too slow for.
var record = elb.AccessRecord{
	Type:         "http",
	Time:         time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
	Begun:        time.Date(2026, 1, 2, 3, 3, 5, 0, time.UTC),
	Name:         "edge",
	Client:       netip.MustParseAddrPort("192.0.2.9:50000"),
	Target:       &elb.Target{Address: "10.0.0.1:80"},
	RequestTime:  -1,
	TargetTime:   -1,
	ResponseTime: -1,
	Status:       504,
	SentBytes:    132,
	Method:       "GET",
	URL:          "http://www.example.com:80/report?q=\"all\"",
	Proto:        "HTTP/1.1",
	UserAgent:    "curl/8.5.0",
	GroupARN:     "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/web/0000000000000000",
	TraceID:      "Root=1-69573375-0123456789abcdef01234567",
	RulePriority: 10,
	Actions:      []string{"forward"},
}

// A balancer's LoadBalancerConfig.AccessLog that writes what AWS's does.
func ExampleWriteAccessLog() {
	log := elb.WriteAccessLog(os.Stdout)
	log(&record)
	// Output:
	// http 2026-01-02T03:04:05.000000Z edge 192.0.2.9:50000 10.0.0.1:80 -1 -1 -1 504 - 0 132 "GET http://www.example.com:80/report?q=\x22all\x22 HTTP/1.1" "curl/8.5.0" - - arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/web/0000000000000000 "Root=1-69573375-0123456789abcdef01234567" "-" "-" 10 2026-01-02T03:03:05.000000Z "forward" "-" "-" "10.0.0.1:80" "-" "-" "-" - "-" "-" "-"
}

// The same to a slog handler, here one that takes but errors.
func ExampleSlogAccessLog() {
	log := elb.SlogAccessLog(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{Level: slog.LevelError}))
	log(&record)
	fine := record
	fine.Status = 200
	log(&fine)
	// Output:
	// time=2026-01-02T03:04:05.000Z level=ERROR msg=request type=http elb=edge client=192.0.2.9:50000 target=10.0.0.1:80 elb_status_code=504 received_bytes=0 sent_bytes=132 request_method=GET request_url="http://www.example.com:80/report?q=\"all\"" request_proto=HTTP/1.1 user_agent=curl/8.5.0 target_group_arn=arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/web/0000000000000000 trace_id="Root=1-69573375-0123456789abcdef01234567" matched_rule_priority=10 request_creation_time=2026-01-02T03:03:05.000Z actions_executed=forward
}
