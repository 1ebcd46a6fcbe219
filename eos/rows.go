package eos

// A Row is one line of the matrix: which modes may call an API.
type Row struct {
	API         API
	Module      string // "socket.io"
	Name        string // "namespace.to"; "*" for a module that is one row
	User        bool   // may be called in User Mode
	Privilege   bool   // may be called in Privilege Mode
	Counterpart bool   // this project has it: a guard checks it; others are listed to be complete
}

// modes are the modes that the platform gives a row.
type modes uint8

const (
	bothModes modes = iota
	privilegeOnly
)

// platformRows is the matrix of the platform. Modules of the web are open to
// both modes; the others are the ones that it names as privileged. What this
// project has of account.set is AccountFile.Reload: a program that can be asked to
// reload checks the row first.
var platformRows = [apiCount]struct {
	api          API
	module, name string
	modes        modes
	counterpart  bool
}{
	ServerSockets:            {ServerSockets, "socket.io", "server.sockets", bothModes, true},
	ServerServeClient:        {ServerServeClient, "socket.io", "server.serveClient", bothModes, true},
	ServerPath:               {ServerPath, "socket.io", "server.path", bothModes, true},
	ServerOrigins:            {ServerOrigins, "socket.io", "server.origins", bothModes, true},
	ServerAttach:             {ServerAttach, "socket.io", "server.attach", bothModes, true},
	ServerBind:               {ServerBind, "socket.io", "server.bind", bothModes, true},
	ServerOnConnection:       {ServerOnConnection, "socket.io", "server.onconnection", bothModes, true},
	ServerOf:                 {ServerOf, "socket.io", "server.of", bothModes, true},
	ServerClose:              {ServerClose, "socket.io", "server.close", bothModes, true},
	EngineGenerateID:         {EngineGenerateID, "socket.io", "server.engine.generateId", bothModes, true},
	NamespaceName:            {NamespaceName, "socket.io", "namespace.name", bothModes, true},
	NamespaceConnected:       {NamespaceConnected, "socket.io", "namespace.connected", bothModes, true},
	NamespaceTo:              {NamespaceTo, "socket.io", "namespace.to", bothModes, true},
	NamespaceIn:              {NamespaceIn, "socket.io", "namespace.in", bothModes, true},
	NamespaceEmit:            {NamespaceEmit, "socket.io", "namespace.emit", bothModes, true},
	NamespaceClients:         {NamespaceClients, "socket.io", "namespace.clients", bothModes, true},
	NamespaceUse:             {NamespaceUse, "socket.io", "namespace.use", bothModes, true},
	SocketID:                 {SocketID, "socket.io", "socket.id", bothModes, true},
	SocketRooms:              {SocketRooms, "socket.io", "socket.rooms", bothModes, true},
	SocketClient:             {SocketClient, "socket.io", "socket.client", bothModes, true},
	SocketConn:               {SocketConn, "socket.io", "socket.conn", bothModes, true},
	SocketRequest:            {SocketRequest, "socket.io", "socket.request", bothModes, true},
	SocketHandshake:          {SocketHandshake, "socket.io", "socket.handshake", bothModes, true},
	SocketRemoteAddress:      {SocketRemoteAddress, "socket.io", "socket.remoteAddress", bothModes, true},
	SocketUse:                {SocketUse, "socket.io", "socket.use", bothModes, true},
	SocketSend:               {SocketSend, "socket.io", "socket.send", bothModes, true},
	SocketEmit:               {SocketEmit, "socket.io", "socket.emit", bothModes, true},
	SocketOn:                 {SocketOn, "socket.io", "socket.on", bothModes, true},
	SocketOnce:               {SocketOnce, "socket.io", "socket.once", bothModes, true},
	SocketRemoveListener:     {SocketRemoveListener, "socket.io", "socket.removeListener", bothModes, true},
	SocketRemoveAllListeners: {SocketRemoveAllListeners, "socket.io", "socket.removeAllListeners", bothModes, true},
	SocketEventNames:         {SocketEventNames, "socket.io", "socket.eventNames", bothModes, true},
	SocketJoin:               {SocketJoin, "socket.io", "socket.join", bothModes, true},
	SocketLeave:              {SocketLeave, "socket.io", "socket.leave", bothModes, true},
	SocketTo:                 {SocketTo, "socket.io", "socket.to", bothModes, true},
	SocketIn:                 {SocketIn, "socket.io", "socket.in", bothModes, true},
	SocketCompress:           {SocketCompress, "socket.io", "socket.compress", bothModes, true},
	SocketDisconnect:         {SocketDisconnect, "socket.io", "socket.disconnect", bothModes, true},
	ClientConn:               {ClientConn, "socket.io", "client.conn", bothModes, true},
	ClientRequest:            {ClientRequest, "socket.io", "client.request", bothModes, true},
	WebAppCreate:             {WebAppCreate, "webapp", "WebApp.create", bothModes, true},
	WebAppCreateApp:          {WebAppCreateApp, "webapp", "WebApp.createApp", bothModes, true},
	WebAppStatic:             {WebAppStatic, "webapp", "WebApp.static", bothModes, true},
	RouterCreate:             {RouterCreate, "webapp", "Router.create", bothModes, true},
	AppServer:                {AppServer, "webapp", "app.server", bothModes, true},
	AppLocals:                {AppLocals, "webapp", "app.locals", bothModes, true},
	AppStart:                 {AppStart, "webapp", "app.start", bothModes, true},
	AppStop:                  {AppStop, "webapp", "app.stop", bothModes, true},
	AppPort:                  {AppPort, "webapp", "app.port", bothModes, true},
	AppAddCert:               {AppAddCert, "webapp", "app.addcert", bothModes, true},
	AppAll:                   {AppAll, "webapp", "app.all", bothModes, true},
	AppMethod:                {AppMethod, "webapp", "app.METHOD", bothModes, true},
	AppRoute:                 {AppRoute, "webapp", "app.route", bothModes, true},
	AppUse:                   {AppUse, "webapp", "app.use", bothModes, true},
	AppUnhandle:              {AppUnhandle, "webapp", "app.unhandle", bothModes, true},
	AppSet:                   {AppSet, "webapp", "app.set", bothModes, true},
	AppGet:                   {AppGet, "webapp", "app.get", bothModes, true},
	AppEnable:                {AppEnable, "webapp", "app.enable", bothModes, true},
	AppDisable:               {AppDisable, "webapp", "app.disable", bothModes, true},
	AppEnabled:               {AppEnabled, "webapp", "app.enabled", bothModes, true},
	AppDisabled:              {AppDisabled, "webapp", "app.disabled", bothModes, true},
	AppEngine:                {AppEngine, "webapp", "app.engine", bothModes, true},
	AppRender:                {AppRender, "webapp", "app.render", bothModes, true},
	RequestApp:               {RequestApp, "request", "request.app", bothModes, true},
	RequestProtocol:          {RequestProtocol, "request", "request.protocol", bothModes, true},
	RequestPath:              {RequestPath, "request", "request.path", bothModes, true},
	RequestParams:            {RequestParams, "request", "request.params", bothModes, true},
	RequestQuery:             {RequestQuery, "request", "request.query", bothModes, true},
	RequestCookies:           {RequestCookies, "request", "request.cookies", bothModes, true},
	RequestBody:              {RequestBody, "request", "request.body", bothModes, true},
	RequestGet:               {RequestGet, "request", "request.get", bothModes, true},
	RequestHeader:            {RequestHeader, "request", "request.header", bothModes, true},
	RequestOrigin:            {RequestOrigin, "request", "request.origin", bothModes, true},
	RequestXHR:               {RequestXHR, "request", "request.xhr", bothModes, true},
	RequestHost:              {RequestHost, "request", "request.host", bothModes, true},
	RequestIP:                {RequestIP, "request", "request.ip", bothModes, true},
	RequestEOS:               {RequestEOS, "request", "request.eos", bothModes, true},
	ResponseSend:             {ResponseSend, "response", "response.send", bothModes, true},
	ResponseJSON:             {ResponseJSON, "response", "response.json", bothModes, true},
	ResponseSendStatus:       {ResponseSendStatus, "response", "response.sendStatus", bothModes, true},
	ResponseSendFile:         {ResponseSendFile, "response", "response.sendFile", bothModes, true},
	ResponseStatus:           {ResponseStatus, "response", "response.status", bothModes, true},
	ResponseType:             {ResponseType, "response", "response.type", bothModes, true},
	ResponseSet:              {ResponseSet, "response", "response.set", bothModes, true},
	ResponseHeader:           {ResponseHeader, "response", "response.header", bothModes, true},
	ResponseGet:              {ResponseGet, "response", "response.get", bothModes, true},
	ResponseCookie:           {ResponseCookie, "response", "response.cookie", bothModes, true},
	ResponseClearCookie:      {ResponseClearCookie, "response", "response.clearCookie", bothModes, true},
	ResponseLocation:         {ResponseLocation, "response", "response.location", bothModes, true},
	ResponseRedirect:         {ResponseRedirect, "response", "response.redirect", bothModes, true},
	ResponseRender:           {ResponseRender, "response", "response.render", bothModes, true},
	RequestURL:               {RequestURL, "http", "request.url", bothModes, true},
	RequestMethod:            {RequestMethod, "http", "request.method", bothModes, true},
	RequestHeaders:           {RequestHeaders, "http", "request.headers", bothModes, true},
	RequestHTTPVersion:       {RequestHTTPVersion, "http", "request.httpVersion", bothModes, true},
	RequestKeepAlive:         {RequestKeepAlive, "http", "request.keepAlive", bothModes, true},
	RequestUpgrade:           {RequestUpgrade, "http", "request.upgrade", bothModes, true},
	ResponseWrite:            {ResponseWrite, "http", "response.write", bothModes, true},
	ResponseEnd:              {ResponseEnd, "http", "response.end", bothModes, true},
	ResponseHeadersSent:      {ResponseHeadersSent, "http", "response.headersSent", bothModes, true},
	ResponseSetHeader:        {ResponseSetHeader, "http", "response.setHeader", bothModes, true},
	ResponseGetHeader:        {ResponseGetHeader, "http", "response.getHeader", bothModes, true},
	ResponseRemoveHeader:     {ResponseRemoveHeader, "http", "response.removeHeader", bothModes, true},
	ResponseWriteHead:        {ResponseWriteHead, "http", "response.writeHead", bothModes, true},
	WsServerCreateServer:     {WsServerCreateServer, "websocket", "WsServer.createServer", bothModes, true},
	ChannelPath:              {ChannelPath, "websocket", "channel.path", bothModes, true},
	ChannelHeaders:           {ChannelHeaders, "websocket", "channel.headers", bothModes, true},
	ChannelEOS:               {ChannelEOS, "websocket", "channel.eos", bothModes, true},
	ChannelSend:              {ChannelSend, "websocket", "channel.send", bothModes, true},
	ChannelClose:             {ChannelClose, "websocket", "channel.close", bothModes, true},
	MiddlewareCookieParser:   {MiddlewareCookieParser, "middleware", "cookieParser", bothModes, true},
	MiddlewareQueryParser:    {MiddlewareQueryParser, "middleware", "queryParser", bothModes, true},
	MiddlewareAuthParser:     {MiddlewareAuthParser, "middleware", "authParser", bothModes, true},
	MiddlewareServeStatic:    {MiddlewareServeStatic, "middleware", "serveStatic", bothModes, true},
	MiddlewareBodyParser:     {MiddlewareBodyParser, "middleware", "bodyParser", bothModes, true},
	MiddlewareMulter:         {MiddlewareMulter, "middleware", "multer", bothModes, true},
	MiddlewareSession:        {MiddlewareSession, "middleware", "session", bothModes, true},
	MiddlewareMorgan:         {MiddlewareMorgan, "middleware", "morgan", bothModes, true},
	MiddlewareJWT:            {MiddlewareJWT, "middleware", "jwt", bothModes, true},
	MiddlewareHistory:        {MiddlewareHistory, "middleware", "history", bothModes, true},
	MiddlewareEOS:            {MiddlewareEOS, "middleware", "eos", bothModes, true},
	AccountSet:               {AccountSet, "account", "account.set", privilegeOnly, true},
	AccountDelete:            {AccountDelete, "account", "account.delete", privilegeOnly, false},
	SocketMports:             {SocketMports, "socket", "socket.mports", privilegeOnly, false},
	FSChown:                  {FSChown, "fs", "fs.chown", privilegeOnly, false},
	FSSymlink:                {FSSymlink, "fs", "fs.symlink", privilegeOnly, false},
	ProcessSpawn:             {ProcessSpawn, "process", "process.spawn", privilegeOnly, false},
	ProcessKill:              {ProcessKill, "process", "process.kill", privilegeOnly, false},
	RouterNpfctl:             {RouterNpfctl, "router/npfctl", "*", privilegeOnly, false},
	RouterFlowctl:            {RouterFlowctl, "router/flowctl", "*", privilegeOnly, false},
	RPCServer:                {RPCServer, "rpc", "rpc.Server", privilegeOnly, false},
}

// String is the name by which a file and an error call the row: "socket.io.socket.emit".
func (a API) String() string {
	if a >= apiCount {
		return "unknown API"
	}
	return platformRows[a].module + "." + platformRows[a].name
}
