// Package console is a page for people: what queues, topics, streams, delivery streams and
// load balancers of this process are doing, live, in a browser.
//
// A [Console] is an [http.Handler]. It shows how many messages a queue has, in which state,
// and the messages themselves; what a topic's subscriptions got, and what failed; a
// stream's shards on the range of hash keys, how fast they are written, their records, and
// how far groups of consumers are behind; what delivery streams hold, the state of load
// balancers' targets, and alarms. It is made of plain HTML, a stylesheet and a script of a few lines,
// which loads the figures anew every 2 s while the page can be seen; it works without the
// script, on a phone, and in the dark. Nothing comes from elsewhere.
//
// # Looking changes nothing
//
// Messages and records are looked at, not received: no visibility timeout begins, no read
// limit is used up, and no counter moves. What is shown is bounded: lists by pages of 100,
// messages by their number and by the bytes of each, 4,096 unless more are asked for.
//
// With [Config.Write] a person can also send, publish and put, purge and delete queues, and
// move dead letters back. Without it every method but GET and HEAD is answered with 405.
//
// # As JSON
//
// Every page is a JSON object too, with the parameter format=json: time, account, region,
// page (what it is a page of) and data (what it shows). Fields may be added to it. A name
// that ends in Seconds is of a number of seconds with decimals; times are of RFC 3339. An
// error is an object with error, its text.
//
// # Who may see it
//
// A console knows no users. Whoever reaches it sees every message, and with Write can
// delete them, so it belongs at a listener on the loopback interface or behind a handler
// that asks who is there. What other sites could make a browser do is prevented: changes
// are accepted from pages of the same origin only ([http.CrossOriginProtection]), no other
// page can frame it, its content security policy allows no script but its own, and
// [Config.Hosts] keeps out names that another site has pointed at this machine.
package console
