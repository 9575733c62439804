import {attachFlags} from './attach-flags.js';
import {containerFlags} from './container-flags.js';

/** The command line of `holm run`; the dashboard's form for containers uses it, too. */
export const runArguments = {
	usage: 'IMAGE [COMMAND] [ARG...]',
	flags: {
		detach: {type: 'boolean', shortFlag: 'd', description: 'Run in the background and print the id'},
		attach: {
			type: 'string', shortFlag: 'a', isMultiple: true, value: 'STREAM', description: 'Attach to stdin, stdout or stderr only',
		},
		...attachFlags,
		...containerFlags,
	},
	flagsEndAtFirstArgument: true,
} as const;
