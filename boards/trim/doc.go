// Package trim takes out of a Go program what its runtime keeps for people only: which line of which file each
// instruction is from, which calls were inlined, where a function's arguments are, and long names. A stack is walked,
// scanned and preempted with what stays. For a board with 8 MB of flash that is a seventh of the program, and a fifth
// of what it takes there, for such tables do not pack well.
//
//	small, err := trim.Program(whole)            // what a board gets
//	err = trim.Trace(os.Stdout, crashLog, whole) // what it said when it crashed, with files and lines
//
// A trace of the small program names functions as before, shortened to what is behind the last slash, and has +0x1a4
// behind "?:0" in place of a line. Trace reads the lines from the program as it was linked, which stays with who built
// it: addresses are the same in both.
//
// What is gone of the tables that Go calls pclntab (cmd/link/internal/ld/pcln.go writes them, runtime/symtab.go reads
// them):
//
//   - pcfile, pcln and the names of files: funcline1 gives "?", 0 for a function without them. The lines at which
//     functions begin, which only profiles have.
//   - FUNCDATA_InlTree and PCDATA_InlTreeIndex: the unwinder sees no inlined calls where there is no tree. They stay
//     where a function of the runtime was inlined, which preemption asks for (isAsyncSafePoint), and in wrappers,
//     whose inlined calls recover counts (gorecover).
//   - FUNCDATA_ArgInfo, FUNCDATA_ArgLiveInfo and PCDATA_ArgLiveIndex: a trace has no values of arguments.
//   - The end of each function's list of tables, where it has none.
//   - Directories and type arguments in names of functions, but for those of the runtime, whose prefix counts.
//
// Who looks is told less: runtime.Caller and Callers do not count inlined calls either, symbols that were not stripped
// still name the whole tables, and a scan for vulnerable functions (govulncheck -mode=binary) must be given the program
// as it was linked, since it looks for full names.
//
// Nothing is moved but those tables within their section: all other addresses stay, and what is then empty is left out
// of the file by one more segment. It knows the tables of one release of Go, go1.26, compares every address that it
// changes with what it must be, and says so when it does not know a program.
package trim
