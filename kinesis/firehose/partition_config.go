package firehose

// Partitioning finds the values of partition keys in records. With Transform, the keys
// may also come from its results. Records without one of the keys that the prefix
// names go to the error output, under processing-failed.
type Partitioning struct {
	// Paths has the paths to the values for !{partitionKeyFromQuery:…} in records that are
	// JSON, by the keys' names: ".customer.id", "$.items[0]". See the package comment.
	Paths map[string]string

	// Func returns such values by their names. It takes the place of Paths, of which only
	// one may be set. It is called by Put, or after transformation, concurrently, and
	// must not change nor keep the data. An error or a panic fails the record.
	Func func(data []byte) (map[string]string, error)

	// MaxActive is the most partitions with records at a time. Records of more go to the
	// error output, under activePartitionExceeded. Zero means 500.
	MaxActive int
}
