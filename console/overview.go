package console

// pageSize is how many of a list a page shows.
const pageSize = 100

// listing is a page of a list.
type listing[T any] struct {
	Items []T `json:"items"`
	// Next is the parameter after for the page that follows; empty on the last.
	Next string `json:"next,omitzero"`
}

// overview is the first page: the beginnings of all lists. A list is nil if there is no
// service for it.
type overview struct {
	Queues          *listing[queueRow]          `json:"queues,omitzero"`
	Topics          *listing[topicRow]          `json:"topics,omitzero"`
	Streams         *listing[streamRow]         `json:"streams,omitzero"`
	DeliveryStreams *listing[deliveryStreamRow] `json:"deliveryStreams,omitzero"`
	Balancers       *balancerList               `json:"balancers,omitzero"`
	Alarms          *listing[alarmRow]          `json:"alarms,omitzero"`
}

func showOverview(c *call) (any, error) {
	var o overview
	var err error
	if o.Queues, err = c.queues(""); err != nil {
		return nil, err
	}
	if o.Topics, err = c.topics(""); err != nil {
		return nil, err
	}
	if o.Streams, err = c.streams(""); err != nil {
		return nil, err
	}
	if o.DeliveryStreams, err = c.deliveryStreams(""); err != nil {
		return nil, err
	}
	if o.Balancers, err = c.balancers(); err != nil {
		return nil, err
	}
	if o.Alarms, err = c.alarms(""); err != nil {
		return nil, err
	}
	return &o, nil
}

// Empty tells whether there is nothing at all to show.
func (o *overview) Empty() bool {
	return o.Queues == nil && o.Topics == nil && o.Streams == nil && o.DeliveryStreams == nil && o.Balancers == nil && o.Alarms == nil
}

// list makes a page of a function that returns a listing, which is nil if there is no
// service.
func list[T any](of func(*call, string) (*listing[T], error)) page {
	return func(c *call) (any, error) {
		l, err := of(c, c.after())
		if err == nil && l == nil {
			err = errNoPage
		}
		return l, err
	}
}

var (
	listQueues          = list((*call).queues)
	listTopics          = list((*call).topics)
	listStreams         = list((*call).streams)
	listDeliveryStreams = list((*call).deliveryStreams)
	listAlarms          = list((*call).alarms)
)
