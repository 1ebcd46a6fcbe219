package webapp

import "github.com/edgesio/edgesio/eos"

// The permission matrix: the counterparts of the platform's app.* rows ask the
// guard of the process first (Options.Mode and Matrix). A denied call has no
// effect and is counted by Server.Guard; its *eos.PermissionError is what a method
// with an error result returns, OnError is told of all others, and they return:
//
//	WebApp.create            Create, CreateWith                     the error
//	app.start                App.Start                              the error
//	app.stop                 App.Stop                               -
//	app.port                 App.Port                               0
//	app.locals               App.Locals                             a map that nobody reads
//	app.all, app.METHOD      App.All; App.Get, Post ... Method      -
//	app.route                App.Route, RouteExp                    a route that serves nothing
//	app.use                  App.Use, UseError, UseErrorAt, Mount   -
//	app.unhandle             App.Unhandle                           0
//	app.set                  App.Set                                -
//	app.enable, app.disable  App.Enable, Disable                    -
//	app.get                  App.Setting                            nil
//	app.enabled, .disabled   App.Enabled, Disabled                  false
//	app.engine               App.Engine                             -
//	app.render               App.Render, and so Response.Render     the error; 500

// may tells whether the program may call an API, and reports it when it may not.
func (a *App) may(api eos.API) bool {
	err := a.server.permits.Check(api)
	if err != nil {
		a.server.report(err)
	}
	return err == nil
}

// may is App.may for the app's own router; others are free.
func (r *Router) may(api eos.API) bool { return r.app == nil || r.app.may(api) }
