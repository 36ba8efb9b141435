package elb

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// appendCookies appends the two cookies that an Application Load Balancer sets: browsers
// want the second one's attributes in requests from other sites.
func appendCookies(lines []string, name, value string, now time.Time) []string {
	expiry := cookieExpiry(now)
	return append(lines, name+"="+value+expiry, name+"CORS="+value+expiry+"; SameSite=None; Secure")
}

// cookieExpiry returns the attributes of an Application Load Balancer's cookie. A browser
// keeps it for seven days, whatever the duration, which is sealed in its value.
func cookieExpiry(now time.Time) string {
	var space [len(http.TimeFormat)]byte
	return "; Expires=" + string(now.Add(maxStickiness).UTC().AppendFormat(space[:0], http.TimeFormat)) + "; Path=/"
}

// applicationSameSite returns further attributes of AWSALBAPP-0. It has no second cookie:
// in answers to other sites it gets the attributes itself, if the browser is a Chromium
// of version 80 or later, as earlier ones and others do not know them.
func applicationSameSite(r *http.Request) string {
	origin := r.Header.Get("Origin")
	if origin == "" || strings.HasSuffix(origin, "://"+r.Host) || !isChromium80(r.Header.Get("User-Agent")) {
		return ""
	}
	return "; SameSite=None; Secure"
}

func isChromium80(userAgent string) bool {
	for _, name := range []string{"Chrome/", "Chromium/"} {
		if _, version, ok := strings.Cut(userAgent, name); ok {
			major, _, _ := strings.Cut(version, ".")
			n, err := strconv.Atoi(major)
			return err == nil && n >= 80
		}
	}
	return false
}

// appendClassic appends the two cookies that a Classic Load Balancer sets. Without
// a duration they last as long as the browser's session.
func appendClassic(lines []string, name, value string, duration time.Duration) []string {
	attributes := "PATH=/"
	if duration != 0 {
		seconds := (duration + time.Second - 1) / time.Second
		attributes += ";MAX-AGE=" + strconv.FormatInt(int64(seconds), 10)
	}
	return appendFollowing(lines, name, value, attributes)
}

// appendFollowing appends the two cookies with the attributes of another.
func appendFollowing(lines []string, name, value, attributes string) []string {
	cors := ""
	for attribute := range strings.SplitSeq(attributes, ";") {
		key, _, _ := strings.Cut(strings.Trim(attribute, " \t"), "=")
		if key != "" && !strings.EqualFold(key, "Secure") && !strings.EqualFold(key, "SameSite") {
			cors += ";" + attribute
		}
	}
	if attributes != "" {
		attributes = ";" + attributes
	}
	return append(lines, name+"="+value+attributes, name+"CORS="+value+cors+";SECURE;SAMESITE=None")
}
