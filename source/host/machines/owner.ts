/**
Environment variable of every process that an engine leaves running or could leave behind. Its value is the directory that the process works for, below the engine's own.

A process has it from its first instruction on, so it is found even if the engine died right after starting it. An argument would not do, because other programs also name the directory in their arguments.
*/
export const ownerVariable = 'HOLM_PROCESS_OF';
