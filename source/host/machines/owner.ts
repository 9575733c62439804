/**
Variable of the environment that every process has which an engine leaves running or could leave behind: the directory below the engine's own that it works for.

A process has it from its first instruction on, so one that was started by an engine that died a moment later is found, too. A name among the arguments would be that of everybody who looks at the directory.
*/
export const ownerVariable = 'HOLM_PROCESS_OF';
