// Package agentry sends usage to Agentry: after the response, from goroutines of its own, in batches, never in the way
// of a request. While Agentry or the network is away it tries again with the same uuids and holds a bounded number of
// events; it logs what it drops. Go 1.23 or newer, and nothing else.
package agentry

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log"
	mrand "math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Customer is whom a request belongs to: the account of a key, never the key.
type Customer struct{ ID, Plan string }

// Usage counts requests. Set its fields before the first one; zero means the default.
type Usage struct {
	URL, Project, DSN string
	Customer          func(*http.Request) Customer // asked after the response; without an ID nothing is sent
	Every             time.Duration                // how long an event waits for others: 1 s
	Batch             int                          // how many go into one request: 1,000
	Hold              int                          // how many wait at most: 50,000
	Attempts          int                          // how often a batch is tried: 10
	Senders           int                          // how many batches are under way at once: 4

	Sent, Rejected, Dropped, Lost atomic.Int64

	once   sync.Once
	queue  chan event
	closed chan struct{}
	done   sync.WaitGroup
}

type event struct {
	Event      string         `json:"event"`
	UUID       string         `json:"uuid"`
	Timestamp  time.Time      `json:"timestamp"`
	DistinctID string         `json:"distinct_id"`
	Properties map[string]any `json:"properties"`
}

// Middleware stands around the mux and inside your authentication: authenticate(usage.Middleware(mux)).
func (u *Usage) Middleware(next http.Handler) http.Handler {
	u.once.Do(u.start)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began, answer := time.Now(), &recorder{ResponseWriter: w}
		defer func() {
			failure := recover()
			if failure != nil && answer.status == 0 {
				answer.status = http.StatusInternalServerError
			}
			u.note(r, answer.status, began)
			if failure != nil {
				panic(failure)
			}
		}()
		next.ServeHTTP(answer, r)
	})
}

// Close sends what waits and returns when it is sent, or when the context ends. Call it after http.Server.Shutdown.
func (u *Usage) Close(ctx context.Context) error {
	u.once.Do(u.start)
	close(u.closed)
	sent := make(chan struct{})
	go func() { u.done.Wait(); close(sent) }()
	select {
	case <-sent:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (u *Usage) start() {
	u.Every, u.Batch, u.Hold = or(u.Every, time.Second), or(u.Batch, 1000), or(u.Hold, 50_000)
	u.Attempts, u.Senders = or(u.Attempts, 10), or(u.Senders, 4)
	u.queue, u.closed = make(chan event, u.Hold), make(chan struct{})
	for range u.Senders {
		u.done.Add(1)
		go u.run()
	}
}

func or[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}

func (u *Usage) note(r *http.Request, status int, began time.Time) {
	defer func() {
		if failure := recover(); failure != nil {
			log.Print("agentry: a request was not noted: ", failure)
		}
	}()
	customer := u.Customer(r)
	if customer.ID == "" {
		return
	}
	endpoint := r.Pattern // "GET example.com/v1/things/{id}": the path alone
	if slash := strings.IndexByte(endpoint, '/'); slash > 0 {
		endpoint = endpoint[slash:]
	}
	latency := float64(time.Since(began).Microseconds()) / 1000
	properties := map[string]any{
		"customer_id": customer.ID, "method": r.Method, "status": or(status, http.StatusOK), "latency_ms": latency,
	}
	for name, value := range map[string]string{
		"plan": customer.Plan, "endpoint": endpoint,
		"sdk_version": r.Header.Get("X-Sdk-Version"), "ip_country": r.Header.Get("CF-IPCountry"),
	} {
		if value != "" {
			properties[name] = value
		}
	}
	select {
	case u.queue <- event{"api_request", uuid(), began.UTC(), customer.ID, properties}:
	default:
		if dropped := u.Dropped.Add(1); dropped%1000 == 1 {
			log.Printf("agentry: %d events dropped, %d are waiting", dropped, u.Hold)
		}
	}
}

func (u *Usage) run() {
	defer u.done.Done()
	for {
		events, open := u.gather()
		if len(events) > 0 {
			u.send(events)
		}
		if !open {
			return
		}
	}
}

// gather gives a batch when it is full or has waited; and false after Close, when nothing is left.
func (u *Usage) gather() (events []event, open bool) {
	timer := time.NewTimer(u.Every)
	defer timer.Stop()
	for len(events) < u.Batch {
		select {
		case one := <-u.queue:
			events = append(events, one)
		case <-timer.C:
			return events, true
		case <-u.closed:
			for len(events) < u.Batch {
				select {
				case one := <-u.queue:
					events = append(events, one)
				default:
					return events, false
				}
			}
		}
	}
	return events, true
}

func (u *Usage) send(events []event) {
	body, err := json.Marshal(events)
	for attempt := 1; err == nil && attempt <= u.Attempts; attempt++ {
		wait := time.Duration(min(1<<attempt, 60)*(250+mrand.IntN(250))) * time.Millisecond
		status, after, answer, err := u.post(body)
		if err == nil && status < 300 {
			u.Sent.Add(int64(answer.Accepted))
			if len(answer.Rejected) > 0 {
				u.Rejected.Add(int64(len(answer.Rejected)))
				log.Printf("agentry: %d events rejected, the first: %s", len(answer.Rejected), answer.Rejected[0])
			}
			return
		}
		if err == nil && status < 500 && status != 408 && status != 429 {
			log.Printf("agentry: refused: %d %s", status, answer.Error)
			break
		}
		if attempt < u.Attempts {
			time.Sleep(max(wait, after))
		}
	}
	u.Lost.Add(int64(len(events)))
	log.Printf("agentry: %d events lost", len(events))
}

type answer struct {
	Accepted int
	Rejected []json.RawMessage
	Error    json.RawMessage
}

func (u *Usage) post(body []byte) (status int, after time.Duration, said answer, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	address := u.URL + "/v1/analytics/" + u.Project + "/"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return 0, 0, said, err
	}
	request.Header.Set("Authorization", "Bearer "+u.DSN)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "my-api/1.0")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, 0, said, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 8<<20))
	if err == nil && response.StatusCode < 300 {
		err = json.Unmarshal(text, &said) // half an answer is none: send again
	} else {
		_ = json.Unmarshal(text, &said)
	}
	seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
	return response.StatusCode, time.Duration(seconds) * time.Second, said, err
}

// recorder notes the status, and leaves what else a writer can do to http.ResponseController.
type recorder struct {
	http.ResponseWriter
	status int
}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Flush() { _ = http.NewResponseController(w.ResponseWriter).Flush() }

func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func uuid() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
