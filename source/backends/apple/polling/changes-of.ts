import type {Transport} from '../transport.js';
import type {ListName} from './plan.js';

const reading = new Set(['ls', 'list', 'inspect', 'logs', 'stats', 'exec', 'export', 'save', 'cp', 'copy', 'system', 'registry']);

const kindsByNoun: Readonly<Record<string, readonly ListName[]>> = {
	image: ['images'],
	build: ['images'],
	network: ['networks'],
	volume: ['volumes'],
	builder: [],
};

/** The kinds of resources that a run of Apple's program may change. */
export const changesOf = (words: readonly string[]): readonly ListName[] => {
	const [first = '', second = ''] = words;
	const isNoun = Object.hasOwn(kindsByNoun, first);
	if (reading.has(isNoun ? second : first)) {
		return [];
	}

	return isNoun ? kindsByNoun[first]! : ['containers'];
};

/** The words after the program in what is executed; the keeper runs it from a shell. */
export const programWords = (argv: readonly string[]): readonly string[] => {
	if (argv[0] !== '/bin/sh') {
		return argv.slice(1);
	}

	const index = argv.lastIndexOf('--attach');
	return index > 0 && argv[index - 1] === 'start' ? argv.slice(index - 1) : ['ls'];
};

/** A transport that tells of every run of Apple's program that may change something, when it begins and when it has ended. */
export const tellingTransport = (transport: Transport, onChange: (kinds: readonly ListName[]) => void): Transport => ({
	...transport,
	async execute(argv, options) {
		const kinds = changesOf(programWords(argv));
		if (kinds.length === 0) {
			return transport.execute(argv, options);
		}

		onChange(kinds);
		const execution = await transport.execute(argv, options);
		const wait = async () => {
			try {
				await execution.ended;
			} catch {
				// What it has done is not known.
			}

			onChange(kinds);
		};

		void wait();
		return execution;
	},
});
