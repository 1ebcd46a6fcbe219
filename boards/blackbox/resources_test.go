package blackbox

var (
	timeRows    []row
	handlerRows []row
	loadRows    []row
	processRows []row
)
