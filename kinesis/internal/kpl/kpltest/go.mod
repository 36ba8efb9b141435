module github.com/leat-go/leat/kinesis/internal/kpl/kpltest

go 1.26.0

replace github.com/leat-go/leat => ../../../..

require (
	github.com/leat-go/leat v0.0.0
	github.com/stretchr/testify v1.12.1
	google.golang.org/protobuf v1.36.12
)

require go.yaml.in/yaml/v3 v3.0.5 // indirect
