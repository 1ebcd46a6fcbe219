package eos

// An API names a row of the matrix: what an app may call, in the platform's
// words. The numbers are of this build: they are not stored nor sent.
type API uint16

// The rows, in the order in which the table shows them. Request and Response
// are rows of two modules: what the platform's web module adds, and what its
// module http has below.
const (
	// Module socket.io.
	ServerSockets API = iota
	ServerServeClient
	ServerPath
	ServerOrigins
	ServerAttach
	ServerBind
	ServerOnConnection
	ServerOf
	ServerClose
	EngineGenerateID
	NamespaceName
	NamespaceConnected
	NamespaceTo
	NamespaceIn
	NamespaceEmit
	NamespaceClients
	NamespaceUse
	SocketID
	SocketRooms
	SocketClient
	SocketConn
	SocketRequest
	SocketHandshake
	SocketRemoteAddress
	SocketUse
	SocketSend
	SocketEmit
	SocketOn
	SocketOnce
	SocketRemoveListener
	SocketRemoveAllListeners
	SocketEventNames
	SocketJoin
	SocketLeave
	SocketTo
	SocketIn
	SocketCompress
	SocketDisconnect
	ClientConn
	ClientRequest

	// Module webapp.
	WebAppCreate
	WebAppCreateApp
	WebAppStatic
	RouterCreate
	AppServer
	AppLocals
	AppStart
	AppStop
	AppPort
	AppAddCert
	AppAll
	AppMethod
	AppRoute
	AppUse
	AppUnhandle
	AppSet
	AppGet
	AppEnable
	AppDisable
	AppEnabled
	AppDisabled
	AppEngine
	AppRender

	// Module request.
	RequestApp
	RequestProtocol
	RequestPath
	RequestParams
	RequestQuery
	RequestCookies
	RequestBody
	RequestGet
	RequestHeader
	RequestOrigin
	RequestXHR
	RequestHost
	RequestIP
	RequestEOS

	// Module response.
	ResponseSend
	ResponseJSON
	ResponseSendStatus
	ResponseSendFile
	ResponseStatus
	ResponseType
	ResponseSet
	ResponseHeader
	ResponseGet
	ResponseCookie
	ResponseClearCookie
	ResponseLocation
	ResponseRedirect
	ResponseRender

	// Module http.
	RequestURL
	RequestMethod
	RequestHeaders
	RequestHTTPVersion
	RequestKeepAlive
	RequestUpgrade
	ResponseWrite
	ResponseEnd
	ResponseHeadersSent
	ResponseSetHeader
	ResponseGetHeader
	ResponseRemoveHeader
	ResponseWriteHead

	// Module websocket.
	WsServerCreateServer
	ChannelPath
	ChannelHeaders
	ChannelEOS
	ChannelSend
	ChannelClose

	// Module middleware.
	MiddlewareCookieParser
	MiddlewareQueryParser
	MiddlewareAuthParser
	MiddlewareServeStatic
	MiddlewareBodyParser
	MiddlewareMulter
	MiddlewareSession
	MiddlewareMorgan
	MiddlewareJWT
	MiddlewareHistory
	MiddlewareEOS

	// Module account.
	AccountSet
	AccountDelete

	// Module socket.
	SocketMports

	// Module fs.
	FSChown
	FSSymlink

	// Module process.
	ProcessSpawn
	ProcessKill

	// Module router/npfctl.
	RouterNpfctl

	// Module router/flowctl.
	RouterFlowctl

	// Module rpc.
	RPCServer

	apiCount
)
