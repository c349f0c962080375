// Ends with 0 on Windows and with 1 elsewhere, for `npm start`: npm runs a script through `sh -c` and sends
// SIGTERM to that shell. Debian's shell dies of it and leaves the server behind; with `exec` the server takes the
// shell's place, gets the signal, drains, and its exit code is npm's. The shell of Windows has no `exec`.
process.exitCode = process.platform === 'win32' ? 0 : 1
