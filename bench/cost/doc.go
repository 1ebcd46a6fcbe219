// Package cost counts what a message costs on the processors of the boards: its tests run bench/instructions, the
// server without a system below it, and a server on sockets, under qemu's emulators with a plugin that counts. Counting
// repeats within a per cent on any machine, loaded or not; what the instructions mean in messages a second is an
// estimate, and the table says what it assumes.
//
//	make cost                 counts and compares with recorded.txt
//	make cost ARGS=-update    writes recorded.txt, and the table: COST.md, and the cost section of boards/README.md
package cost
