package eos_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/edgesio/edgesio/eos"
)

// A sign-in makes a token, each request brings it with a fresh srand.
func ExampleSignedToken() {
	key := eos.Key{ID: "2026a", Secret: []byte("thirty-two bytes or more, random")}
	issuer := &eos.Issuer{Key: key, Lifetime: time.Hour}
	verifier := &eos.SignedToken{Keys: []eos.Key{key}}

	now := time.Unix(1_800_000_000, 0) // the loop's clock: loop.Time()
	token, srand, err := issuer.Sign(eos.User{Acoid: "1001", Nickname: "Alice"}, eos.Local, now)
	if err != nil {
		fmt.Println(err)
	}
	ask := func(srand string, now time.Time) {
		verifier.Verify(&eos.Claim{Token: token, Srand: srand, Now: now}, func(info *eos.Info, err error) {
			fmt.Println(info.Acoid(), err)
		})
	}
	ask(srand, now)
	now = now.Add(5 * time.Minute)
	ask(srand, now)
	srand, _ = issuer.Renew(token, now)
	ask(srand, now)
	// Output:
	// 1001 <nil>
	//  eos: not verified: stale srand
	// 1001 <nil>
}

// An app in User Mode may not do what the platform keeps to Privilege Mode.
func ExampleGuard() {
	matrix := eos.DefaultMatrix()
	if err := matrix.Narrow(strings.NewReader("socket.io.socket.compress user deny")); err != nil {
		fmt.Println(err)
	}
	guard := eos.NewGuard(matrix, eos.UserMode)
	fmt.Println(guard.Check(eos.SocketEmit))
	fmt.Println(guard.Check(eos.SocketCompress))
	fmt.Println(guard.Check(eos.AccountSet))
	fmt.Println(guard.Denials())
	// Output:
	// <nil>
	// eos: socket.io.socket.compress is not available in User Mode
	// eos: account.account.set is not available in User Mode
	// 2
}

func ExampleLoadPolicy() {
	policy, err := eos.LoadPolicy(strings.NewReader(`
default deny
allow connect *     /
allow emit    *     /  chat
allow join    user  /  room:*
deny  join    *     /  room:attic
`))
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println(policy.MayEmit(eos.Guest, "/", "chat"), policy.MayEmit(eos.Guest, "/", "reboot"))
	fmt.Println(policy.MayJoin(eos.Member, "/", "room:1"), policy.MayJoin(eos.Member, "/", "room:attic"))
	b, _ := json.Marshal(&eos.PolicyError{Action: "emit", Name: "reboot", Group: eos.Guest})
	os.Stdout.Write(b)
	// Output:
	// true false
	// true false
	// {"code":"denied","action":"emit","name":"reboot","group":"guest"}
}

func ExamplePermissions() {
	permissions := eos.NewPermissions(eos.PermissionTree{Network: true})
	permissions.OnUpdate(func(tree eos.PermissionTree) { fmt.Println("mqtt:", tree.MQTT.Publish) })
	need := eos.PermissionTree{Network: true, MQTT: eos.MQTTPermission{Publish: true}}
	fmt.Println(permissions.Check(need))
	permissions.Update(need)
	fmt.Println(permissions.Check(need))
	// Output:
	// eos: permission denied: mqtt.publish
	// mqtt: true
	// <nil>
}
