package console

import (
	"net/http"
)

// A page reads what it shows; the error says why it can not, see statusOf.
type page func(*call) (any, error)

// section is a kind of thing that there are pages of.
type section struct {
	title   string
	list    page              // of all, under the section's path
	one     page              // of one, under its name there; its template has the section's singular
	name    string            // the template of one
	actions map[string]action // what can be done to one, by the name after its own
}

// action changes something; it returns the path to show afterwards, the thing's own if
// that is nil.
type action func(*call) (then []string, err error)

// sections are the first elements of paths.
var sections = map[string]section{
	"queues": {"Queues", listQueues, showQueue, "queue", map[string]action{
		"send": sendMessage, "purge": purgeQueue, "redrive": redriveQueue, "cancel": cancelRedrive, "delete": deleteQueue,
	}},
	"topics":          {"Topics", listTopics, showTopic, "topic", map[string]action{"publish": publishMessage}},
	"streams":         {"Streams", listStreams, showStream, "stream", map[string]action{"put": putRecord}},
	"deliverystreams": {"Delivery streams", listDeliveryStreams, showDeliveryStream, "deliverystream", nil},
	"balancers":       {"Load balancers", listBalancers, showBalancer, "balancer", nil},
	"alarms":          {"Alarms", listAlarms, showAlarm, "alarm", nil},
	"proxies":         {"Proxies", nil, showProxy, "proxy", nil},
	"groups":          {"Target groups", nil, showTargetGroup, "group", nil},
}

// route answers a request for a path below BasePath, which is allowed.
func (c *Console) route(w http.ResponseWriter, r *http.Request, path []string) {
	if len(path) > 0 && last(path) == "" {
		path = path[:len(path)-1] // of "queues/"
	}
	if len(path) == 2 && path[0] == "-" {
		serveAsset(w, r, path[1])
		return
	}
	call, err := c.newCall(w, r)
	if err != nil {
		call.fail(err)
		return
	}
	var s section
	if len(path) > 0 {
		s = sections[path[0]]
	}
	is := func(length int, there bool) bool { return len(path) == length && there }
	switch post := r.Method == http.MethodPost; {
	case is(3, s.actions[last(path)] != nil):
		if !post {
			w.Header().Set("Allow", http.MethodPost)
			call.fail(errMethod)
			return
		}
		call.name = path[1]
		call.perform(path, s)
	case !is(0, true) && !is(1, s.list != nil) && !is(2, s.one != nil):
		call.fail(errNoPage)
	case post:
		w.Header().Set("Allow", "GET, HEAD")
		call.fail(errMethod)
	case len(path) == 0:
		call.reply("overview", c.config.Title, showOverview)
	case len(path) == 1:
		call.reply(path[0], s.title, s.list)
	default:
		call.name = path[1]
		call.reply(s.name, call.name, s.one)
	}
}

// last returns the last element of a path; "" if it has none.
func last(path []string) string {
	if len(path) == 0 {
		return ""
	}
	return path[len(path)-1]
}
