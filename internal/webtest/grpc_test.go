package webtest

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/interop"
	testpb "google.golang.org/grpc/interop/grpc_testing"

	"github.com/leat-go/leat/elb"
)

// grpcTarget is a server of gRPC's interoperability tests and of its health service.
func grpcTarget(t *testing.T) (*elb.Target, *health.Server) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s, status := grpc.NewServer(), health.NewServer()
	testpb.RegisterTestServiceServer(s, interop.NewTestServer())
	healthpb.RegisterHealthServer(s, status)
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(func() {
		s.Stop()
		require.NoError(t, <-served)
	})
	return &elb.Target{Address: l.Addr().String()}, status
}

func dial(t *testing.T, address string, with credentials.TransportCredentials) *grpc.ClientConn {
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(with))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	return conn
}

func TestGRPC(t *testing.T) {
	group := elb.GroupConfig{
		Version:     elb.GRPC,
		HealthCheck: elb.HealthCheck{Protocol: elb.HealthGRPC, Path: elb.GRPCHealthStandard, Interval: 50 * time.Millisecond},
	}
	server, client := certificate(t)
	fronts := map[string]func() *grpc.ClientConn{
		"over TLS": func() *grpc.ClientConn {
			target, _ := grpcTarget(t)
			return dial(t, balance(t, group, server, target), credentials.NewTLS(client))
		},
		"without TLS": func() *grpc.ClientConn {
			target, _ := grpcTarget(t)
			return dial(t, balance(t, group, nil, target), insecure.NewCredentials())
		},
	}
	// The tests of package interop end the process when they fail, and say why.
	cases := map[string]func(context.Context, testpb.TestServiceClient, ...grpc.CallOption){
		"empty unary":                 interop.DoEmptyUnaryCall,
		"large unary":                 interop.DoLargeUnaryCall,
		"client streaming":            interop.DoClientStreaming,
		"server streaming":            interop.DoServerStreaming,
		"ping pong":                   interop.DoPingPong,
		"empty stream":                interop.DoEmptyStream,
		"timeout on sleeping server":  interop.DoTimeoutOnSleepingServer,
		"cancel after begin":          interop.DoCancelAfterBegin,
		"cancel after first response": interop.DoCancelAfterFirstResponse,
		"custom metadata":             interop.DoCustomMetadata,
		"status code and message":     interop.DoStatusCodeAndMessage,
		"special status message":      interop.DoSpecialStatusMessage,
		"unimplemented method": func(ctx context.Context, c testpb.TestServiceClient, _ ...grpc.CallOption) {
			_, err := c.UnimplementedCall(ctx, new(testpb.Empty))
			require.ErrorContains(t, err, "code = Unimplemented")
		},
	}
	for front, connect := range fronts {
		t.Run(front, func(t *testing.T) {
			c := testpb.NewTestServiceClient(connect())
			for name, do := range cases {
				t.Run(name, func(t *testing.T) { do(t.Context(), c) })
			}
		})
	}
}

// A server that says that it does not serve gets no requests; the health service is asked
// through the balancer as well.
func TestGRPCHealth(t *testing.T) {
	first, status := grpcTarget(t)
	second, _ := grpcTarget(t)
	status.SetServingStatus("", healthpb.HealthCheckResponse_NOT_SERVING)
	address := balance(t, elb.GroupConfig{
		Version:     elb.GRPC,
		InitialDown: true,
		HealthCheck: elb.HealthCheck{Protocol: elb.HealthGRPC, Path: elb.GRPCHealthStandard, Interval: 20 * time.Millisecond},
	}, nil, first, second)
	c := healthpb.NewHealthClient(dial(t, address, insecure.NewCredentials()))
	require.Eventually(t, func() bool {
		answer, err := c.Check(t.Context(), new(healthpb.HealthCheckRequest))
		return err == nil && answer.Status == healthpb.HealthCheckResponse_SERVING
	}, 10*time.Second, 10*time.Millisecond)
	for range 20 {
		answer, err := c.Check(t.Context(), new(healthpb.HealthCheckRequest))
		require.NoError(t, err)
		require.Equal(t, healthpb.HealthCheckResponse_SERVING, answer.Status, "the other target does not serve")
	}

	watching, err := c.Watch(t.Context(), new(healthpb.HealthCheckRequest))
	require.NoError(t, err)
	update, err := watching.Recv()
	require.NoError(t, err)
	require.Equal(t, healthpb.HealthCheckResponse_SERVING, update.Status)
}
