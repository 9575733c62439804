import type {Input, Output} from '../../terminal/streams.js';

export type Background = 'dark' | 'light';

// OSC 11 asks for the background. Every terminal answers the second question, its attributes (DA1), and answers in order: then no other answer comes.
const question = '\u{1B}]11;?\u{1B}\\\u{1B}[c';

// Milliseconds.
const patience = 100;
// To ask its own terminal, tmux needs longer.
const tmuxDelay = 40;
// A key Esc is the beginning of an answer, too; it waits this long for the rest.
const escapeDelay = 30;

// eslint-disable-next-line no-control-regex, regexp/no-control-character -- it starts with one
const answer = /\u{1B}\]11;(?<colour>[^\u{7}\u{1B}]{0,64})(?:\u{7}|\u{1B}\\)|\u{1B}\[\?[\d;]{0,32}c/gv;
// eslint-disable-next-line no-control-regex, regexp/no-control-character -- it starts with one
const unfinished = /\u{1B}(?:\](?:1(?:1(?:;[^\u{7}\u{1B}]{0,64}\u{1B}?)?)?)?|\[(?:\?[\d;]{0,32})?)?$/v;
// The answer may come after that to the second question, as tmux passes only the first one on; then no key is held back.
// eslint-disable-next-line no-control-regex, regexp/no-control-character -- it starts with one
const unfinishedLate = /\u{1B}\]11(?:;[^\u{7}\u{1B}]{0,64}\u{1B}?)?$/v;
const channels = /^rgba?:(?<red>[\da-f]{1,4})\/(?<green>[\da-f]{1,4})\/(?<blue>[\da-f]{1,4})/iv;

/** Whether a colour as XParseColor writes it, `rgb:ffff/ffff/ffff`, is dark or light. */
export const backgroundOfColour = (colour: string): Background | undefined => {
	const {groups} = channels.exec(colour) ?? {};
	if (!groups) {
		return undefined;
	}

	const part = (digits: string) => Number.parseInt(digits, 16) / (16 ** digits.length - 1);
	// The weights of ITU-R BT.601.
	return 0.299 * part(groups.red!) + 0.587 * part(groups.green!) + 0.114 * part(groups.blue!) > 0.5 ? 'light' : 'dark';
};

export type Answers = {
	/** The input without answers; the beginning of one is held back. */
	readonly take: (chunk: string) => string;
	/** Gives back what was held. */
	readonly release: () => string;
	readonly isHolding: () => boolean;
	/** The terminal has answered all questions. */
	readonly isComplete: () => boolean;
	readonly background: () => Background | undefined;
};

/** Takes a terminal's answers out of its input, also if they come in pieces. */
export const createAnswers = (): Answers => {
	let held = '';
	let isComplete = false;
	let background: Background | undefined;
	return {
		take(chunk) {
			const text = (held + chunk).replaceAll(answer, (_, colour: string | undefined) => {
				background = colour === undefined ? background : backgroundOfColour(colour);
				isComplete ||= colour === undefined;
				return '';
			});
			held = (isComplete ? unfinishedLate : unfinished).exec(text)?.[0] ?? '';
			return text.slice(0, text.length - held.length);
		},
		release() {
			const text = held;
			held = '';
			return text;
		},
		isHolding: () => held !== '',
		isComplete: () => isComplete,
		background: () => background,
	};
};

/** The stream without late answers; `first` is read before everything else. */
const withoutAnswers = (stream: Input, answers: Answers, first: string): Input => {
	const queue = first === '' ? [] : [first];
	let timer: NodeJS.Timeout | undefined;
	const read = (size?: number): unknown => {
		clearTimeout(timer);
		for (;;) {
			const chunk: unknown = queue.shift() ?? stream.read(size);
			const text = typeof chunk === 'string' ? answers.take(chunk) : chunk;
			if (text !== '') {
				if (text === null && answers.isHolding()) {
					timer = setTimeout(() => {
						// Only a lone Esc is a key; more of an answer waits for its end.
						const held = answers.release();
						if (held === '\u{1B}') {
							released.push(held);
							stream.emit('readable');
						} else {
							answers.take(held);
						}
					}, escapeDelay);
				}

				return text;
			}
		}
	};

	const released: string[] = [];
	const readAll = (size?: number): unknown => released.shift() ?? read(size);
	return new Proxy(stream, {
		get(target, name) {
			if (name === 'read') {
				return readAll;
			}

			const value: unknown = Reflect.get(target, name);
			if ((name === 'on' || name === 'addListener') && typeof value === 'function') {
				return (event: string, listener: (...given: unknown[]) => void) => {
					target.on(event, listener);
					if (event === 'readable' && queue.length > 0) {
						setImmediate(() => {
							target.emit('readable');
						});
					}
				};
			}

			return typeof value === 'function' ? value.bind(target) as unknown : value;
		},
	});
};

type Environment = Readonly<Record<string, string | undefined>>;

/** Whether the terminal understands the question. GNU screen would repeat it to its own terminal later, and the console prints it. */
export const canAsk = ({TERM = '', TMUX, STY}: Environment): boolean =>
	!['', 'dumb', 'linux', 'unknown'].includes(TERM) && STY === undefined && (TMUX !== undefined || !TERM.startsWith('screen'));

export type Asked = {readonly background?: Background; /** The terminal's input from now on. */ readonly input: Input};

type AskOptions = {readonly stdin: Input; readonly stdout: Output; readonly environment: Environment; readonly isWanted: boolean};

/** Asks the terminal for its background and waits at most 100 ms. A later answer is no input either. */
export const askBackground = async ({stdin, stdout, environment, isWanted}: AskOptions): Promise<Asked> => {
	if (!isWanted || !stdin.isTTY || !stdout.isTTY || !stdin.setRawMode || !canAsk(environment)) {
		return {input: stdin};
	}

	const answers = createAnswers();
	const {promise, resolve} = Promise.withResolvers<void>();
	let typed = '';
	let late: NodeJS.Timeout | undefined;
	const onReadable = () => {
		for (let chunk: unknown = stdin.read(); chunk !== null; chunk = stdin.read()) {
			typed += answers.take(chunk as string);
		}

		if (answers.background() || (answers.isComplete() && environment.TMUX === undefined)) {
			resolve();
		} else if (answers.isComplete()) {
			late ??= setTimeout(resolve, tmuxDelay);
		}
	};

	stdin.setEncoding('utf8');
	stdin.setRawMode(true);
	stdin.on('readable', onReadable);
	const timer = setTimeout(resolve, patience);
	stdout.write(question);
	await promise;
	clearTimeout(timer);
	clearTimeout(late);
	stdin.off('readable', onReadable);
	return {background: answers.background(), input: withoutAnswers(stdin, answers, typed)};
};
