package sns_test

import (
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leat-go/leat/durable"
	"github.com/leat-go/leat/kinesis"
	"github.com/leat-go/leat/sns"
	"github.com/leat-go/leat/sqs"
)

// The directory of one package is refused by the others, by name, and stays as it is.
func TestDirectoryOfAnother(t *testing.T) {
	type closer interface{ Close() error }
	options := durable.Options{Salvage: true}
	packages := []struct {
		name  string
		open  func(dir string) (closer, error)
		print func(w io.Writer, dir string) error
	}{
		{"kinesis", func(dir string) (closer, error) { return kinesis.Open(dir, kinesis.ServiceConfig{Durable: options}) }, kinesis.Print},
		{"sns", func(dir string) (closer, error) { return sns.Open(dir, sns.ServiceConfig{Durable: options}) }, sns.Print},
		{"sqs", func(dir string) (closer, error) { return sqs.Open(dir, sqs.ServiceConfig{Durable: options}) }, sqs.Print},
	}
	for _, owner := range packages {
		dir := t.TempDir()
		s, err := owner.open(dir)
		require.NoError(t, err)
		require.NoError(t, s.Close())
		for _, p := range packages {
			if p.name == owner.name {
				continue
			}
			text := fmt.Sprintf("the directory has records of %q, and not of %q", owner.name, p.name)
			_, err = p.open(dir)
			require.ErrorIs(t, err, durable.ErrInvalid, "%s opens %s", p.name, owner.name)
			require.ErrorContains(t, err, text)
			err = p.print(io.Discard, dir)
			require.ErrorIs(t, err, durable.ErrInvalid, "%s prints %s", p.name, owner.name)
			require.ErrorContains(t, err, text)
		}
		require.NoError(t, owner.print(io.Discard, dir))
		s, err = owner.open(dir)
		require.NoError(t, err)
		require.NoError(t, s.Close())
	}
}
