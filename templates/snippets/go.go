package main

import (
	"context"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"example.com/api/agentry"
)

type customerKey struct{} // where your authentication puts the customer into the request's context

var usage = &agentry.Usage{
	URL: "{{ url }}", Project: "{{ project }}", DSN: os.Getenv("AGENTRY_DSN"),
	Customer: func(r *http.Request) agentry.Customer {
		customer, _ := r.Context().Value(customerKey{}).(agentry.Customer)
		return customer
	},
}

func main() {
	mux := http.NewServeMux()
	routes(mux)
	server := &http.Server{Addr: ":8080", Handler: authenticate(usage.Middleware(mux))}
	go server.ListenAndServe()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	<-ctx.Done()
	stop()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	server.Shutdown(ctx)
	usage.Close(ctx)
}
