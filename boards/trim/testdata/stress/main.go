// Stress does what makes the runtime read its tables: deep stacks that grow and are scanned, panics through deferred
// calls, recover where it must work and where it must not, preemption of loops, finalizers, maps, methods through
// reflection, callers. It prints what came out, which does not depend on the tables that people read; with an argument
// it crashes in that way.
package main

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"
)

type node struct {
	left, right *node
	name        string
}

func grow(depth int, list []*node) (n *node, sum int) {
	var here [16]*node // pointers on the stack, for the collector to find
	for i := range here {
		here[i] = &node{name: fmt.Sprint(depth, i)}
	}
	n = here[depth%len(here)]
	if depth > 0 {
		n.left, sum = grow(depth-1, append(list, n))
	}
	for _, h := range here {
		sum += len(h.name)
	}
	for _, l := range list {
		sum += len(l.name)
	}
	return n, sum
}

type point struct{ x, y int }

func (p point) Sum() int         { return p.x + p.y }
func (p *point) Index(i int) int { return []int{p.x, p.y}[i] }

type summer interface{ Sum() int }

// rescue is inlined nowhere, since it recovers.
func rescue(what *string) {
	if r := recover(); r != nil {
		*what = fmt.Sprint(r)
	}
}

type helper struct{ what *string }

// Help is small enough to be inlined into its wrapper.
func (h helper) Help() { rescue(h.what) }

type helps interface{ Help() }

// direct recovers: the deferred function itself does.
func direct(i int) (what string) {
	defer rescue(&what)
	return fmt.Sprint((&point{1, 2}).Index(i))
}

// indirect does not: rescue is called by the deferred function. Outer gets the panic.
func indirect(i int) (what, outer string) {
	defer func() { outer = fmt.Sprint(recover()) }()
	var h helps = helper{&what}
	defer h.Help()
	_ = (&point{1, 2}).Index(i)
	return
}

func wrapped(depth int) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%d: %v", depth, r)
			if depth < 5 {
				panic(err)
			}
		}
	}()
	if depth == 0 {
		panic(errors.New("deep"))
	}
	return wrapped(depth - 1)
}

func generic[K comparable, V any](m map[K]V, k K) V {
	v, ok := m[k]
	if !ok {
		panic("missing")
	}
	return v
}

func spin(stop *bool, mu *sync.Mutex) (n int) {
	for i := 0; ; i++ { // no call in it but what is inlined
		if i&0xfffff == 0 {
			mu.Lock()
			end := *stop
			mu.Unlock()
			if end {
				return 1
			}
		}
		n += i ^ n
	}
}

func main() {
	if len(os.Args) > 1 {
		crash(os.Args[1])
	}
	debug.SetGCPercent(5)
	stop := make(chan struct{})
	go func() {
		for {
			select {
			case <-stop:
				return
			default:
				runtime.GC()
			}
		}
	}()
	var spinners, all sync.WaitGroup
	var mu sync.Mutex
	ended := false
	for range 4 {
		spinners.Go(func() { spin(&ended, &mu) })
	}
	sums := make([]int, 8)
	for i := range sums {
		all.Go(func() {
			for range 20 {
				_, sums[i] = grow(200+i, nil)
			}
		})
	}
	all.Wait()
	mu.Lock()
	ended = true
	mu.Unlock()
	spinners.Wait()
	close(stop)
	fmt.Println(sums)
	fmt.Println(direct(0), direct(7))
	fmt.Println(indirect(9))
	func() {
		defer func() { fmt.Println(recover()) }()
		fmt.Println(wrapped(7))
	}()
	func() {
		defer func() { fmt.Println(recover()) }()
		generic(map[string]point{"a": {1, 2}}, "b")
	}()
	fmt.Println(reflect.ValueOf(point{3, 4}).MethodByName("Sum").Call(nil)[0].Int(), summer(point{5, 6}).Sum())
	made := reflect.MakeFunc(reflect.TypeFor[func(int, string) string](), func(in []reflect.Value) []reflect.Value {
		runtime.GC()
		return []reflect.Value{reflect.ValueOf(fmt.Sprint(in[1], in[0]))}
	})
	fmt.Println(made.Interface().(func(int, string) string)(3, "made"))
	done := make(chan string, 1)
	func() {
		runtime.SetFinalizer(&node{name: "final"}, func(n *node) { done <- n.name })
	}()
	for range 10 {
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
	fmt.Println(<-done)
	pc, _, _, ok := runtime.Caller(0)
	fmt.Println(ok, strings.HasSuffix(runtime.FuncForPC(pc).Name(), "main.main"))
}

func crash(how string) {
	switch how {
	case "index":
		fmt.Println(generic(map[int]int{len(how): 3}, 5) + (&point{}).Index(len(how)))
	case "nil":
		var n *node
		if len(how) > 1 {
			n = &node{}
		}
		fmt.Println(n.left.name)
	case "goroutine":
		var all sync.WaitGroup
		all.Go(func() { fmt.Println((&point{}).Index(len(how))) })
		all.Wait()
	case "reflect": // where a function of the runtime was inlined
		fmt.Println(reflect.ValueOf(len(how)).Len())
	case "again":
		defer func() { panic(fmt.Sprint("again: ", recover())) }()
		fmt.Println(last(nil))
	case "quoted":
		defer quote()
		fmt.Println((&point{}).Index(len(how)))
	case "caught":
		defer quote()
		fmt.Println(last(nil))
	}
}

// quote logs as package log/slog does.
func quote() {
	what := fmt.Sprint(recover())
	fmt.Printf("level=ERROR msg=%q path=%q stack=%q\n", what, `C:\new "x"`, debug.Stack())
	os.Exit(2)
}

// last fails with a list that has an end: what fails is the first instruction of a line.
func last(n *node) string {
	var name string
	for {
		name +=
			n.
				name
		n =
			n.
				right
	}
}
