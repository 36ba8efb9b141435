package objectkey

// Partition returns a text that is the same for two records if and only if the prefix
// puts them into the same partition: if they have the same value for every partition
// key that it names. It is empty if it names none. Only k's partition keys matter.
//
// The error is a [*KeyError] if a value is missing, has characters that no key may
// have, or is too long; then the record belongs under [Template.ErrorKey].
func (t *Template) Partition(k KeyInput) (string, error) {
	var array [128]byte // longer ones are rare
	dst := array[:0]
	z := t.prefixSize
	for i := range t.prefix {
		s := &t.prefix[i]
		if !s.isPartition() {
			continue
		}
		value, err := k.value(s)
		if err != nil {
			return "", err
		}
		z.add(value)
		if z.chars > maxPrefix || t.suffixBytes()+z.bytes > maxKey {
			return "", &KeyError{Part: s.source, Err: ErrTooLong}
		}
		dst = append(append(dst, value...), 0) // which is in no value
	}
	return string(dst), nil
}

// PartitionKeys returns the names of the partition keys in the prefix, in its order:
// those that a query gives and those that a function gives. A name may occur twice.
func (t *Template) PartitionKeys() (query, lambda []string) {
	for _, s := range t.prefix {
		switch s.kind {
		case kindQuery:
			query = append(query, s.text)
		case kindLambda:
			lambda = append(lambda, s.text)
		}
	}
	return query, lambda
}
