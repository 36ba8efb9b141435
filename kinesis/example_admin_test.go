package kinesis_test

import (
	"fmt"
	"log"

	"github.com/leat-go/leat/kinesis"
)

// Tags, policies and consumers follow AWS's rules.
func ExampleLocalStream_RegisterConsumer() {
	stream, err := kinesis.New("orders", kinesis.Config{Tags: map[string]string{"team": "shop"}})
	if err != nil {
		log.Fatal(err)
	}
	defer stream.Close()
	fmt.Println(stream.Tags(), stream.Tag(map[string]string{"aws:team": "shop"}))

	consumer, err := stream.RegisterConsumer("billing", nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(consumer.Name(), consumer.Status())
	_, err = stream.RegisterConsumer("billing", nil)
	fmt.Println(err)
	_, err = consumer.Policy()
	fmt.Println(err != nil, consumer.PutPolicy(`{"Version": "2012-10-17", "Statement": []}`))
	// Output:
	// map[team:shop] kinesis: Tag orders: Tag keys must not begin with aws:, which is reserved. Specified key was aws:team
	// billing ACTIVE
	// kinesis: RegisterConsumer orders: Consumer billing under stream orders, account 000000000000 already exists.
	// true <nil>
}

// Metrics are kept and returned, in AWS's order.
func ExampleLocalStream_EnableEnhancedMonitoring() {
	stream, err := kinesis.New("orders", kinesis.Config{ShardLevelMetrics: []string{"OutgoingBytes"}})
	if err != nil {
		log.Fatal(err)
	}
	defer stream.Close()
	before, after, err := stream.EnableEnhancedMonitoring("IteratorAgeMilliseconds", "IncomingBytes")
	fmt.Println(before, after, err)
	// Output:
	// [OutgoingBytes] [IncomingBytes OutgoingBytes IteratorAgeMilliseconds] <nil>
}

// An account commits itself before a stream can be warm.
func ExampleService_UpdateAccountSettings() {
	service, err := kinesis.NewService(kinesis.ServiceConfig{})
	if err != nil {
		log.Fatal(err)
	}
	stream, err := service.CreateStream("orders", kinesis.Config{Mode: kinesis.ModeOnDemand})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(stream.SetWarmThroughput(200))
	if err := service.UpdateAccountSettings(kinesis.AccountSettings{CommitmentStatus: kinesis.CommitmentEnabled}); err != nil {
		log.Fatal(err)
	}
	fmt.Println(stream.SetWarmThroughput(200), service.AccountSettings().CommitmentStatus)
	// Output:
	// kinesis: SetWarmThroughput orders: Warm throughput is supported for accounts with MinimumThroughputBillingCommitment enabled only.
	// <nil> ENABLED
}

// Limits tells how much of what an account may have it uses.
func ExampleService_Limits() {
	service, err := kinesis.NewService(kinesis.ServiceConfig{ShardLimit: 10})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := service.CreateStream("orders", kinesis.Config{ShardCount: 4}); err != nil {
		log.Fatal(err)
	}
	limits := service.Limits()
	fmt.Println(limits.OpenShards, "of", limits.ShardLimit)
	// Output:
	// 4 of 10
}
