package sns_test

import (
	"context"
	"fmt"
	"log"

	"github.com/leat-go/leat/sns"
)

// Attributes have AWS's names and values, so that what was written for AWS can be used
// as it is.
func ExampleLocalTopic_SetAttribute() {
	topic, err := sns.New("orders", sns.Config{})
	if err != nil {
		log.Fatal(err)
	}
	if err := topic.SetAttribute("DeliveryPolicy", `{"http":{"defaultHealthyRetryPolicy":{"numRetries":5}}}`); err != nil {
		log.Fatal(err)
	}
	fmt.Println(*topic.Config().DeliveryPolicy.HealthyRetryPolicy.NumRetries)
	fmt.Println(topic.SetAttribute("DeliveryPolicy", `{"http":{"defaultHealthyRetryPolicy":{"numRetries":500}}}`))
	// Output:
	// 5
	// sns: SetTopicAttributes orders: Invalid parameter: DeliveryPolicy: http.defaultHealthyRetryPolicy.numRetries must be less than or equal to 100
}

// A service without an SMSSender keeps text messages in its Outbox.
func ExampleService_PublishToPhone() {
	service, err := sns.NewService(sns.ServiceConfig{})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	if _, err := service.PublishToPhone(ctx, "+15555550100", sns.Entry{Message: "Your parcel is on its way."}); err != nil {
		log.Fatal(err)
	}
	for _, m := range service.Outbox().SMS() {
		fmt.Println(m.PhoneNumber, m.Message)
	}

	service.OptOutPhoneNumber("+15555550100") // as the answer STOP does
	_, err = service.PublishToPhone(ctx, "+15555550100", sns.Entry{Message: "Your parcel is there."})
	fmt.Println(err)
	// Output:
	// +15555550100 Your parcel is on its way.
	// sns: Publish +15555550100: The phone number is opted out.
}

// A device gets the text that a message has for its platform.
func ExampleService_PublishToEndpoint() {
	service, err := sns.NewService(sns.ServiceConfig{})
	if err != nil {
		log.Fatal(err)
	}
	app, err := service.CreatePlatformApplication("shop", "GCM", map[string]string{"PlatformCredential": "key"})
	if err != nil {
		log.Fatal(err)
	}
	phone, err := service.CreatePlatformEndpoint(app, "the device's token", "", nil)
	if err != nil {
		log.Fatal(err)
	}
	_, err = service.PublishToEndpoint(context.Background(), phone, sns.Entry{
		MessageStructure: "json",
		Message:          `{"default": "Sold out.", "GCM": "{\"notification\":{\"title\":\"Sold out\"}}"}`,
	})
	if err != nil {
		log.Fatal(err)
	}
	push := service.Outbox().Pushes()[0]
	fmt.Println(push.Platform, push.Message)
	// Output:
	// GCM {"notification":{"title":"Sold out"}}
}
