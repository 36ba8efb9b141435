package webtest

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/balancer/base"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"

	"github.com/leat-go/leat/elb"
)

// grpcPicker has a gRPC client choose its connections by one of package elb's algorithms:
// this is all that it takes.
type grpcPicker struct {
	picker      elb.Picker
	connections map[*elb.Target]balancer.SubConn
}

func (p *grpcPicker) Pick(balancer.PickInfo) (balancer.PickResult, error) {
	t, done, err := p.picker.Pick(elb.Request{})
	if err != nil {
		return balancer.PickResult{}, balancer.ErrNoSubConnAvailable
	}
	return balancer.PickResult{SubConn: p.connections[t], Done: func(d balancer.DoneInfo) {
		done(elb.Outcome{Err: d.Err})
	}}, nil
}

type grpcPickers struct{}

// Build is called when the connections that are ready have changed.
func (grpcPickers) Build(ready base.PickerBuildInfo) balancer.Picker {
	p := &grpcPicker{connections: make(map[*elb.Target]balancer.SubConn)}
	var targets []*elb.Target
	for conn, info := range ready.ReadySCs {
		t := &elb.Target{Address: info.Address.Addr}
		targets = append(targets, t)
		p.connections[t] = conn
	}
	least := new(elb.LeastOutstanding)
	least.SetTargets(targets)
	p.picker = least
	return p
}

func TestGRPCClientWithAPicker(t *testing.T) {
	balancer.Register(base.NewBalancerBuilder("leat_least_outstanding", grpcPickers{}, base.Config{}))
	var servers []resolver.Address
	for range 3 {
		target, _ := grpcTarget(t)
		servers = append(servers, resolver.Address{Addr: target.Address})
	}
	names := manual.NewBuilderWithScheme("fixed")
	names.InitialState(resolver.State{Addresses: servers})
	conn, err := grpc.NewClient("fixed:///", grpc.WithResolvers(names), grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultServiceConfig(`{"loadBalancingConfig": [{"leat_least_outstanding": {}}]}`))
	require.NoError(t, err)
	defer conn.Close()
	c := healthpb.NewHealthClient(conn)
	served := make(map[string]int)
	for len(served) < 3 || min(served[servers[0].Addr], served[servers[1].Addr], served[servers[2].Addr]) < 10 {
		var from peer.Peer
		_, err := c.Check(t.Context(), new(healthpb.HealthCheckRequest), grpc.Peer(&from), grpc.WaitForReady(true))
		require.NoError(t, err)
		served[from.Addr.String()]++
	}
	t.Log("served:", served)
}
