//go:build !windows && !plan9 && !js && !wasip1

package faultfs

import "os"

func syncDir(root *os.Root) error {
	f, err := root.Open(".")
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
