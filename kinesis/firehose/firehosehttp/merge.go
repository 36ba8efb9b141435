package firehosehttp

import "reflect"

// merge sets in a structure what another has: all its members are pointers and lists,
// nil if they are not there. What they lead to stays as it is, but for destinations within
// destinations, which are merged as well.
func merge[T any](into, from *T) {
	mergeValues(reflect.ValueOf(into).Elem(), reflect.ValueOf(from).Elem())
}

var bucketType = reflect.TypeFor[*s3Destination]()

func mergeValues(into, from reflect.Value) {
	for i := range from.NumField() {
		switch to, member := into.Field(i), from.Field(i); {
		case member.IsNil():
		case member.Type() == bucketType && !to.IsNil():
			merged := *to.Interface().(*s3Destination)
			merge(&merged, member.Interface().(*s3Destination))
			to.Set(reflect.ValueOf(&merged))
		default:
			to.Set(member)
		}
	}
}
