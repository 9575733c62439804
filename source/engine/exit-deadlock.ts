/**
Makes `process.exit` safe for code that has not run yet: V8 compiles on the main thread from now on.

Node waits in `process.exit` for its threads, and one that compiles may wait for the main thread to collect garbage: the process hangs for ever. See nodejs/node#54918.
*/
export const compileOnMainThread = (): void => {
	const {setFlagsFromString} = process.getBuiltinModule('node:v8');
	setFlagsFromString('--no-concurrent-recompilation');
	setFlagsFromString('--no-concurrent-sparkplug');
};
