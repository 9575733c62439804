import {defaultDetachKeys} from '../terminal/detach-keys.js';

export const attachFlags = {
	sigProxy: {type: 'boolean', default: true, description: 'Forward signals to the process'},
	detachKeys: {
		type: 'string', default: defaultDetachKeys, value: 'KEYS', description: 'Keys that detach from the terminal',
	},
} as const;
