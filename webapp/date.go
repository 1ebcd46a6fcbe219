package webapp

// dateCache is the Date header of this second.
type dateCache struct {
	text  []byte
	until int64 // ms of the loop
}

// httpDate is the IMF-fixdate of RFC 9110 section 5.6.7, of a time in UTC.
const httpDate = "Mon, 02 Jan 2006 15:04:05 GMT"

// date formats the wall clock's time at most once a second: on some boards a
// look at the clock is a system call.
func (s *Server) date() []byte {
	if now := s.loop.Now(); s.now.text == nil || now >= s.now.until {
		t := s.loop.Time().UTC()
		s.now.text = t.AppendFormat(s.now.text[:0], httpDate)
		s.now.until = now + 1000 - int64(t.Nanosecond())/1e6
	}
	return s.now.text
}
