import {execFile} from 'node:child_process';
import {escapeControls} from '../../text/escape.js';
import {defineCommand} from '../command.js';
import {namesOf, type Candidate} from './candidates.js';
import {complete, type Completion} from './complete.js';
import {findCompose} from './find-compose.js';

/** A shell that completes must not hang. */
const limitMs = 3000;

/** Tells the script of the shell to complete file names, too. */
const files = ':files';

/** Compose completes by itself, as all programs that use Cobra: a candidate a line, then a colon and a number, whose bit 4 says that files do not fit. */
const askCompose = async (
	program: string,
	words: readonly string[],
	environment: Readonly<Record<string, string | undefined>>,
): Promise<readonly string[]> => {
	const {promise, resolve} = Promise.withResolvers<string>();
	execFile(program, ['__complete', ...words], {env: environment, timeout: limitMs, encoding: 'utf8'}, (_error, stdout) => {
		resolve(stdout);
	});
	const lines = (await promise).split('\n').filter(line => line !== '');
	const directive = Number(lines.at(-1)?.replace(':', ''));
	return [...lines.filter(line => !line.startsWith(':')), ...(directive & 4) === 0 ? [files] : []];
};

/** Whether a shell takes a name as it is: bash does not quote what it completes, and another engine's names may be anything. */
const isPlain = ({value}: Candidate): boolean => /^\w[\w.\-:\/@+]*$/v.test(value);

const lineOf = ({value, description}: Candidate, prefix: string) => `${prefix}${escapeControls(value)}${description === undefined ? '' : `\t${escapeControls(description)}`}`;

export const command = defineCommand({
	usage: '[WORD...]',
	flags: {},
	passesArguments: true,
	async run({stdout, environment, runningEngine}, _flags, words) {
		const completion = await complete(words);
		const {candidates, kinds, prefix, start, command, input, passed} = completion;
		if (passed) {
			const compose = await findCompose(environment);
			const lines = compose === undefined ? [] : await askCompose(compose, passed, environment);
			stdout.write(lines.map(line => `${line}\n`).join(''));
			return 0;
		}

		const names = async ({globals}: Completion): Promise<readonly Candidate[]> => {
			const wanted = kinds.filter(kind => kind !== 'file');
			if (wanted.length === 0) {
				return [];
			}

			const engine = await runningEngine(globals);
			const found = await Promise.all(wanted.map(async kind => namesOf(engine, kind, command)));
			return found.flat().filter(candidate => isPlain(candidate));
		};

		// Without the engine there are still flags and commands, and a shell has no place for a message.
		const limit = new Promise<readonly Candidate[]>(resolve => {
			setTimeout(resolve, limitMs, []).unref();
		});
		const found = [...candidates, ...await Promise.race([names(completion).catch(() => []), limit])];
		const lines = found.filter(({value}) => value.startsWith(start) && !input.includes(value)).map(candidate => lineOf(candidate, prefix));
		stdout.write([...lines, ...kinds.includes('file') ? [files] : []].map(line => `${line}\n`).join(''));
		return 0;
	},
});
