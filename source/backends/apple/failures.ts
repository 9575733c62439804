import {HolmError, type ErrorCode} from '../../engine/errors.js';
import {escapeControls} from '../../text/escape.js';

/** What a run of Apple's program has left. */
export type Ended = {
	readonly argv: readonly string[];
	readonly exitCode: number;
	readonly stderr: string;
	/** The host, for messages. */
	readonly where: string;
};

type Rule = {
	readonly pattern: RegExp;
	readonly code: ErrorCode;
	readonly remedy: string;
	/** In place of the program's own words. */
	readonly message?: (ended: Ended, line: string) => string;
};

const service = 'container system start there; over SSH, that user must be logged in at the screen of the Mac';

/** The error of a service that does not run. */
export const serviceFailure = (where: string): HolmError =>
	new HolmError('unavailable', `the service of Apple's container does not run on ${where}`, {remedy: service});

/** The order is that of precedence: the first match counts. */
const rules: readonly Rule[] = [
	{
		pattern: /Plugin 'container-network' not found|requires macOS 26/v, code: 'unsupported', remedy: 'update macOS, or use the default network',
		message: ({where}) => `networks of one's own need macOS 26 on ${where}`,
	},
	{
		pattern: /XPC connection error|container system start|Plugins are unavailable/v, code: 'unavailable', remedy: service,
		message: ({where}) => `the service of Apple's container does not run on ${where}`,
	},
	{
		pattern: /XPC timeout/v, code: 'unavailable', remedy: 'container system stop there, then container system start',
		message: ({where}) => `the service of Apple's container does not answer on ${where}`,
	},
	{pattern: /unauthorized request/v, code: 'forbidden', remedy: 'use it as the user who owns the service, not as root'},
	{pattern: /Rosetta Translation/v, code: 'unsupported', remedy: 'run Node and the terminal for Apple silicon'},
	{pattern: /-25308|querying keychain/v, code: 'forbidden', remedy: 'the keychain is locked: security unlock-keychain'},
	{
		pattern: /Address already in use|errno: 48/v, code: 'conflict', remedy: 'stop what listens there, or choose another port',
		message: () => 'port is already allocated',
	},
	{pattern: /Permission denied while binding/v, code: 'forbidden', remedy: 'use a port from 1024, or publish it on 0.0.0.0'},
	{pattern: /already exist/v, code: 'conflict', remedy: 'choose another name'},
	{pattern: /referring containers|in use|can not be deleted/v, code: 'conflict', remedy: 'remove its containers first, or stop them'},
	{pattern: /delete failed for one or more/v, code: 'conflict', remedy: 'remove its containers first'},
	{pattern: /cannot delete a builtin/v, code: 'forbidden', remedy: 'it is always there'},
	{pattern: /port.* overlap/v, code: 'invalid', remedy: 'give each host port once'},
	{pattern: /overlap/v, code: 'conflict', remedy: 'choose another subnet'},
	{pattern: /is not running|no runtime client exists|is stopped/v, code: 'conflict', remedy: 'start it first'},
	{
		pattern: /(?:executable file not found|failed to find target executable|no such file or directory)/iv,
		code: 'command-not-found',
		remedy: 'name a program of the image',
	},
	{
		pattern: /failed to (?:start|exec).*permission denied|not executable/iv,
		code: 'not-executable',
		remedy: 'name a program, or make it executable',
	},
	{pattern: /path .* does not exist/v, code: 'invalid', remedy: 'make that directory first'},
	{
		pattern: /\bnot ?found\b|no such container|image with reference|failed to delete one or more/iv,
		code: 'not-found',
		remedy: 'holm ps -a, images, network ls and volume ls list what there is',
	},
	{pattern: /\b40[13]\b|no credentials found|unauthorized/iv, code: 'forbidden', remedy: 'holm login'},
	{pattern: /not a valid|\binvalid\b|minimum memory|has no content for platform/iv, code: 'invalid', remedy: 'change it'},
];

/** The longest text of the program that a message repeats. */
const longest = 500;

/** Text of Apple's program without control sequences and without the progress that it draws. */
export const plainText = (text: string): string => {
	const {stripVTControlCharacters} = process.getBuiltinModule('node:util');
	return stripVTControlCharacters(text).replaceAll('\r', '\n');
};

/** The line that says what failed: the last one that begins with `Error: `, or else the last one. */
export const errorLine = (stderr: string): string => {
	const lines = plainText(stderr).split('\n').map(line => line.trim()).filter(Boolean);
	const line = lines.findLast(line => line.startsWith('Error: ')) ?? lines.at(-1) ?? '';
	return escapeControls(line.replace(/^Error: /v, '').slice(0, longest));
};

/** The error of a failed run. */
export const failureOf = (ended: Ended): HolmError => {
	const {argv, exitCode, stderr, where} = ended;
	const line = errorLine(stderr);
	const whole = plainText(stderr).slice(-10 * longest);
	const rule = rules.find(({pattern}) => pattern.test(line)) ?? rules.find(({pattern}) => pattern.test(whole));
	const words = `container ${argv.slice(0, 2).join(' ')}`;
	if (rule) {
		return new HolmError(rule.code, rule.message?.(ended, line) ?? line, {remedy: rule.remedy, cause: new Error(line)});
	}

	if (exitCode === 64) {
		return new HolmError(
			'internal',
			`this version of Apple's container does not take ${escapeControls(words)}: ${line}`,
			{remedy: 'update it: github.com/apple/container/releases'},
		);
	}

	return new HolmError(
		'internal',
		line === '' ? `${escapeControls(words)} failed with status ${exitCode} on ${where}` : line,
		{remedy: 'container system logs may say why'},
	);
};
