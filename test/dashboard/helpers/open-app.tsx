import {EventEmitter} from 'node:events';
import {stripVTControlCharacters} from 'node:util';
import {setTimeout as delay} from 'node:timers/promises';
import {render} from 'ink';
import {createMemoryEngine} from '../../../source/backends/memory/engine.js';
import {App} from '../../../source/dashboard/frame/app.js';
import {openScreen} from '../../../source/dashboard/screen/open-screen.js';
import type {Row} from '../../../source/dashboard/screen/row.js';
import {changeStyle} from '../../../source/dashboard/screen/style.js';
import {defaultConfiguration} from '../../../source/dashboard/state/config.js';
import {createController, type JoinSession} from '../../../source/dashboard/work/controller.js';
import {startSubscriptions} from '../../../source/dashboard/work/subscriptions.js';
import {configuredKeyMaps} from '../../../source/dashboard/keys/key-maps.js';
import {targetOf} from '../../../source/dashboard/state/known-engines.js';
import {createLogs} from '../../../source/dashboard/logs/follow.js';
import {handleMouse} from '../../../source/dashboard/mouse/handle-mouse.js';
import {withMouse} from '../../../source/dashboard/mouse/mouse-events.js';
import {readOnly} from '../../../source/dashboard/work/read-only.js';
import {createSpeaker} from '../../../source/dashboard/spoken/speaker.js';
import {SpokenApp} from '../../../source/dashboard/spoken/spoken-app.js';
import {createStore} from '../../../source/dashboard/state/store.js';
import {createTheme, type ThemeOptions} from '../../../source/dashboard/frame/theme.js';
import type {Engine} from '../../../source/engine/engine.js';

/** A row with its styles, up to the last column that shows something. */
const painted = ({characters, styles}: Row): string => {
	const end = characters.findLastIndex((character, column) => character !== ' ' || styles[column] !== '') + 1;
	return characters.slice(0, end).map((character, column) => `${changeStyle(styles[column - 1] ?? '', styles[column]!)}${character}`).join('')
		+ changeStyle(styles[end - 1] ?? '', '');
};

/** A fake terminal. */
const createScreen = (columns: number, rows: number) => {
	const screen = Object.assign(new EventEmitter(), { // eslint-disable-line unicorn/prefer-event-target -- as streams are
		isTTY: true,
		writable: true,
		columns,
		rows,
		frame: '',
		write(data: string, done?: () => void): boolean {
			screen.frame = data === '' ? screen.frame : data;
			done?.();
			return true;
		},
	});
	return screen;
};

const createKeyboard = () => {
	const held: string[] = [];
	const nothing = () => {};
	const keyboard = Object.assign(new EventEmitter(), { // eslint-disable-line unicorn/prefer-event-target -- as streams are
		isTTY: true,
		type(text: string) {
			held.push(text);
			keyboard.emit('readable');
		},
		read: () => held.shift() ?? null,
		setEncoding: nothing,
		setRawMode: nothing,
		ref: nothing,
		unref: nothing,
	});
	return keyboard;
};

export type OpenOptions = {
	readonly columns?: number;
	readonly rows?: number;
	readonly engine?: Engine;
	readonly connect?: () => Promise<Engine>;
	readonly isReadOnly?: boolean;
	readonly theme?: Partial<ThemeOptions>;
	readonly joinSession?: JoinSession;
	/** Engines to switch to, by name. */
	readonly engines?: Readonly<Record<string, () => Promise<Engine>>>;
	/** As in the configuration. */
	readonly mouse?: boolean;
	/** For a screen reader. */
	readonly isSpoken?: boolean;
	readonly keys?: Readonly<Record<string, readonly string[]>>;
};

const patience = 15_000;

/** Opens the dashboard without a real terminal. */
export const openApp = async ({columns = 120, rows = 36, engine: given, connect, isReadOnly = false, theme = {}, joinSession = async () => 'left', keys = {}, engines = {}, isSpoken = false, mouse = false}: OpenOptions = {}) => {
	const own = given ? undefined : createMemoryEngine();
	const engine = given ?? own!;
	const screen = createScreen(columns, rows);
	const keyboard = createKeyboard();
	const copied: string[] = [];
	let quits = 0;
	const store = createStore({connect: connect ?? (async () => isReadOnly ? readOnly(engine) : engine), interval: 60_000, target: {title: 'first', host: 'own'}});
	const logs = createLogs(1000);
	const controller = createController({
		store,
		logs,
		keyMaps: configuredKeyMaps(keys),
		configuration: defaultConfiguration,
		theme: createTheme({name: 'dark', depth: 'none', ascii: false, ...theme}),
		isReadOnly,
		isSpoken,
		now: Date.now,
		workingDirectory: '/nowhere',
		joinSession,
		engines: {
			list: async () => [{title: 'first', host: 'own'}, ...Object.keys(engines).map(name => targetOf(name))],
			async connect({host}) {
				const connectTo = engines[host];
				return connectTo ? connectTo() : engine;
			},
		},
		terminal: {
			size: () => ({columns: screen.columns, rows: screen.rows}),
			handOver: async work => work(),
			copy(text) {
				copied.push(text);
			},
			redraw() {
				speaker?.sayAll();
			},
			async suspend() {},
			quit() {
				quits++;
			},
		},
	});
	const stop = startSubscriptions(controller);
	const speaker = isSpoken ? createSpeaker(controller) : undefined;
	const onReady = () => {};
	const stdin = (mouse
		? withMouse(keyboard, event => {
			handleMouse(controller, event);
		})
		: keyboard) as never;
	const stdout = screen as never;
	const drawn = speaker ? undefined : openScreen(<App {...{controller, onReady}}/>, {
		stdin, stdout, stderr: stdout, maxFps: 1000, hasColouredErasure: true,
	});
	const spoken = speaker && render(<SpokenApp {...{controller, speaker, onReady}}/>, {
		// Ink then writes every frame whole.
		debug: true, isScreenReaderEnabled: true, stdin, stdout, patchConsole: false, exitOnCtrlC: false, interactive: true,
	});
	const frame = () => drawn ? drawn.rows().map(row => painted(row)).join('\n') : screen.frame;
	const lines = () => stripVTControlCharacters(frame()).split('\n');

	/** Waits for a text on the screen. */
	const shows = async (wanted: RegExp | string): Promise<string> => {
		const end = Date.now() + patience;
		for (;;) {
			const text = lines().join('\n');
			if (typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text)) {
				return text;
			}

			if (Date.now() > end) {
				throw new Error(`the screen does not show ${String(wanted)}:\n${text}`);
			}

			await delay(10);
		}
	};

	return {
		engine,
		store,
		logs,
		controller,
		screen,
		frame,
		copied,
		/** How often the dashboard wanted to end. */
		quits: () => quits,
		lines,
		shows,
		/** Presses keys in order, with time for React to render in between. */
		async press(...pressed: readonly string[]) {
			for (const key of pressed) {
				keyboard.type(key);
				await delay(5);
			}
		},
		resize(newColumns: number, newRows: number) {
			screen.columns = newColumns;
			screen.rows = newRows;
			screen.emit('resize');
			drawn?.resize();
		},
		async [Symbol.asyncDispose]() {
			drawn?.close();
			spoken?.unmount();
			speaker?.stop();
			stop();
			store.close();
			own?.close();
		},
	};
};
