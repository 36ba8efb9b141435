package main

import (
	"encoding/json"
	"errors"
	"fmt"
)

// order is one line of the input, and the body of a message.
type order struct {
	ID       string `json:"id"`
	Customer string `json:"customer"`
	Article  string `json:"article"`
	Quantity int    `json:"quantity"`
	Card     string `json:"card"` // its last four digits
}

// maxQuantity is more than the shop has of anything.
const maxQuantity = 10_000

func parse(line string) (o order, err error) {
	if err := json.Unmarshal([]byte(line), &o); err != nil {
		return o, err
	}
	switch {
	case o.ID == "":
		err = errors.New("no id")
	case o.Customer == "":
		err = errors.New("no customer")
	case o.Article == "":
		err = errors.New("no article")
	case o.Quantity < 1 || o.Quantity > maxQuantity:
		err = fmt.Errorf("quantity %d", o.Quantity)
	}
	return o, err
}

// body is the order as it is published: what was understood of the line, and no more,
// so that everybody who gets it understands the same.
func (o order) body() (string, error) {
	text, err := json.Marshal(o)
	return string(text), err
}
